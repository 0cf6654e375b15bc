"""What the public board says of rooms: the time for which they were booked and used, which opens its rows (rules-23).

Whole minutes of bookings that are over and took place, by the local day of their start. Columns as in hours/figures.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from schedules import sql

USED = """
SELECT b.id, (b.starts_at AT TIME ZONE s.time_zone)::date AS day, b.starts_at AS at, '' AS kind, b.person_id,
       (extract(epoch FROM b.ends_at - b.starts_at) / 60)::bigint AS amount
  FROM booking b JOIN space s ON s.id = b.space_id WHERE b.state IN ('done', 'ended_early')
"""


async def minutes() -> int:
    """Since the beginning."""
    return int(await sql.value(f"SELECT coalesce(sum(u.amount), 0) FROM ({USED}) u"))


async def by_month() -> list[Mapping[str, Any]]:
    """A line a month that has any, the last first; `day` is its first."""
    return await _sums("date_trunc('month', u.day)::date", "true")


async def by_day(since: date, until: date) -> list[Mapping[str, Any]]:
    """A line for each day, both included, the last first."""
    return await _sums("u.day", "u.day BETWEEN $1 AND $2", since, until)


async def _sums(day: str, during: str, *values: object) -> list[Mapping[str, Any]]:
    found = await sql.rows(
        f"SELECT {day} AS day, '' AS kind, count(*) AS rows, sum(u.amount)::bigint AS amount FROM ({USED}) u WHERE {during} "
        "GROUP BY 1 ORDER BY 1 DESC",
        *values,
    )
    return list(found)


async def rows(since: date, until: date, nodes: Sequence[UUID], after: UUID | None, limit: int) -> list[Mapping[str, Any]]:
    """The bookings themselves, the last first, behind the row `after`. Names of who lives below one of `nodes`."""
    found = await sql.rows(
        f"""
        SELECT u.id, u.day, u.at, u.kind, u.amount, CASE WHEN c.ancestor_ids && $3::uuid[] THEN m.name END AS name,
               NULL::text AS name_en, CASE WHEN c.ancestor_ids && $3::uuid[] THEN m.number END AS number
          FROM ({USED}) u LEFT JOIN member m ON m.id = u.person_id LEFT JOIN community c ON c.id = m.community_id
         WHERE u.day BETWEEN $1 AND $2
           AND ($4::uuid IS NULL OR (u.at, u.id) < (SELECT starts_at, id FROM booking WHERE id = $4))
         ORDER BY u.at DESC, u.id DESC LIMIT $5
        """,
        since,
        until,
        list(nodes),
        after,
        limit,
    )
    return list(found)
