"""The data of somebody who left go when they, or who may speak for them, have asked for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schedules import walltimes
from timebank.actions.action import action
from timebank.communities import policies, tree
from timebank.people import audit, departures, erasure
from timebank.people.callers import Caller, Right
from timebank.people.departures import Departure


async def see_leavers(caller: Caller) -> list[Departure]:
    """Raises SignInNeeded, NotAllowed."""
    caller.require(Right.MANAGE_MEMBERS)
    return await departures.below(caller.nodes(Right.MANAGE_MEMBERS))


async def see_leaver(caller: Caller, member_id: UUID) -> Departure:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    found = await departures.one(member_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(found.community_id))
    return found


@action
async def ask_erasure(caller: Caller, member_id: UUID, now: datetime) -> datetime:
    """By staff, because somebody who left has asked for it: when the data go. Safe to repeat.

    Raises NotAllowed, NotFound, ErasedAlready, NoPolicy.
    """
    found = await see_leaver(caller, member_id)
    node = await tree.node(found.community_id)
    rules = (await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))).rules
    at = await departures.ask_erasure(member_id, max(now, found.left_at + timedelta(days=rules.erasure_days)))
    if found.erase_at is None:
        await audit.write(caller.id, "erasure.asked", f"member:{member_id}", now, on_behalf_of=member_id)
    return at


@action
async def erase_leaver(member_id: UUID, now: datetime) -> None:
    """By the job, on the day. Safe to repeat."""
    await erasure.erase(member_id, now)
    await audit.write(None, "member.erased", f"member:{member_id}", now)
