"""What is known about an ended stay when its hours are confirmed or corrected: the service that its points depend on."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import attendance, sql
from schedules.errors import NotFound
from timebank.hours.records import HourClass, Served
from timebank.points.earning import Service


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """An attendance that has ended, with its session and activity. `minutes` are those that were scanned."""

    id: UUID
    signup_id: UUID
    session_id: UUID
    person_id: UUID
    in_at: datetime
    out_at: datetime
    minutes: int
    is_by_code: bool
    is_automatic: bool
    planned_minutes: int
    tolerance: int
    category: str
    community_id: UUID
    organiser_id: UUID
    is_service: bool
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    served_on: date
    time_zone: str

    @property
    def longest(self) -> int:
        """Minutes that can be given for it by hand: the planned time and the tolerance at both ends, as for scans."""
        return self.planned_minutes + 2 * self.tolerance


STAY = """
SELECT h.id, h.signup_id, h.session_id, h.person_id, h.in_at, h.out_at, h.minutes, h.is_by_code, h.is_automatic,
       extract(epoch FROM s.ends_at - s.starts_at)::int / 60 AS planned_minutes, a.tolerance, a.category, a.community_id,
       a.organiser_id, a.is_service, a.title, a.title_en, s.starts_at, s.ends_at,
       (s.starts_at AT TIME ZONE a.time_zone)::date AS served_on, a.time_zone
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.id = $1 AND h.out_at IS NOT NULL
"""


async def find(attendance_id: UUID, *, locks: bool = False) -> Stay:
    """One that counts and has ended. Raises NotFound. With `locks` its hours change in one place at a time."""
    if locks:
        # Two who send or decide hours of one stay at once: the second sees what the first has made of its record.
        await sql.rows("SELECT 1 FROM attendance WHERE id = $1 FOR NO KEY UPDATE", attendance_id)
    row = await sql.row(f"{STAY} AND h.state = 'counts'", attendance_id)
    if row is None:
        raise NotFound(what="attendance")
    return Stay(**dict(row))


async def find_any(attendance_id: UUID) -> Stay:
    """One that has ended, whether it counts or was annulled: its hours and points are taken back. It has to be there."""
    return Stay(**dict(await sql.one(STAY, attendance_id)))


def service(stay: Stay, version: int, hour_class: HourClass, minutes: int) -> Service:
    """As the ledger takes it."""
    return Service(
        attendance_id=stay.id,
        version=version,
        member_id=stay.person_id,
        community_id=stay.community_id,
        zone=ZoneInfo(stay.time_zone),
        service_class=hour_class,
        minutes=minutes,
        planned_minutes=stay.planned_minutes,
        category=stay.category,
        served_on=stay.served_on,
        earned_at=stay.out_at,
        what=stay.title,
        what_en=stay.title_en,
        begun_at=attendance.begun_at(stay.in_at, stay),
    )


def scanned(served: Served, member_id: UUID, out_at: datetime, begun_at: datetime) -> Service:
    """The same of a record that scans have just made."""
    return Service(
        attendance_id=served.attendance_id,
        version=served.version,
        member_id=member_id,
        community_id=served.community_id,
        zone=ZoneInfo(served.time_zone),
        service_class="A",
        minutes=served.minutes,
        planned_minutes=served.planned_minutes,
        category=served.category,
        served_on=served.served_on,
        earned_at=out_at,
        what=served.title,
        what_en=served.title_en,
        begun_at=begun_at,
        needs_confirmation=served.needs_confirmation,
    )
