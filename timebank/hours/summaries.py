"""Service hours as their owner reads them: sums by class, and the records themselves."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import sql


class Sums(msgspec.Struct, frozen=True):
    """Minutes by class: A verified by scans, B confirmed by a second person, C recorded later."""

    a: int = 0
    b: int = 0
    c: int = 0

    @property
    def total(self) -> int:
        return self.a + self.b + self.c


class Record(msgspec.Struct, frozen=True):
    """The version in force of one record, with the seven fields of the national rules."""

    id: UUID
    hour_class: str
    activity_name: str
    served_on: date
    place: str
    service_content: str
    service_minutes: int
    organising_unit: str
    person_in_charge: str
    recorded_at: datetime
    version: int = 1
    is_later: bool = False
    """No stay stands behind it: what is wrong is corrected here, and somebody else approves."""
    waits: bool = False
    """Its points wait for the organiser's confirmation."""
    activity_name_en: str = ""
    """What the activity was called in English when the hours were entered; empty where it had no English name."""


# A correction is the next version of the same attendance, or of the first record where there is none, and a withdrawal ends
# it: only the last version counts.
IN_FORCE = """
SELECT * FROM (
    SELECT DISTINCT ON (coalesce(attendance_id, first_id, id)) * FROM service_record WHERE member_id = $1
     ORDER BY coalesce(attendance_id, first_id, id), version DESC) last
 WHERE NOT is_withdrawn
"""
# The record r has a version that is later: it was corrected, or taken back.
LATER = """EXISTS (SELECT FROM service_record l WHERE l.version > r.version AND l.member_id = r.member_id
  AND coalesce(l.attendance_id, l.first_id, l.id) = coalesce(r.attendance_id, r.first_id, r.id))"""


async def sums(member_id: UUID) -> Sums:
    """Minutes of the records in force."""
    found = await sql.rows(f"SELECT class, sum(service_minutes)::int AS minutes FROM ({IN_FORCE}) r GROUP BY class", member_id)
    return Sums(**{row["class"].lower(): row["minutes"] for row in found})


SHOWN = (
    "SELECT id, class AS hour_class, activity_name, activity_name_en, served_on, place, service_content, service_minutes, "
    "organising_unit, person_in_charge, recorded_at, version, attendance_id IS NULL AS is_later, "
    "EXISTS (SELECT FROM stay_confirmation w "
    "WHERE w.attendance_id = r.attendance_id AND w.version = r.version AND w.confirmed_at IS NULL) AS waits "
    f"FROM ({IN_FORCE}) r"
)


async def one(member_id: UUID, record_id: UUID) -> Record | None:
    """A record in force of this member; None for any other."""
    row = await sql.row(f"{SHOWN} WHERE id = $2", member_id, record_id)
    return Record(**dict(row)) if row else None


async def of_member(member_id: UUID, before: tuple[date, UUID] | None = None, limit: int = 30) -> list[Record]:
    """The records in force, newest service first; the next page starts behind `before`, the last line's day and id."""
    found = await sql.rows(
        f"{SHOWN} WHERE $2::date IS NULL OR (served_on, id) < ($2, $3::uuid) ORDER BY served_on DESC, id DESC LIMIT $4",
        member_id,
        *(before or (None, None)),
        limit,
    )
    return [Record(**dict(row)) for row in found]
