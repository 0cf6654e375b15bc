"""A place at a session is given back: by the member in time, by an organiser whenever it has to be."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import rosters, sessions, signups
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class Freed(msgspec.Struct, frozen=True):
    """A place that others may take."""

    signup_id: UUID
    session_id: UUID


@action
async def withdraw(caller: Caller, signup_id: UUID, now: datetime, reason: str = "") -> Freed:
    """The caller's own place. Raises SignInNeeded, NotFound (another's sign-up too), and what `signups.withdraw` raises."""
    signup = await rosters.find(signup_id)
    if signup.person_id != caller.member():
        raise NotFound(what="signup")
    return Freed(signup_id, await signups.withdraw(signup_id, caller.id, reason, now))


@action
async def take_back(caller: Caller, signup_id: UUID, reason: str, now: datetime) -> Freed:
    """Somebody else's place, by an organiser. Raises SignInNeeded, NotAllowed, and what `signups.take_back` raises."""
    signup = await rosters.find(signup_id)
    session = await sessions.one(signup.session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(session.community_id))
    freed = await signups.take_back(signup_id, caller.id, reason, now)
    await audit.write(caller.id, "signup.taken_back", f"session:{freed}", now, on_behalf_of=signup.person_id, reason=reason)
    return Freed(signup_id, freed)
