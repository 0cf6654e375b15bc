"""An activity or one of its sessions does not take place after all: rooms are free again, what has happened stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import activities, calling_off, offers, rosters, sessions
from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.actions.rooms import freed_rooms
from timebank.actions.signups.move_queue import facts, path_of
from timebank.actions.signups.reach import run_by
from timebank.communities import tree
from timebank.outbox import messages
from timebank.outbox.messages import Message
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
    await tell_all(found, caller.id, reason.strip(), now)
    await audit.write(caller.id, "activity.called_off", f"activity:{activity_id}", now, reason=reason)
    await freed_rooms.offer([await sessions.one(session_id) for session_id in found], now)
    return CalledOff(found)


@action
async def call_off_session(caller: Caller, session_id: UUID, reason: str, now: datetime) -> CalledOff:
    """One session. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed without a reason, SessionOver, PeopleCame.
    """
    session = await run_by(caller, session_id)
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; members read it")
    await calling_off.check_can_be_called_off(session, now)
    found = await calling_off.call_off([session_id], reason.strip(), now)
    await tell_all(found, caller.id, reason.strip(), now)
    await audit.write(caller.id, "session.called_off", f"session:{session_id}", now, reason=reason)
    if found:
        await freed_rooms.offer([session], now)
    return CalledOff(found)


async def tell_all(session_ids: Sequence[UUID], by_id: UUID, reason: str, now: datetime) -> None:
    """Closes line, offers and requests of sessions just called off; whoever had something there is told once (schedule-62).

    Also those who switched reminders off (schedule-73). In the transaction that called them off.
    """
    closed = {one.signup_id for one in await offers.close(session_ids, by_id, reason, now)}
    for session_id in session_ids:
        session = await sessions.one(session_id)
        concerned = [
            signup for signup in await rosters.of_session(session_id) if signup.id in closed or signup.state == "confirmed"
        ]
        await messages.promise(
            [
                Message(
                    key=f"session:{session_id}:called_off:{signup.person_id}",
                    person_id=signup.person_id,
                    kind="session_called_off",
                    facts=facts(session, signup.role_id) | {"reason": reason},
                    path=path_of(session),
                )
                for signup in concerned
            ],
            now,
        )
