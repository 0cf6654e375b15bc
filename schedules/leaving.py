"""Ways out by somebody's word: who has to go early says so, or who runs the session says that they have gone (checkin-57)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import attendance, scans, sql
from schedules.attendance import Closed, Inside
from schedules.errors import Malformed


class LeftAtNotPossible(Malformed):
    """Nobody leaves before they came, nor in time to come. Facts: field, since, until."""


OPEN = """
SELECT h.id, h.signup_id, h.person_id, h.in_at, h.is_by_code, s.id AS session, s.starts_at, s.ends_at, s.closes_at, a.tolerance
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = $1 AND h.out_at IS NULL AND h.state = 'counts'
"""


ENDED = """
UPDATE attendance SET out_at = $2, minutes = $3, out_scan = $4, version = version + 1, is_by_code = false, is_automatic = $5
 WHERE id = $1 AND out_at IS NULL
"""


async def leave(attendance_id: UUID, left_at: datetime | None, by_id: UUID, now: datetime) -> Closed | None:
    """Ends a stay at this instant, else now or at the planned end, with a row in the log.

    No code was scanned, so its hours need a second person (class B). None where it has ended already: a scan was quicker, and
    keeps its own time. Safe to repeat. Locks the sign-up, as a scan does. Raises LeftAtNotPossible.
    """
    # A scan of the same moment is before this or after it: of two ways out the first counts.
    await sql.rows(
        "SELECT 1 FROM signup WHERE id = (SELECT signup_id FROM attendance WHERE id = $1) FOR NO KEY UPDATE", attendance_id
    )
    row = await sql.row(OPEN, attendance_id)
    if row is None:
        return None
    fields = dict(row)
    signup_id, person_id = fields.pop("signup_id"), fields.pop("person_id")
    inside = Inside(**{**fields, "session": str(fields["session"])})
    if left_at is None:
        left_at = max(inside.in_at, min(now, inside.ends_at))
    if not inside.in_at <= left_at <= now:
        raise LeftAtNotPossible(field="left_at", since=inside.in_at, until=now)
    # Once the grace is over the stay has ended at the planned end, as a scan at that time would have it.
    is_over = left_at > inside.closes_at
    closed = attendance.forget(inside) if is_over else attendance.close(inside, left_at, is_by_code=False)
    scan = scans.Row(
        nonce=f"word:{inside.id}",
        scanner_id=by_id,
        operator_id=by_id,
        source="manual",
        direction="out",
        raw_code="word",
        reason="ok",
        session_id=inside.session,
        signup_id=signup_id,
        person_id=person_id,
        happened_at=left_at,
        received_at=now,
        counts_at=left_at,
    )
    kept = (await scans.log([scan]))[by_id, scan.nonce]
    await sql.rows(ENDED, closed.id, closed.out_at, closed.minutes, None if is_over else kept, is_over)
    return closed


async def open_stay(signup_id: UUID) -> UUID | None:
    """The stay of this sign-up that has not ended."""
    found: UUID | None = await sql.value(
        "SELECT id FROM attendance WHERE signup_id = $1 AND out_at IS NULL AND state = 'counts'", signup_id
    )
    return found
