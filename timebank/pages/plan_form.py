"""The form in which an organiser writes an activity down: what was typed, kept as text, and the plan that it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from schedules import plans
from schedules.errors import Malformed
from schedules.plans import Plan
from timebank.web.words import _, say

ROWS = 60
DAY = timedelta(days=1)

VOLUNTEER = _("Volunteer")
MISSING = _("Fill this in.")
NO_NUMBER = _("Type a whole number, for example 10; or leave it empty.")
NO_HOURS = _("Type a number of hours, for example 24 or 1.5.")
NO_DAY = _("Choose a day.")
NO_TIME = _("Type a time, for example 18:30.")
NO_PLACE = _("Choose a room, or say the place in words.")
UNSAID = _("Choose one: saying nothing is not possible.")
BACKWARDS = _("The end lies before the start. If it ends the next day, tick the box.")
TOO_MUCH = _("This is too long or too large.")
HALF_COVER = _("Fill in all four fields of the insurance, or none.")
REASONS = (
    _("meetings, paid work and own duty are never voluntary service"),
    _("two roles have one name"),
    _("the cover ends before it begins"),
    _("the end must lie after the start"),
    _("a session lasts at most 24 hours; plan one for each day"),
    _("a year from 2000 to 2199"),
)
"""What `plans` refuses with, for the catalogue."""


class SessionRow(msgspec.Struct):
    """One session as typed. `overnight`: it ends the next day."""

    day: str = ""
    start: str = ""
    end: str = ""
    overnight: str = ""
    space: str = ""
    place: str = ""


class RoleRow(msgspec.Struct):
    name: str = ""
    name_en: str = ""
    places: str = ""


class PlanForm(msgspec.Struct):
    """Everything as typed. Times around the session in minutes, those around sign-up in hours."""

    community_id: str = ""
    kind: str = "service"
    is_service: str = "1"
    title: str = ""
    title_en: str = ""
    content: str = ""
    content_en: str = ""
    category: str = ""
    organising_unit: str = ""
    person_in_charge: str = ""
    risks: str = ""
    may_endanger: str = ""
    insurer: str = ""
    policy_number: str = ""
    valid_from: str = ""
    valid_until: str = ""
    signup_before: str = ""
    signup_after: str = ""
    withdraw_before: str = "0"
    grace: str = "15"
    opens_before: str = "30"
    closes_after: str = "30"
    late_after: str = "15"
    tolerance: str = "0"
    allows_reentry: str = "1"
    allows_many: str = ""
    staff_note: str = ""
    roles: list[RoleRow] = []
    sessions: list[SessionRow] = []


PLAIN = [name for name in PlanForm.__struct_fields__ if name not in ("roles", "sessions")]
HOURS = ("signup_before", "signup_after", "withdraw_before")
MINUTES = ("grace", "opens_before", "closes_after", "late_after", "tolerance")
COVER = ("insurer", "policy_number", "valid_from", "valid_until")
TEXTS = ("kind", "title", "title_en", "content", "content_en", "category", "organising_unit", "person_in_charge", "risks")
NEEDED = ("title", "organising_unit", "person_in_charge")


class Faults(Exception):
    """What cannot be understood, by the id of its field."""

    def __init__(self, by_field: dict[str, str]) -> None:
        super().__init__(by_field)
        self.by_field = by_field


def blank(person: str, unit: str) -> PlanForm:
    """An empty form with one session and one role to begin with."""
    role = RoleRow(say("zh", VOLUNTEER), say("en", VOLUNTEER), "10")
    return PlanForm(person_in_charge=person, organising_unit=unit, roles=[role], sessions=[SessionRow()])


def typed(sent: Mapping[str, Any]) -> PlanForm:
    """The form as the browser sent it. A box that was not ticked is not sent."""
    plain = {name: str(sent.get(name, "")) for name in PLAIN}
    return PlanForm(
        **plain,
        roles=[RoleRow(**row) for row in _rows(sent, "role", RoleRow)],
        sessions=[SessionRow(**row) for row in _rows(sent, "session", SessionRow)],
    )


def _rows(sent: Mapping[str, Any], prefix: str, kind: type[SessionRow] | type[RoleRow]) -> list[dict[str, str]]:
    """`session-0-day` and its like, in the order of their numbers."""
    found: dict[int, dict[str, str]] = {}
    for key in sent:
        match = re.fullmatch(rf"{prefix}-(\d{{1,3}})-(\w+)", key)
        if match and match[2] in kind.__struct_fields__:
            found.setdefault(int(match[1]), {})[match[2]] = str(sent[key])
    return [found[number] for number in sorted(found)][:ROWS]


def edited(form: PlanForm, do: str) -> bool:
    """Adds or drops a row as a button says; whether it was such a button. A new session stands a week after the last one."""
    verb, _dash, what = do.partition("-")
    name, _dash, number = what.partition("-")
    rows: list[Any] = form.sessions if name == "session" else form.roles if name == "role" else []
    if verb == "add" and name == "role":
        form.roles.append(RoleRow())
    elif verb == "add" and name == "session":
        form.sessions.append(_a_week_later(form.sessions[-1]) if form.sessions else SessionRow())
    elif verb == "drop" and number.isdigit() and int(number) < len(rows):
        del rows[int(number)]
    else:
        return False
    return True


def _a_week_later(last: SessionRow) -> SessionRow:
    try:
        day = (date.fromisoformat(last.day) + 7 * DAY).isoformat()
    except (ValueError, OverflowError):
        day = ""
    return msgspec.structs.replace(last, day=day)


def of_plan(plan: Plan) -> PlanForm:
    """The form that means this plan."""
    cover = {name: str(getattr(plan.cover, name)) if plan.cover else "" for name in COVER}
    return PlanForm(
        community_id=str(plan.community_id),
        is_service="1" if plan.is_service else "0",
        may_endanger="1" if plan.may_endanger else "0",
        allows_reentry="1" if plan.allows_reentry else "",
        allows_many="1" if plan.allows_many else "",
        staff_note=plan.staff_note,
        **{name: getattr(plan, name) for name in TEXTS},
        **{name: _hours(getattr(plan, name)) for name in HOURS},
        **{name: str(getattr(plan, name)) for name in MINUTES},
        **cover,
        roles=[RoleRow(role.name, role.name_en, "" if role.places is None else str(role.places)) for role in plan.roles],
        sessions=[_session_row(session) for session in plan.sessions],
    )


def _hours(minutes: int | None) -> str:
    return (
        "" if minutes is None else f"{Decimal(minutes) / 60:f}".rstrip("0").rstrip(".") if minutes % 60 else str(minutes // 60)
    )


def _session_row(session: plans.SessionPlan) -> SessionRow:
    return SessionRow(
        day=session.starts.date().isoformat(),
        start=session.starts.strftime("%H:%M"),
        end=session.ends.strftime("%H:%M"),
        overnight="1" if session.ends.date() > session.starts.date() else "",
        space=str(session.space_id or ""),
        place=session.place,
    )


def plan_of(form: PlanForm) -> Plan:
    """The plan that was typed. Raises Faults with every field that makes no sense."""
    faults: dict[str, str] = {}
    values: dict[str, Any] = {name: getattr(form, name).strip() for name in (*TEXTS, "staff_note", "community_id")}
    for name in NEEDED:
        if not values[name]:
            faults[name] = MISSING
    for name in ("is_service", "may_endanger"):
        values[name] = getattr(form, name) == "1"
        if getattr(form, name) not in ("0", "1"):
            faults[name] = UNSAID
    values |= {name: bool(getattr(form, name)) for name in ("allows_reentry", "allows_many")}
    values |= {name: _minutes_of_hours(getattr(form, name), name, faults) for name in HOURS}
    values["withdraw_before"] = values["withdraw_before"] or 0
    values |= {name: _whole(getattr(form, name), name, faults) or 0 for name in MINUTES}
    values["cover"] = _cover(form, faults)
    values["roles"] = [_role(row, f"role-{number}", faults) for number, row in enumerate(form.roles)]
    values["sessions"] = [_session(row, f"session-{number}", faults) for number, row in enumerate(form.sessions)]
    if faults:
        raise Faults(faults)
    return _checked(values)


def _checked(values: dict[str, Any]) -> Plan:
    try:
        plan = msgspec.convert(values, Plan)
        plans.check(plan)
        plans.instants(plan, "UTC")
    except msgspec.ValidationError as error:
        path = re.search(r"`\$\.([\w.\[\]]+)`", str(error))
        raise Faults({field_of(path[1] if path else ""): TOO_MUCH}) from error
    except Malformed as error:
        raise Faults({field_of(error.field): error.reason}) from error
    return plan


def field_of(path: str) -> str:
    """The id of the form's field for a path of the plan: `sessions.0.ends` and `sessions[0].ends` are `session-0-end`."""
    parts = re.sub(r"\[(\d+)\]", r".\1", path).split(".")
    if parts[0] in ("sessions", "roles") and len(parts) > 2:
        last = {"starts": "start", "ends": "end", "space_id": "space"}.get(parts[2], parts[2])
        return f"{parts[0].rstrip('s')}-{parts[1]}-{last}"
    return parts[-1] if parts[0] == "cover" else parts[0]


