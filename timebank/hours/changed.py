"""What scans that came late take back of a record: its withdrawal, as a row of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from schedules import sql

WITHDRAW = """
INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, activity_name_en, served_on,
                            place, service_content, service_minutes, organising_unit, person_in_charge, is_withdrawn, reason,
                            entered_by, recorded_at)
SELECT $1, r.member_id, r.attendance_id, $3, r.class, r.source, r.activity_name, r.activity_name_en, r.served_on, r.place,
       r.service_content, 0, r.organising_unit, r.person_in_charge, true, $4, $5, $6
  FROM service_record r WHERE r.attendance_id = $2 AND r.class = 'A' ORDER BY r.version DESC LIMIT 1
"""


async def withdraw(attendance_id: UUID, version: int, reason: str, entered_by: UUID, now: datetime) -> None:
    """Takes a class A record back with a row of its own. One statement."""
    await sql.rows(WITHDRAW, uuid4(), attendance_id, version, reason, entered_by, now)


async def waiting(attendance_ids: Sequence[UUID]) -> set[tuple[UUID, int]]:
    """Versions of these stays that bring nothing before somebody who runs the activity has confirmed them.

    One statement; none for nothing.
    """
    if not attendance_ids:
        return set()
    found = await sql.rows(
        "SELECT attendance_id, version FROM stay_confirmation WHERE attendance_id = ANY ($1) AND confirmed_at IS NULL",
        list(attendance_ids),
    )
    return {(row["attendance_id"], row["version"]) for row in found}
