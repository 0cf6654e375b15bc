"""A member asks for other minutes where the check-out was set by itself, in the time that the policy gives (schedule-84)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from schedules.no_shows import SayWhy
from timebank.hours.entries import MinutesNotPossible


class CorrectionTooLate(Refusal):
    """The time to ask is over. Facts: until."""


class CorrectionAsked(Refusal):
    """It was asked for already, or the stay was not closed by itself. Facts: none."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A wish about a stay, and what became of it."""

    attendance_id: UUID
    member_id: UUID
    session_id: UUID
    minutes: int
    reason: str
    asked_at: datetime
    state: Literal["open", "taken", "refused"]
    answer: str
    title: str
    title_en: str


async def ask(
    attendance_id: UUID, member_id: UUID, minutes: int, longest: int, reason: str, now: datetime, until: datetime
) -> None:
    """Once a stay. Raises Malformed, CorrectionTooLate, CorrectionAsked."""
    if not reason.strip():
        raise SayWhy(field="reason")
    if not 0 <= minutes <= longest:
        raise MinutesNotPossible(field="minutes", longest=longest)
    if now >= until:
        raise CorrectionTooLate(until=until)
    if not await sql.rows(
        "INSERT INTO correction_request (attendance_id, member_id, minutes, reason, asked_at) "
        "SELECT id, $2, $3, $4, $5 FROM attendance WHERE id = $1 AND person_id = $2 AND is_automatic AND state = 'counts' "
        "ON CONFLICT (attendance_id) DO NOTHING RETURNING 1",
        attendance_id,
        member_id,
        minutes,
        reason.strip(),
        now,
    ):
        raise CorrectionAsked()


async def of_stay(attendance_id: UUID) -> Asked | None:
    """What was asked about a stay, where anything was."""
    row = await sql.row(
        "SELECT q.attendance_id, q.member_id, h.session_id, q.minutes, q.reason, q.asked_at, q.state, q.answer, "
        "a.title, a.title_en "
        "FROM correction_request q JOIN attendance h ON h.id = q.attendance_id JOIN session s ON s.id = h.session_id "
        "JOIN activity a ON a.id = s.activity_id WHERE q.attendance_id = $1",
        attendance_id,
    )
    return Asked(**dict(row)) if row else None


async def find(attendance_id: UUID) -> Asked:
    """Raises NotFound."""
    found = await of_stay(attendance_id)
    if found is None:
        raise NotFound(what="correction_request")
    return found


async def answer(attendance_id: UUID, state: Literal["taken", "refused"], by_id: UUID, text: str, now: datetime) -> bool:
    """Whether it was open until now; safe to repeat."""
    return bool(
        await sql.rows(
            "UPDATE correction_request SET state = $2, answered_by = $3, answered_at = $4, answer = $5 "
            "WHERE attendance_id = $1 AND state = 'open' AND member_id <> $3 RETURNING 1",
            attendance_id,
            state,
            by_id,
            now,
            text.strip(),
        )
    )
