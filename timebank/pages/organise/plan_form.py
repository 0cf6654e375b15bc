"""The form in which an organiser writes an activity down: what was typed, kept as text; `plan_meaning` reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from schedules import plans
from schedules.plans import Plan
from timebank.web.words import _, say

ROWS = 60
DAY = timedelta(days=1)

VOLUNTEER = _("Volunteer")


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
    organising_unit_en: str = ""
    person_in_charge: str = ""
    risks: str = ""
    risks_en: str = ""
    no_risks: str = ""
    """Ticked: the sentence that stands for `risks` where nothing is written."""
    may_endanger: str = ""
    insurer: str = ""
    policy_number: str = ""
    valid_from: str = ""
    valid_until: str = ""
    signup_before: str = ""
    signup_after: str = ""
    withdraw_before: str = "0"
    remind_before: str = "3"
    grace: str = "15"
    opens_before: str = "30"
    closes_after: str = "30"
    late_after: str = "15"
    tolerance: str = "0"
    allows_reentry: str = "1"
    allows_many: str = ""
    walk_ins: str = ""
    confirms_self: str = ""
    is_group: str = ""
    staff_note: str = ""
    like: str = ""
    """The activity that this one is copied from."""
    has_waiting_list: str = "1"
    needs_approval: str = ""
    counts_requests: str = ""
    asks_again: str = ""
    offer_minutes: str = "12"
    roles: list[RoleRow] = []
    sessions: list[SessionRow] = []


PLAIN = [name for name in PlanForm.__struct_fields__ if name not in ("roles", "sessions")]
HOURS = ("signup_before", "signup_after", "withdraw_before", "remind_before", "offer_minutes")
TICKED = (
    "allows_reentry",
    "allows_many",
    "walk_ins",
    "confirms_self",
    "is_group",
    "has_waiting_list",
    "needs_approval",
    "counts_requests",
    "asks_again",
)
MINUTES = ("grace", "opens_before", "closes_after", "late_after", "tolerance")
COVER = ("insurer", "policy_number", "valid_from", "valid_until")
TEXTS = (
    "kind",
    "title",
    "title_en",
    "content",
    "content_en",
    "category",
    "organising_unit",
    "organising_unit_en",
    "person_in_charge",
    "risks",
    "risks_en",
)


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
        **{name: "1" if getattr(plan, name) else "" for name in TICKED},
        staff_note=plan.staff_note,
        **{name: getattr(plan, name) for name in TEXTS},
        **{name: hours(getattr(plan, name)) for name in HOURS},
        **{name: str(getattr(plan, name)) for name in MINUTES},
        **cover,
        roles=[RoleRow(role.name, role.name_en, "" if role.places is None else str(role.places)) for role in plan.roles],
        sessions=[_session_row(session) for session in plan.sessions],
    )


def hours(minutes: int | None) -> str:
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
