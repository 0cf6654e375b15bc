"""A member takes a place at a session, or an organiser takes it for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from schedules import sessions, signups, sql
from schedules.errors import Malformed, NotFound
from schedules.signups import Taken
from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right

MEMBER = """SELECT m.state, c.ancestor_ids FROM member m JOIN community c ON c.id = m.community_id
WHERE m.id = $1 AND m.state <> 'left'"""


@action
async def sign_up(caller: Caller, session_id: UUID, now: datetime, role_id: UUID | None = None) -> Taken:
    """The caller's own sign-up, in one tap. Raises SignInNeeded and what `signups.take` raises."""
    person_id = caller.member()
    return await signups.take(session_id, role_id, person_id, person_id, now, is_blocked=caller.is_suspended)


@action
async def sign_up_for(
    caller: Caller,
    session_id: UUID,
    person_id: UUID,
    reason: str,
    now: datetime,
    role_id: UUID | None = None,
    is_override: bool = False,
) -> Taken:
    """An organiser signs up a member who lives where they organise: `reason` says how the member agreed.

    Nobody is assigned by force (rules.md 6).

    With `is_override` it also passes over `ended`, `collides`, `not_yet` and `full` (schedule-25, 48); it is logged and shown.
    Raises SignInNeeded, NotAllowed, NotFound, Malformed without a reason, and what `signups.take` raises.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say how the member agreed, and why an exception is made")
    session = await sessions.one(session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(session.community_id))
    member = await _member(person_id)
    caller.require(Right.RUN_ACTIVITIES, member["ancestor_ids"])
    taken = await signups.take(
        session_id,
        role_id,
        person_id,
        caller.id,
        now,
        is_blocked=member["state"] == "suspended",
        reason=reason.strip(),
        is_override=is_override,
    )
    await audit.write(
        caller.id,
        "signup.made",
        f"session:{session_id}",
        now,
        on_behalf_of=person_id,
        reason=reason,
        answer=taken.answer,
        is_override=is_override,
    )
    return taken


async def _member(person_id: UUID) -> asyncpg.Record:
    """State and where the member lives. Raises NotFound for nobody and for somebody who has left."""
    member = await sql.row(MEMBER, person_id)
    if member is None:
        raise NotFound(what="member")
    return member
