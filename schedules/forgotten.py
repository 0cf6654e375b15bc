"""Check-outs that nobody made: once the grace is over, the stay ends at the planned end and says so (checkin-54, 56)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import attendance, open_stays, scans, sql
from schedules.open_stays import OpenStay

JOB = UUID(int=0)
"""The scanner of what no scanner did."""
TOLD_FOR = timedelta(days=30)
"""How long after the planned end somebody is told still: longer than a desk may be offline, or a worker away."""


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A stay that was closed by itself, by the job or by its person's next way in."""

    attendance_id: UUID
    person_id: UUID
    session_id: UUID
    community_id: UUID
    title: str
    title_en: str
    is_service: bool
    starts_at: datetime
    ends_at: datetime
    out_at: datetime
    minutes: int
    time_zone: str


async def close(attendance_id: UUID, now: datetime) -> bool:
    """Closes one at the planned end, with a row in the log. False where a scan has it, or had it. Safe to repeat.

    Locks the sign-up. Raises asyncpg's UniqueViolationError of scans.QUICKER where the person's next way in was quicker.
    """
    # SKIP LOCKED: a scan of this person is being judged; it ends the stay itself, or the next round does.
    if not await sql.rows(
        "SELECT 1 FROM signup WHERE id = (SELECT signup_id FROM attendance WHERE id = $1) FOR NO KEY UPDATE SKIP LOCKED",
        attendance_id,
    ):
        return False
    stay = await open_stays.find(attendance_id, closed_by=now)
    if stay is None:
        return False
    await scans.keep([scans.Entry(scan=_scan(stay, now), closed=attendance.forget(stay.inside))])
    return True


def _scan(stay: OpenStay, now: datetime) -> scans.Row:
    """The nonce is the stay's: a second exit by itself stops at the log's unique key (checkin-56)."""
    return scans.Row(
        nonce=f"close:{stay.inside.id}",
        scanner_id=JOB,
        operator_id=None,
        source="job",
        direction="out",
        raw_code="",
        reason="ok",
        session_id=stay.inside.session,
        signup_id=stay.signup_id,
        person_id=stay.person_id,
        happened_at=stay.inside.ends_at,
        received_at=now,
    )


async def closed_lately(now: datetime) -> list[Closed]:
    """What was closed by itself and ended in the last weeks, whoever closed it, and however late."""
    found = await sql.rows(
        "SELECT h.id AS attendance_id, h.person_id, h.session_id, a.community_id, a.title, a.title_en, a.is_service, "
        "s.starts_at, s.ends_at, "
        "h.out_at, h.minutes, a.time_zone FROM attendance h JOIN session s ON s.id = h.session_id "
        "JOIN activity a ON a.id = s.activity_id "
        "WHERE h.is_automatic AND h.state = 'counts' AND h.out_at > $1 ORDER BY h.out_at, h.id",
        now - TOLD_FOR,
    )
    return [Closed(**dict(row)) for row in found]
