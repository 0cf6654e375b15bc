"""A place at a session is given back: by the member in time, by an organiser whenever it has to be. Then the queue moves on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import rosters, signups
from schedules.changes import Changed
from schedules.errors import NotFound
from schedules.signups import Kept
from timebank.actions.action import action
from timebank.actions.signups import children, move_queue
from timebank.actions.signups.reach import run_by
from timebank.outbox import messages
from timebank.people import audit
from timebank.people.callers import Caller


class Freed(msgspec.Struct, frozen=True):
    """A place that others may take."""

    signup_id: UUID
    session_id: UUID


class FreedFromHere(msgspec.Struct, frozen=True):
    """Places that others may take, and the sign-ups that stay: past their deadline, or the member was there (schedule-67)."""

    freed: list[Freed]
    kept: list[Kept]


@action
async def withdraw(caller: Caller, signup_id: UUID, now: datetime, reason: str = "") -> Freed:
    """The caller's own place, request, offer or turn in line.

    Raises SignInNeeded, NotFound (another's sign-up too), and what `signups.withdraw` raises.
    """
    await _own(caller, signup_id)
    await children.lock(caller.member(), now)
    return await freed(await signups.withdraw(signup_id, caller.id, reason, now), now)


@action
async def withdraw_from_here(caller: Caller, signup_id: UUID, now: datetime, reason: str = "") -> FreedFromHere:
    """This session and all later ones of the activity; those past their deadline stay and are listed. Raises as `withdraw`."""
    await _own(caller, signup_id)
    await children.lock(caller.member(), now)
    gone, kept = await signups.withdraw_from(signup_id, caller.id, reason, now)
    return FreedFromHere([await freed(one, now) for one in gone], kept)


@action
async def take_back(caller: Caller, signup_id: UUID, reason: str, now: datetime) -> Freed:
    """Somebody else's place, by an organiser; after the deadline a late leave. The member is told why.

    Raises SignInNeeded, NotAllowed, and what `signups.take_back` raises.
    """
    signup = await rosters.find(signup_id)
    session = await run_by(caller, signup.session_id)
    await children.lock(signup.person_id, now)
    gone = await signups.take_back(signup_id, caller.id, reason, now)
    await audit.write(
        caller.id, "signup.taken_back", f"session:{session.id}", now, on_behalf_of=signup.person_id, reason=reason
    )
    await messages.promise([move_queue.letter("place_taken_back", session, gone, reason=reason.strip())], now)
    return await freed(gone, now)


async def _own(caller: Caller, signup_id: UUID) -> None:
    if (await rosters.find(signup_id)).person_id != caller.member():
        raise NotFound(what="signup")


async def freed(gone: Changed, now: datetime) -> Freed:
    """What became free goes to the next in line; an offer that was still to be told no longer is.

    With a guardian's place goes that of the child who may come only with them.
    """
    await messages.withdraw([move_queue.offer_key(gone, -1)])
    without = await children.leave_with(gone, now)
    for child in without:
        await messages.withdraw([move_queue.offer_key(child, -1)])
    await move_queue.move_queue([gone.role_id, *(child.role_id for child in without)], now)
    return Freed(gone.signup_id, gone.session_id)
