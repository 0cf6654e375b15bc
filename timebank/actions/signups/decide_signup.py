"""An organiser decides about requests for a place: one, or several at once with a result for each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import requests, rosters
from schedules.answers import Full
from schedules.changes import Changed
from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.actions.signups import move_queue
from timebank.actions.signups.reach import run_by
from timebank.outbox import messages
from timebank.people import audit
from timebank.people.callers import Caller

Decision = Literal["approve", "reject"]


class Decided(msgspec.Struct, frozen=True):
    """What became of a request."""

    signup_id: UUID
    session_id: UUID
    state: str


class Result(msgspec.Struct, frozen=True):
    """One row of a decision about several: decided, or refused as `refusal` tells."""

    signup_id: UUID
    decided: Decided | None
    refusal: Refusal | None


@action
async def approve(caller: Caller, signup_id: UUID, now: datetime, reason: str = "", is_override: bool = False) -> Decided:
    """The person has the place and is told. Raises SignInNeeded, NotAllowed, and what `requests.approve` raises."""
    return await _decide(caller, signup_id, "approve", reason, now, is_override=is_override)


@action
async def reject(caller: Caller, signup_id: UUID, reason: str, now: datetime) -> Decided:
    """The person is told why. Raises SignInNeeded, NotAllowed, and what `requests.reject` raises."""
    return await _decide(caller, signup_id, "reject", reason, now)


async def decide_many(
    caller: Caller, signup_ids: Sequence[UUID], decision: Decision, reason: str, now: datetime
) -> list[Result]:
    """Each for itself, in this order: where the places end, the others stay requests and say so. Safe to repeat.

    A transaction for each: one that kept a role's lock while it waited for the next person would stand in that person's way.
    """
    results = []
    for signup_id in signup_ids:
        try:
            if decision == "approve":
                results.append(Result(signup_id, await approve(caller, signup_id, now, reason), None))
            else:
                results.append(Result(signup_id, await reject(caller, signup_id, reason, now), None))
        except Refusal as refusal:
            results.append(Result(signup_id, None, refusal))
    return results


async def _decide(
    caller: Caller, signup_id: UUID, decision: Decision, reason: str, now: datetime, *, is_override: bool = False
) -> Decided:
    signup = await rosters.find(signup_id)
    session = await run_by(caller, signup.session_id)
    if decision == "approve":
        changed = await _approve(caller, signup, reason, now, is_override=is_override)
        told = move_queue.letter("request_approved", session, changed)
    else:
        changed = await requests.reject(signup_id, caller.id, reason, now)
        told = move_queue.letter("request_rejected", session, changed, reason=reason.strip())
    did = "signup.approved" if decision == "approve" else "signup.rejected"
    await audit.write(
        caller.id,
        did,
        f"session:{session.id}",
        now,
        on_behalf_of=signup.person_id,
        reason=reason,
        is_override=is_override,
    )
    await messages.promise([told], now)
    await move_queue.move_queue([changed.role_id], now)
    return Decided(signup_id, session.id, changed.state)


async def _approve(caller: Caller, signup: rosters.Signup, reason: str, now: datetime, *, is_override: bool) -> Changed:
    is_blocked = signup.person_id in await move_queue.suspended([signup.person_id])
    try:
        return await requests.approve(signup.id, caller.id, now, is_blocked=is_blocked, reason=reason, is_override=is_override)
    except Full:
        # Perhaps full only with an offer that has run out and that nobody has noticed.
        if not await move_queue.move_queue([signup.role_id], now):
            raise
        return await requests.approve(signup.id, caller.id, now, is_blocked=is_blocked, reason=reason)
