"""The service record: what was done and for how long, in the seven fields of the national rules (rules.md 3). Never changed.

Class A: the person's own code was scanned in and out. Class B and C need a second person before there is a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.hours.worded import THEN

HourClass = Literal["A", "B", "C"]


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """Minutes of a stay that was scanned in and out, as a version of its record. `ends_by_self`: their own phone ended it.

    `entered_by` is the desk, or the member at self check-in; `reason`: why there is a further version.
    """

    member_id: UUID
    attendance_id: UUID
    version: int
    session_id: UUID
    minutes: int
    ends_by_self: bool
    entered_by: UUID
    recorded_at: datetime
    reason: str = ""
    id: UUID = msgspec.field(default_factory=uuid4)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was just written, with what its points depend on."""

    id: UUID
    attendance_id: UUID
    version: int
    minutes: int
    served_on: date
    """Local date of the session's start (ledger-11)."""
    planned_minutes: int
    category: str
    community_id: UUID
    time_zone: str
    title: str
    title_en: str
    needs_confirmation: bool
    """The activity wants the organiser's word for those who checked in or out by themselves (checkin-75)."""


KEEP = f"""
WITH asked AS (
    SELECT * FROM json_to_recordset($1) AS q (id uuid, member_id uuid, attendance_id uuid, version int, session_id uuid,
                                              minutes int, ends_by_self boolean, entered_by uuid, recorded_at timestamptz,
                                              reason text)),
     kept AS (
    INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, activity_name_en,
                                served_on, place, service_content, service_minutes, organising_unit, person_in_charge, reason,
                                entered_by, recorded_at)
    SELECT q.id, q.member_id, q.attendance_id, q.version, 'A', 'scan', w.title, w.title_en,
           (s.starts_at AT TIME ZONE a.time_zone)::date, s.place, w.content, q.minutes, a.organising_unit, a.person_in_charge,
           q.reason, q.entered_by, q.recorded_at
      FROM asked q JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id {THEN} WHERE a.is_service
    RETURNING id, served_on)
SELECT k.id, q.attendance_id, q.version, q.minutes, k.served_on,
       extract(epoch FROM s.ends_at - s.starts_at)::int / 60 AS planned_minutes, a.category, a.community_id, a.time_zone,
       a.title, a.title_en,
       a.confirms_self AND (q.ends_by_self OR EXISTS (SELECT FROM attendance h WHERE h.id = q.attendance_id AND h.is_self))
           AS needs_confirmation
  FROM kept k JOIN asked q ON q.id = k.id JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id
"""


async def keep_scanned(stays: Sequence[Scanned]) -> dict[UUID, Served]:
    """The class A records of stays scanned in and out, by stay; none where the activity is no voluntary service (Order 67
    art. 19), in the words of its session's end. One statement; none for nothing.
    """
    if not stays:
        return {}
    found = await sql.rows(KEEP, msgspec.json.encode(stays).decode())
    return {row["attendance_id"]: Served(**dict(row)) for row in found}


CONFIRM = """
INSERT INTO service_record (id, member_id, attendance_id, version, class, source, activity_name, activity_name_en, served_on,
                            place, service_content, service_minutes, organising_unit, person_in_charge, reason, entered_by,
                            approved_by, recorded_at, first_id, is_withdrawn)
SELECT $1, e.member_id, e.attendance_id, $3, e.class, CASE e.kind WHEN 'later' THEN 'later' ELSE 'list' END,
       e.activity_name, e.activity_name_en, e.served_on, e.place, e.service_content, e.service_minutes, e.organising_unit,
       e.person_in_charge, e.reason, e.entered_by, $4, $5, e.corrects, e.corrects IS NOT NULL AND e.service_minutes = 0
  FROM hours_entry e WHERE e.id = $2
RETURNING id
"""


async def keep_confirmed(entry_id: UUID, version: int, approved_by: UUID, now: datetime) -> UUID:
    """The record of an entry that a second person approved; a correction is the next `version` of its stay, or of the record
    that it corrects, which no minutes take back. One statement.
    """
    found: UUID = await sql.value(CONFIRM, uuid4(), entry_id, version, approved_by, now)
    return found


class Kept(msgspec.Struct, frozen=True):
    """The last version of a stay's record."""

    id: UUID
    version: int
    service_minutes: int
    hour_class: HourClass
    is_withdrawn: bool


async def last_of(attendance_id: UUID) -> Kept | None:
    """None where the stay has no record yet."""
    row = await sql.row(
        "SELECT id, version, service_minutes, class, is_withdrawn FROM service_record WHERE attendance_id = $1 "
        "ORDER BY version DESC LIMIT 1",
        attendance_id,
    )
    return Kept(*row) if row else None


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """The last version of hours that no stay stands behind. `first_id` names them through all their versions."""

    first_id: UUID
    member_id: UUID
    version: int
    hour_class: HourClass
    is_withdrawn: bool
    activity_name: str
    served_on: date
    place: str
    service_content: str
    service_minutes: int
    organising_unit: str
    person_in_charge: str


ENTERED = """
SELECT coalesce(r.first_id, r.id) AS first_id, r.member_id, r.version, r.class AS hour_class, r.is_withdrawn, r.activity_name,
       r.served_on, r.place, r.service_content, r.service_minutes, r.organising_unit, r.person_in_charge
  FROM service_record r JOIN service_record named ON named.id = $1
 WHERE named.attendance_id IS NULL AND coalesce(named.first_id, named.id) IN (r.id, r.first_id)
 ORDER BY r.version DESC LIMIT 1
"""


async def entered(record_id: UUID) -> Entered:
    """Of whichever version is named. Raises NotFound, also for the record of a stay: that is corrected at its session."""
    row = await sql.row(ENTERED, record_id)
    if row is None:
        raise NotFound(what="service_record")
    return Entered(**dict(row))
