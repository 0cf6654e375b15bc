"""An activity or one of its sessions does not take place after all: rooms are free again, what has happened stays."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, sessions
from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class CalledOff(msgspec.Struct, frozen=True):
    """The sessions that will not take place."""

    session_ids: list[UUID]


@action
async def call_off_activity(caller: Caller, activity_id: UUID, reason: str, now: datetime) -> CalledOff:
    """Every session to which nobody has come; a draft is put away. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed without a reason.
    """
    activity = await activities.find(activity_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(activity.community_id))
    found = await activities.call_off(activity_id, reason, now)
    await audit.write(caller.id, "activity.called_off", f"activity:{activity_id}", now, reason=reason)
    return CalledOff(found)


@action
async def call_off_session(caller: Caller, session_id: UUID, reason: str, now: datetime) -> CalledOff:
    """One session. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed without a reason, SessionOver, PeopleCame.
    """
    session = await sessions.one(session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(session.community_id))
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; members read it")
    await sessions.check_can_be_called_off(session, now)
    found = await sessions.call_off([session_id], reason.strip(), now)
    await audit.write(caller.id, "session.called_off", f"session:{session_id}", now, reason=reason)
    return CalledOff(found)
