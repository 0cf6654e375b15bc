"""Ways out by somebody's word: who has to go early says so, or who runs the session says that they have gone (checkin-57)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import attendance, open_stays, scans, sql
from schedules.attendance import Closed
from schedules.errors import Malformed
from schedules.open_stays import OpenStay


class LeftAtNotPossible(Malformed):
    """Nobody leaves before they came, nor in time to come. Facts: field, since, until."""


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
    stay = await open_stays.find(attendance_id)
    if stay is None:
        return None
    inside = stay.inside
    if left_at is None:
        left_at = max(inside.in_at, min(now, inside.ends_at))
    if not inside.in_at <= left_at <= now:
        raise LeftAtNotPossible(field="left_at", since=inside.in_at, until=now)
    # Once the grace is over the stay has ended at the planned end, as a scan at that time would have it.
    is_over = left_at > inside.closes_at
    closed = attendance.forget(inside) if is_over else attendance.close(inside, left_at, is_by_code=False)
    scan = _scan(stay, left_at, by_id, now)
    kept = (await scans.log([scan]))[by_id, scan.nonce]
    await sql.rows(ENDED, closed.id, closed.out_at, closed.minutes, None if is_over else kept, is_over)
    return closed


def _scan(stay: OpenStay, left_at: datetime, by_id: UUID, now: datetime) -> scans.Row:
    """The nonce is the stay's: it is left once."""
    return scans.Row(
        nonce=f"word:{stay.inside.id}",
        scanner_id=by_id,
        operator_id=by_id,
        source="manual",
        direction="out",
        raw_code="word",
        reason="ok",
        session_id=stay.inside.session,
        signup_id=stay.signup_id,
        person_id=stay.person_id,
        happened_at=left_at,
        received_at=now,
        counts_at=left_at,
    )
