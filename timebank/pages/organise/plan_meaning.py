"""What a filled-in form means: a plan, or every field that makes no sense, in words."""

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
from timebank.pages.meaning import MISSING, NO_DAY, NO_NUMBER, NO_TIME, TOO_MUCH, Faults, wall_time
from timebank.pages.organise.plan_form import COVER, DAY, HOURS, MINUTES, TEXTS, TICKED, PlanForm, RoleRow, SessionRow
from timebank.web.words import Language, _, say

NEEDED = ("title", "organising_unit", "person_in_charge")
NO_HOURS = _("Type a number of hours, for example 24 or 1.5.")
NO_PLACE = _("Choose a room, or say the place in words.")
UNSAID = _("Choose one: saying nothing is not possible.")
BACKWARDS = _("The end lies before the start. If it ends the next day, tick the box.")
HALF_COVER = _("Fill in all four fields of the insurance, or none.")
REASONS = (
    _("meetings, paid work and own duty are never voluntary service"),
    _("two roles have one name"),
    _("the cover ends before it begins"),
    _("the end must lie after the start"),
    _("a session lasts at most 24 hours; plan one for each day"),
    _("a year from 2000 to 2199"),
    _("There is nothing to read here, or it has hidden characters."),
)
"""What `plans` refuses with, for the catalogue."""


LABELS = {
    "title": _("Title"),
    "organising_unit": _("Organising unit"),
    "person_in_charge": _("Person in charge"),
    "is_service": _("Does taking part count as voluntary service?"),
    "may_endanger": _("Could somebody come to harm?"),
    "insurer": _("Insurer"),
    "policy_number": _("Policy number"),
    "valid_from": _("First day"),
    "valid_until": _("Last day"),
    "day": _("Day"),
    "start": _("Starts"),
    "end": _("Ends"),
    "space": _("Room"),
    "name": _("What they do"),
    "places": _("Places"),
}
"""What fields are called where all that is wrong is listed; the others speak for themselves."""
ROW_LABELS = {"session": _("Session %(number)s"), "role": _("Role %(number)s")}


def plan_of(form: PlanForm) -> Plan:
    """The plan that was typed. Raises Faults with every field that makes no sense."""
    faults: dict[str, str] = {}
    values: dict[str, Any] = {name: getattr(form, name).strip() for name in (*TEXTS, "staff_note", "community_id")}
    values["risks"] = values["risks"] or form.no_risks.strip()
    for name in NEEDED:
        if not values[name]:
            faults[name] = MISSING
    for name in ("is_service", "may_endanger"):
        values[name] = getattr(form, name) == "1"
        if getattr(form, name) not in ("0", "1"):
            faults[name] = UNSAID
    values |= {name: bool(getattr(form, name)) for name in TICKED}
    values |= {name: minutes_of_hours(getattr(form, name), name, faults) for name in HOURS}
    for name in ("withdraw_before", "remind_before"):
        values[name] = values[name] or 0
    if values["offer_minutes"] == 0:
        faults["offer_minutes"] = NO_HOURS
    elif values["offer_minutes"] is None:
        del values["offer_minutes"]
    values |= {name: _whole(getattr(form, name), name, faults) or 0 for name in MINUTES}
    values["cover"] = _cover(form, faults)
    values["roles"] = [_role(row, f"role-{number}", faults) for number, row in enumerate(form.roles)]
    values["sessions"] = [_session(row, f"session-{number}", faults) for number, row in enumerate(form.sessions)]
    if faults:
        raise Faults(faults)
    return _checked(values)


def like_of(form: PlanForm) -> UUID | None:
    """The activity whose needs the copy takes over, where it is one."""
    return _id(form.like)


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


def minutes_of_hours(text: str, field: str, faults: dict[str, str]) -> int | None:
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
        return wall_time(text.strip())
    except ValueError:
        return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def names_of(faults: Mapping[str, str], language: Language) -> dict[str, str]:
    """What the fields are called to which the faults belong: `Session 1, Starts`."""
    return {field: _name_of(field, language) for field in faults}


def _name_of(field: str, language: Language) -> str:
    prefix, _dash, rest = field.partition("-")
    number, _dash, last = rest.partition("-")
    row = say(language, ROW_LABELS[prefix], number=int(number) + 1) if prefix in ROW_LABELS and number.isdigit() else ""
    name = LABELS.get(last if row else field, "")
    return " · ".join(filter(None, [row, name and say(language, name)]))