def _whole(text: str, field: str, faults: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"\d{1,6}", text.strip(), re.ASCII):
        faults[field] = NO_NUMBER
        return None
    return int(text)


def _minutes_of_hours(text: str, field: str, faults: dict[str, str]) -> int | None:
    if not text.strip():
        return None
    try:
        hours = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        hours = Decimal(-1)
    if not hours.is_finite() or not 0 <= hours <= 1000:
        faults[field] = NO_HOURS
        return None
    return int(hours * 60)


def _cover(form: PlanForm, faults: dict[str, str]) -> dict[str, str] | None:
    values = {name: getattr(form, name).strip() for name in COVER}
    if not any(values.values()):
        return None
    for name, value in values.items():
        if not value or (name.startswith("valid") and _day(value) is None):
            faults[name] = HALF_COVER
    return values


def _role(row: RoleRow, prefix: str, faults: dict[str, str]) -> dict[str, Any]:
    if not row.name.strip():
        faults[f"{prefix}-name"] = MISSING
    places = _whole(row.places, f"{prefix}-places", faults)
    return {"name": row.name.strip(), "name_en": row.name_en.strip(), "places": places}


def _session(row: SessionRow, prefix: str, faults: dict[str, str]) -> dict[str, Any]:
    day, start, end = _day(row.day), _time(row.start), _time(row.end)
    for field, value, words in (("day", day, NO_DAY), ("start", start, NO_TIME), ("end", end, NO_TIME)):
        if value is None:
            faults[f"{prefix}-{field}"] = words
    space = _id(row.space)
    if space is None and not row.place.strip():
        faults[f"{prefix}-space"] = NO_PLACE
    if day is None or start is None or end is None:
        return {}
    if end <= start and not row.overnight:
        faults[f"{prefix}-end"] = BACKWARDS
    starts = datetime.combine(day, start)
    ends = datetime.combine(day, end) + (DAY if row.overnight else timedelta())
    return {"starts": starts, "ends": ends, "space_id": space, "place": "" if space else row.place.strip()}


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.year in plans.YEARS else None


def _time(text: str) -> time | None:
    try:
        found = time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        return None
    return found.replace(second=0, microsecond=0, tzinfo=None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def in_words(faults: Mapping[str, str], language: Any) -> dict[str, str]:
    """The faults in the reader's language."""
    return {field: say(language, words) for field, words in faults.items()}


def take_alternative(form: PlanForm, number: int, starts: datetime, ends: datetime) -> None:
    """Puts one session to another time of the same room, as a refusal offered it."""
    if 0 <= number < len(form.sessions):
        row = form.sessions[number]
        form.sessions[number] = msgspec.structs.replace(
            row,
            day=starts.date().isoformat(),
            start=starts.strftime("%H:%M"),
            end=ends.strftime("%H:%M"),
            overnight="1" if ends.date() > starts.date() else "",
        )
