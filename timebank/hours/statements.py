"""The hours of a period as the record has them: each version that was written in it, and what it changed."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import sql
from timebank.hours.summaries import Sums


class Recorded(msgspec.Struct, frozen=True):
    """One version of a record. `minutes` is what it changed: below zero where a correction took some back.

    `actor_id` is whoever entered it for the member, None where the member's own code did.
    """

    recorded_at: datetime
    served_on: date
    hour_class: str
    minutes: int
    version: int
    is_withdrawn: bool
    activity_name: str
    reason: str
    source: str
    actor_id: UUID | None
    actor: str
    actor_en: str
    is_device: bool


class Entered(msgspec.Struct, frozen=True):
    """What somebody put on another's record; `minutes` is what that version changed."""

    recorded_at: datetime
    served_on: date
    activity_name: str
    minutes: int
    name: str


# What a version says, less what the version before it said.
CHANGES = """
SELECT r.*, CASE WHEN r.is_withdrawn THEN 0 ELSE r.service_minutes END
       - coalesce(lag(CASE WHEN r.is_withdrawn THEN 0 ELSE r.service_minutes END)
                  OVER (PARTITION BY coalesce(r.attendance_id, r.first_id, r.id) ORDER BY r.version), 0) AS change
  FROM service_record r
"""
LINES = f"""
SELECT c.recorded_at, c.served_on, c.class AS hour_class, c.change AS minutes, c.version, c.is_withdrawn, c.activity_name,
       c.reason,
       coalesce('attendance:' || c.attendance_id || ':v' || c.version, '') AS source,
       nullif(c.entered_by, c.member_id) AS actor_id, coalesce(m.name, d.name, '') AS actor,
       coalesce(d.name_en, '') AS actor_en, d.name IS NOT NULL AS is_device
  FROM ({CHANGES} WHERE r.member_id = $1) c
  LEFT JOIN member m ON m.id = nullif(c.entered_by, c.member_id) LEFT JOIN device_called(c.entered_by, c.recorded_at) d ON true
 WHERE c.recorded_at >= $2 AND c.recorded_at < $3 ORDER BY c.recorded_at, c.served_on, c.id
"""


async def lines(member_id: UUID, since: datetime, until: datetime) -> list[Recorded]:
    """What was written from `since` until before `until`, whenever the service was (ledger-117). One statement."""
    return [Recorded(**dict(row)) for row in await sql.rows(LINES, member_id, since, until)]


SUMS = """
SELECT class, sum(service_minutes)::int AS minutes FROM (
    SELECT DISTINCT ON (coalesce(attendance_id, first_id, id)) * FROM service_record WHERE member_id = $1 AND recorded_at < $2
     ORDER BY coalesce(attendance_id, first_id, id), version DESC) last
 WHERE NOT is_withdrawn GROUP BY class
"""


async def before(member_id: UUID, at: datetime) -> Sums:
    """Minutes by class as the record stood just before `at`."""
    return Sums(**{row["class"].lower(): row["minutes"] for row in await sql.rows(SUMS, member_id, at)})


ENTERED = """
SELECT r.recorded_at, r.served_on, r.activity_name, m.name,
       CASE WHEN r.is_withdrawn THEN 0 ELSE r.service_minutes END - coalesce((
           SELECT CASE WHEN e.is_withdrawn THEN 0 ELSE e.service_minutes END FROM service_record e
            WHERE e.version < r.version
              AND coalesce(e.attendance_id, e.first_id, e.id) = coalesce(r.attendance_id, r.first_id, r.id)
              AND e.member_id = r.member_id ORDER BY e.version DESC LIMIT 1), 0) AS minutes
  FROM service_record r JOIN member m ON m.id = r.member_id
 WHERE r.entered_by = $1 AND r.entered_by <> r.member_id AND r.recorded_at >= $2 AND r.recorded_at < $3
 ORDER BY r.recorded_at, r.id LIMIT $4
"""


async def entered(actor_id: UUID, since: datetime, until: datetime, at_most: int) -> list[Entered]:
    """What the member put on the records of others, the first first (ledger-120)."""
    return [Entered(**dict(row)) for row in await sql.rows(ENTERED, actor_id, since, until, at_most)]
