"""Somebody has to go before the end and says so: left early, with the hours that were really given, and no no-show."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import leaving, rolls, sql
from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.door.door import reach
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class EndedAlready(Refusal):
    """The session is over: nobody leaves it early any more. Facts: ends_at."""


class Left(msgspec.Struct, frozen=True):
    """The stay as it has ended. `minutes` are those that count."""

    attendance_id: UUID
    out_at: datetime
    minutes: int


STAY = """
SELECT h.signup_id, h.person_id, h.out_at, h.minutes, s.ends_at, a.community_id
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = $1 AND h.state = 'counts'
"""


@action
async def leave_early(caller: Caller, attendance_id: UUID, reason: str, now: datetime, left_at: datetime | None = None) -> Left:
    """By the member, a desk, or who runs the session. Who is still in is checked out, at `left_at` or now, without a code
    (class B). Who was scanned out keeps that time. Safe to repeat.

    Raises SignInNeeded, NotFound (another's stay too), EndedAlready, LeftAtNotPossible. Locks the sign-up.
    """
    stay = await sql.row(STAY, attendance_id)
    if stay is None or not await _may(caller, stay["person_id"], stay["community_id"]):
        raise NotFound(what="attendance")
    if now >= stay["ends_at"]:
        raise EndedAlready(ends_at=stay["ends_at"])
    closed = await leaving.leave(attendance_id, left_at or now, caller.id, now)
    if await rolls.note(stay["signup_id"], "left_early", caller.id, reason, now):
        subject = f"signup:{stay['signup_id']}"
        await audit.write(caller.id, "signup.left_early", subject, now, on_behalf_of=stay["person_id"], reason=reason)
    if closed:
        return Left(attendance_id, closed.out_at, closed.minutes)
    ended = await sql.one("SELECT out_at, minutes FROM attendance WHERE id = $1", attendance_id)
    return Left(attendance_id, ended["out_at"], ended["minutes"])


async def _may(caller: Caller, person_id: UUID, community_id: UUID) -> bool:
    """The person, a desk or steward of the place, or who runs activities there. Raises SignInNeeded."""
    above = await tree.ancestors(community_id)
    return caller.id == person_id or bool(set(reach(caller)) & set(above)) or caller.may(Right.RUN_ACTIVITIES, above)
