"""A member takes a place at a session, asks for one or joins the line; or an organiser does it for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from schedules import changes, sessions, signups, sql
from schedules.answers import ExperienceNeeded, Full, Requested, WaitlistOpen
from schedules.changes import Changed
from schedules.errors import Malformed, NotFound
from schedules.signups import Taken
from timebank.actions.action import action
from timebank.actions.signups import children, move_queue
from timebank.actions.signups.missed import missed_by
from timebank.actions.signups.reach import run_by
from timebank.outbox import messages
from timebank.people import audit, departures
from timebank.people.callers import Caller, Right

MEMBER = """SELECT m.state, c.ancestor_ids FROM member m JOIN community c ON c.id = m.community_id
WHERE m.id = $1 AND m.state <> 'left'"""


@action
async def sign_up(caller: Caller, session_id: UUID, now: datetime, role_id: UUID | None = None, waits: bool = False) -> Taken:
    """The caller's own sign-up, in one tap; with `waits` a turn in line where there is no place. May become a request.

    Raises SignInNeeded, AlreadyLeft and what `signups.take` raises.
    """
    person_id = caller.member()
    await departures.require_here(person_id)
    taken = await _take(session_id, role_id, person_id, person_id, now, is_blocked=caller.is_suspended, waits=waits)
    await tell_organiser(taken, person_id, now)
    return taken


@action
async def sign_up_for(
    caller: Caller,
    session_id: UUID,
    person_id: UUID,
    reason: str,
    now: datetime,
    role_id: UUID | None = None,
    is_override: bool = False,
    waits: bool = False,
) -> Taken:
    """An organiser signs up a member who lives where they organise: `reason` says how the member agreed.

    Nobody is assigned by force (rules.md 6). Where an organiser decides, this is a request like any other (schedule-41).

    With `is_override` it also passes over `ended`, `collides`, `not_yet`, `full`, the decision and their like (schedule-25,
    48); it is logged and shown.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed without a reason, and what `signups.take` raises.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say how the member agreed, and why an exception is made")
    await run_by(caller, session_id)
    await departures.are_here(person_id)  # judged by the next statement
    member = await _member(person_id)
    caller.require(Right.RUN_ACTIVITIES, member["ancestor_ids"])
    taken = await _take(
        session_id,
        role_id,
        person_id,
        caller.id,
        now,
        is_blocked=member["state"] == "suspended",
        reason=reason.strip(),
        is_override=is_override,
        waits=waits,
    )
    await audit.write(
        caller.id,
        "signup.made",
        f"session:{session_id}",
        now,
        on_behalf_of=person_id,
        reason=reason,
        answer=taken.answer,
        state=taken.state,
        is_override=is_override,
    )
    await tell_member(taken, caller, person_id, now)
    return taken


async def _take(
    session_id: UUID,
    role_id: UUID | None,
    person_id: UUID,
    by_id: UUID,
    now: datetime,
    *,
    is_blocked: bool,
    reason: str = "",
    is_override: bool = False,
    waits: bool,
) -> Taken:
    await children.require(person_id, session_id, now, by_id)
    if waits:  # who joins comes behind whoever an offer that ran out goes to
        await changes.lock_person(person_id)
        await move_queue.settle(session_id, now)
    missed = await missed_by(person_id, now)
    for may_settle in (True, False):
        try:
            return await signups.take(
                session_id,
                role_id,
                person_id,
                by_id,
                now,
                is_blocked=is_blocked,
                reason=reason,
                is_override=is_override,
                waits=waits,
                missed=missed,
            )
        except (Full, WaitlistOpen, ExperienceNeeded, Requested):
            # An offer or the own request may have run out unnoticed: the place goes where it belongs, then once more.
            if not may_settle or not await move_queue.settle(session_id, now):
                raise
    raise AssertionError("the second try answers")


async def tell_member(taken: Taken, caller: Caller, person_id: UUID, now: datetime) -> None:
    """Who was given a place by somebody else is told; who took it themselves has read it on the page (schedule-71)."""
    if taken.state != "confirmed" or person_id == caller.member_id:
        return
    told = Changed(taken.signup_id, taken.session_id, taken.role_id, person_id, taken.state, taken.sequence)
    session = await sessions.one(taken.session_id)
    await messages.promise([move_queue.letter("signed_up_for_you", session, told, name=caller.name)], now)


async def tell_organiser(taken: Taken, person_id: UUID, now: datetime) -> None:
    """A request is told to whoever runs the activity (schedule-40)."""
    if taken.state != "requested":
        return
    session = await sessions.one(taken.session_id)
    name = await sql.value("SELECT name FROM member WHERE id = $1", person_id)
    told = Changed(taken.signup_id, taken.session_id, taken.role_id, session.organiser_id, taken.state, taken.sequence)
    asked = move_queue.letter("request_made", session, told, name=name)
    path = f"/organise/sessions/{session.id}#requests"
    await messages.promise([msgspec.structs.replace(asked, path=path)], now)


async def _member(person_id: UUID) -> asyncpg.Record:
    """State and where the member lives. Raises NotFound for nobody and for somebody who has left."""
    member = await sql.row(MEMBER, person_id)
    if member is None:
        raise NotFound(what="member")
    return member
