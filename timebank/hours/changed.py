"""What scans that came late make of a record: the next version of class A hours, or its withdrawal. Rows, never changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from schedules import sql
from timebank.hours.records import Served

KEEP = """
WITH kept AS (
    INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, served_on, place,
                                service_content, service_minutes, organising_unit, person_in_charge, reason, entered_by,
                                recorded_at)
    SELECT $1, h.person_id, h.id, $3, 'A', 'scan', a.title, (s.starts_at AT TIME ZONE a.time_zone)::date, s.place, a.content,
           h.minutes, a.organising_unit, a.person_in_charge, $4, $5, $6
      FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
     WHERE h.id = $2 AND a.is_service
    RETURNING id, service_minutes, served_on)
SELECT k.id, k.service_minutes AS minutes, k.served_on,
       extract(epoch FROM s.ends_at - s.starts_at)::int / 60 AS planned_minutes, a.category, a.community_id, a.time_zone,
       a.confirms_self
           AND (h.is_self OR EXISTS (SELECT FROM scan c WHERE c.id = h.out_scan AND c.source = 'self')) AS needs_confirmation
  FROM kept k CROSS JOIN attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = $2
"""


async def keep_next(attendance_id: UUID, version: int, reason: str, entered_by: UUID, now: datetime) -> Served | None:
    """The class A record of a stay as it stands now; None where the activity is no voluntary service. One statement."""
    found = await sql.row(KEEP, uuid4(), attendance_id, version, reason, entered_by, now)
    return Served(**dict(found)) if found else None


WITHDRAW = """
INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, served_on, place,
                            service_content, service_minutes, organising_unit, person_in_charge, is_withdrawn, reason,
                            entered_by, recorded_at)
SELECT $1, r.member_id, r.attendance_id, $3, r.class, r.source, r.activity_name, r.served_on, r.place, r.service_content, 0,
       r.organising_unit, r.person_in_charge, true, $4, $5, $6
  FROM service_record r WHERE r.attendance_id = $2 AND r.class = 'A' ORDER BY r.version DESC LIMIT 1
"""


async def withdraw(attendance_id: UUID, version: int, reason: str, entered_by: UUID, now: datetime) -> None:
    """Takes a class A record back with a row of its own. One statement."""
    await sql.rows(WITHDRAW, uuid4(), attendance_id, version, reason, entered_by, now)


async def waits(attendance_id: UUID, version: int) -> bool:
    """Whether that version brings nothing before somebody who runs the activity has confirmed it."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM stay_confirmation WHERE attendance_id = $1 AND version = $2 AND confirmed_at IS NULL)",
            attendance_id,
            version,
        )
    )
