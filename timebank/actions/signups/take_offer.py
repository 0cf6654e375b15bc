"""A member on the waiting list takes the place that is held for them, or lets it go to the next."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import offers, rosters
from schedules.errors import NotFound
from schedules.offers import NotOffered
from schedules.signups import Taken
from timebank.actions.action import action
from timebank.actions.signups import children, move_queue
from timebank.actions.signups.missed import missed_by
from timebank.actions.signups.sign_up import tell_organiser
from timebank.actions.signups.withdraw import Freed, freed
from timebank.people.callers import Caller


@action
async def accept_offer(caller: Caller, signup_id: UUID, now: datetime) -> Taken:
    """Takes the place; while waiting, one that is free. Where an organiser decides it becomes a request that holds it.

    Raises SignInNeeded, NotFound (another's sign-up too), and what `offers.accept` raises.
    """
    own = await _own(caller, signup_id)
    role_id = own.role_id
    await children.require(caller.member(), own.session_id, now)
    missed = await missed_by(caller.member(), now)
    try:
        taken = await offers.accept(signup_id, caller.id, now, is_blocked=caller.is_suspended, missed=missed)
    except NotOffered:
        # Perhaps a place is free that nobody has noticed: an offer to somebody else has run out.
        if not await move_queue.move_queue([role_id], now):
            raise
        taken = await offers.accept(signup_id, caller.id, now, is_blocked=caller.is_suspended, missed=missed)
    await tell_organiser(taken, caller.member(), now)
    return taken


@action
async def decline_offer(caller: Caller, signup_id: UUID, now: datetime, reason: str = "") -> Freed:
    """The next in line is asked at once (schedule-55). Raises SignInNeeded, NotFound, and what `offers.decline` raises."""
    await _own(caller, signup_id)
    return await freed(await offers.decline(signup_id, caller.id, now, reason), now)


async def _own(caller: Caller, signup_id: UUID) -> rosters.Signup:
    signup = await rosters.find(signup_id)
    if signup.person_id != caller.member():
        raise NotFound(what="signup")
    return signup
