"""The calendar of working days: weekends, and the days that are not what their weekday says (rules.md 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import sql

RECORD_WITHIN = 10
"""Working days after an activity in which its service is recorded (Order 67 art. 11)."""
LOOKED_BACK = 366
"""Days in which a session that is not on record is asked for, in the list as in the messages: nobody records what is older."""


class Due(msgspec.Struct, frozen=True):
    """`is_provisional`: a year on the way has no calendar yet and counts Monday to Friday."""

    due_on: date
    is_provisional: bool


class Day(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public holiday, or a weekend day that is worked (`is_working`)."""

    on_day: date
    is_working: bool
    name: str = ""


async def after(day: date, days: int = RECORD_WITHIN) -> Due:
    """So many working days later, the following day being the first. As the calendar says today."""
    return Due(**dict(await sql.one("SELECT due_on, is_provisional FROM working_day_after($1, $2)", day, days)))


async def of_year(year: int) -> list[Day]:
    """The days of a year that are entered; none: the year is provisional."""
    found = await sql.rows(
        "SELECT on_day, is_working, name FROM calendar_day WHERE on_day BETWEEN make_date($1, 1, 1) AND make_date($1, 12, 31) "
        "ORDER BY on_day",
        year,
    )
    return [Day(**dict(row)) for row in found]


async def put(year: int, days: Sequence[Day], by_id: UUID, now: datetime) -> None:
    """The year has these days from now on, and no others. Safe to repeat."""
    # Two who enter one year at once: the second waits, and its list stands.
    await sql.rows("SELECT pg_advisory_xact_lock(hashtext('calendar of a year'))")
    await sql.rows("DELETE FROM calendar_day WHERE on_day BETWEEN make_date($1, 1, 1) AND make_date($1, 12, 31)", year)
    await sql.rows(
        "INSERT INTO calendar_day (on_day, is_working, name, entered_by, entered_at) "
        "SELECT d.on_day, d.is_working, d.name, $4, $5 FROM unnest($1::date[], $2::bool[], $3::text[]) "
        "AS d (on_day, is_working, name)",
        [day.on_day for day in days],
        [day.is_working for day in days],
        [day.name for day in days],
        by_id,
        now,
    )


class Unrecorded(msgspec.Struct, frozen=True):
    """A session that is over and has stays without a record: how many, until when, and who has to act."""

    session_id: UUID
    title: str
    title_en: str
    ended_on: date
    time_zone: str
    stays: int
    person_in_charge: str
    due_on: date
    is_provisional: bool


UNRECORDED = f"""
SELECT o.session_id, o.title, o.title_en, o.ended_on, o.time_zone, o.stays, o.person_in_charge, w.due_on, w.is_provisional
  FROM (SELECT s.id AS session_id, a.title, a.title_en, (s.ends_at AT TIME ZONE a.time_zone)::date AS ended_on, a.time_zone,
               count(*) AS stays, a.person_in_charge
          FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
          JOIN attendance h ON h.session_id = s.id AND h.state = 'counts'
         WHERE a.is_service AND s.ends_at <= $2 AND s.starts_at > $2::timestamptz - make_interval(days => {LOOKED_BACK})
           AND c.ancestor_ids && $1::uuid[]
           AND NOT EXISTS (SELECT FROM service_record r WHERE r.attendance_id = h.id)
         GROUP BY s.id, a.id) o
 CROSS JOIN LATERAL working_day_after(o.ended_on, $3) w ORDER BY w.due_on, o.session_id LIMIT $4
"""


LISTED = 200
"""Sessions, the first due first: the others move up as these are recorded."""


async def unrecorded(node_ids: Sequence[UUID], now: datetime) -> list[Unrecorded]:
    """What is still to be recorded below these nodes, the first due first; as far as LOOKED_BACK. One statement."""
    return [Unrecorded(**dict(row)) for row in await sql.rows(UNRECORDED, list(node_ids), now, RECORD_WITHIN, LISTED)]


class Telling(msgspec.Struct, frozen=True):
    """Who runs a session is told that its service is to be recorded: three working days ahead, and once after it."""

    session_id: UUID
    organiser_id: UUID
    title: str
    title_en: str
    due_on: date
    stays: int
    is_late: bool
    time_zone: str

    @property
    def key(self) -> str:
        """Of the message: once each."""
        return f"record-due:{self.session_id}:{'late' if self.is_late else 'soon'}"


UNTOLD = f"""
SELECT t.* FROM (
    SELECT o.session_id, o.organiser_id, o.title, o.title_en, w.due_on, o.stays, o.today > w.due_on AS is_late, o.time_zone
      FROM (SELECT s.id AS session_id, a.organiser_id, a.title, a.title_en,
                   (s.ends_at AT TIME ZONE a.time_zone)::date AS ended_on,
                   ($1::timestamptz AT TIME ZONE a.time_zone)::date AS today, a.time_zone, count(*) AS stays
              FROM session s JOIN activity a ON a.id = s.activity_id
              JOIN attendance h ON h.session_id = s.id AND h.state = 'counts'
             WHERE a.is_service AND s.ends_at <= $1 AND s.starts_at > $1::timestamptz - make_interval(days => {LOOKED_BACK})
               AND NOT EXISTS (SELECT FROM service_record r WHERE r.attendance_id = h.id)
             GROUP BY s.id, a.id) o
     CROSS JOIN LATERAL working_day_after(o.ended_on, $2) w CROSS JOIN LATERAL working_day_after(o.ended_on, $2 - 3) f
     WHERE o.today >= f.due_on) t
 WHERE NOT EXISTS (SELECT FROM message m
                    WHERE m.key = 'record-due:' || t.session_id || CASE WHEN t.is_late THEN ':late' ELSE ':soon' END)
   AND NOT is_resting($3, t.session_id::text, $1)
 ORDER BY t.due_on, t.session_id LIMIT $4
"""


async def untold(job: str, now: datetime, limit: int) -> list[Telling]:
    """What is due or late and was not told yet, the first due first. One statement."""
    return [Telling(**dict(row)) for row in await sql.rows(UNTOLD, now, RECORD_WITHIN, job, limit)]
