"""Requests: where an activity wants it, an organiser decides about every sign-up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import answers, changes, signups
from schedules.answers import OVERRIDABLE, Name
from schedules.changes import Changed
from schedules.errors import Malformed, Refusal
from schedules.offers import as_newcomer
from schedules.sessions import Own, Session

NOT_IN_THE_WAY = frozenset({Name.NEEDS_APPROVAL, Name.NOT_YET, Name.REJECTED})
"""Answers that say nothing against a request that stands already."""


class NotRequested(Refusal):
    """There is no request to decide. Facts: state."""


class RequestLapsed(Refusal):
    """Nobody decided in time. Facts: lapsed_at."""


async def approve(
    signup_id: UUID, by_id: UUID, now: datetime, *, is_blocked: bool = False, reason: str = "", is_override: bool = False
) -> Changed:
    """Gives the person the place, judged afresh; with `is_override` and a reason also against the answer.

    Of two who approve two requests for one place, the second is told that it is full and the request stays (schedule-42).
    Raises NotFound, NotRequested, RequestLapsed, Malformed, and what `answers` refuses with. Locks the person, then the role.
    """
    if is_override and not reason.strip():
        raise Malformed(field="reason", reason="say why an exception is made")
    session, own = await _asked(signup_id, now)
    judged = as_newcomer(session, own)
    answer = answers.answer(judged, now, is_blocked=is_blocked, role_id=own.role_id)
    passes_over = is_override and answer.name in OVERRIDABLE
    refusal = answers.refusal(answer, judged, own.role_id)
    if refusal is not None and not passes_over and answer.name not in NOT_IN_THE_WAY:
        raise answers.Full(role_id=own.role_id) if answer.name is Name.WAITLIST_OPEN else refusal
    if not passes_over and not judged.role(own.role_id).has_room:  # an answer that comes before "full" hid it
        raise answers.Full(role_id=own.role_id)
    return await _decide(signup_id, "confirmed", by_id, now, reason, is_override=passes_over)


async def reject(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> Changed:
    """Says no; the member reads why (schedule-43). Locks as `approve`.

    Raises NotFound, NotRequested, RequestLapsed, and Malformed without a reason.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; the member reads it")
    await _asked(signup_id, now)
    return await _decide(signup_id, "rejected", by_id, now, reason)


async def _asked(signup_id: UUID, now: datetime) -> tuple[Session, Own]:
    session, own = await signups.stand(signup_id)
    if own.state != "requested":
        raise NotRequested(state=own.state)
    lapses_at = session.request_lapses_at(own.changed_at)
    if now >= lapses_at:
        raise RequestLapsed(lapsed_at=lapses_at)
    return session, own


async def _decide(
    signup_id: UUID, state: str, by_id: UUID, now: datetime, reason: str, *, is_override: bool = False
) -> Changed:
    decided = await changes.change(signup_id, "requested", state, by_id, now, reason.strip(), is_override=is_override)
    if decided is None:
        raise NotRequested(state="requested")
    return decided
