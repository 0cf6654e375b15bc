"""A day of birth that was not entered, or wrongly: staff set it right, and what follows from it holds at once."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from schedules import changes, sql, walltimes
from timebank.actions.action import action
from timebank.actions.guardians.consents import Standing, free_ahead, see_consents
from timebank.actions.people.members import require_power_over
from timebank.communities import tree
from timebank.people import audit, departures, members
from timebank.people.callers import Caller, NotAllowed, Right
from timebank.people.members import NotABirth


@action
async def set_birth(caller: Caller, member_id: UUID, born_on: date | None, now: datetime) -> Standing:
    """By staff, never their own; none: nobody knows it. Safe to repeat.

    Where no guardian has agreed for who is now under 18, places to come are free.

    Raises SignInNeeded, NotAllowed, NotFound, AlreadyLeft, NotABirth. Locks the person, then the places as withdrawing does.
    """
    await require_power_over(caller, member_id)
    if caller.member() == member_id:
        raise NotAllowed(right=Right.MANAGE_MEMBERS.value)
    await departures.require_here(member_id)
    today = walltimes.day_of(now, (await tree.of_member(member_id)).time_zone)
    if born_on is not None and walltimes.of_our_days(born_on, "born_on") > today:
        raise NotABirth(field="born_on", reason="a day to come")
    # A sign-up at this moment: it waits and finds the age, or this waits and finds the place (children.require).
    await changes.lock_person(member_id)
    if await sql.rows(
        "UPDATE member SET born_on = $2 WHERE id = $1 AND born_on IS DISTINCT FROM $2 RETURNING 1", member_id, born_on
    ):
        await audit.write(caller.id, "member.changed", f"member:{member_id}", now, on_behalf_of=member_id, fields=["born_on"])
    seen = await see_consents(caller, member_id, now)
    if seen.minor and not seen.minor.has_consent:
        await free_ahead(member_id, (await members.one(member_id)).name, caller.member(), now)
    return seen
