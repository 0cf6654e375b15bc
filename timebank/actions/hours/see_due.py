"""By when service has to be on record, and the calendar of working days that says so (Order 67 art. 11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.hours import working_days
from timebank.hours.working_days import Day, Telling, Unrecorded
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right

YEARS = range(2000, 2200)
MOST = 120


class CalendarNotPossible(Malformed):
    """A day twice, of another year, or more than anybody has holidays. Facts: field."""


@action
async def see_due(caller: Caller, now: datetime) -> list[Unrecorded]:
    """Sessions whose stays are not all on record, within the caller's reach (rules-7). Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    return await working_days.unrecorded(caller.nodes(Right.RUN_ACTIVITIES), now)


@action
async def tell_due(what: Telling, now: datetime) -> int:
    """Who runs the session is told, once before the due date and once after it. Safe to repeat."""
    facts = {name: getattr(what, name) for name in ("title", "title_en", "due_on", "stays", "time_zone")}
    kind = "record_late" if what.is_late else "record_due"
    told = Message(key=what.key, person_id=what.organiser_id, kind=kind, facts=facts, path="/organise/due")
    return await messages.promise([told], now)


async def see_calendar(year: int) -> list[Day]:
    """The days of a year that are entered. Raises CalendarNotPossible."""
    if year not in YEARS:
        raise CalendarNotPossible(field="year")
    return await working_days.of_year(year)


@action
async def keep_calendar(caller: Caller, year: int, days: Sequence[Day], now: datetime) -> None:
    """The whole year at once, by the coordinator of a whole tree: every date that is due is one of this calendar from now on.

    Raises SignInNeeded, NotAllowed, CalendarNotPossible. Safe to repeat.
    """
    caller.require(Right.SET_RULES)
    roots = [node for node in await tree.nodes(caller.nodes(Right.SET_RULES)) if node.parent_id is None]
    if not roots:
        caller.require(Right.SET_RULES, [])
    known = {day.on_day for day in days}
    if year not in YEARS or len(known) != len(days) or len(days) > MOST or any(day.year != year for day in known):
        raise CalendarNotPossible(field="days")
    if any(len(day.name) > 60 for day in days):
        raise CalendarNotPossible(field="days")
    await working_days.put(year, days, caller.member(), now)
    await audit.write(caller.id, "calendar.kept", f"calendar:{year}", now, days=len(days))
