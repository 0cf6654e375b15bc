"""Which sessions somebody runs."""

from __future__ import annotations

from uuid import UUID

from schedules import sessions
from schedules.sessions import Session
from timebank.communities import tree
from timebank.people.callers import Caller, Right


async def run_by(caller: Caller, session_id: UUID) -> Session:
    """The session, for whoever runs activities where it belongs. Raises SignInNeeded, NotAllowed, NotFound."""
    session = await sessions.one(session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(session.community_id))
    return session
