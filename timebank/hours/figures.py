"""What the public board says of hours, as the records have it: the sum of the last versions, which it opens (ledger-121).

Whole minutes. Sums have the columns day, kind (the class), rows and amount; rows have id, day, at, kind, amount, and of
the member name, name_en and number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql


class Given(msgspec.Struct, frozen=True):
    """Whole minutes, and how many people gave them."""

    minutes: int
    people: int


# Only the last version of a record counts, and none that takes it back.
LAST = """
NOT r.is_withdrawn
AND NOT EXISTS (SELECT FROM service_record later WHERE later.attendance_id = r.attendance_id AND later.version > r.version)
AND NOT EXISTS (SELECT FROM service_record later
                 WHERE later.first_id = coalesce(r.first_id, r.id) AND later.version > r.version)
"""


async def given() -> Given:
    """Since the beginning."""
    found = await sql.one(
        "SELECT coalesce(sum(service_minutes), 0)::bigint AS minutes, count(DISTINCT member_id) AS people "
        f"FROM service_record r WHERE {LAST}"
    )
    return Given(**dict(found))


async def by_month() -> list[Mapping[str, Any]]:
    """A line a month of service that has any, the last first; `day` is its first."""
    return await _sums("date_trunc('month', r.served_on)::date", "''", "true")


async def by_day(since: date, until: date) -> list[Mapping[str, Any]]:
    """A line for each day of service and class, both days included, the last day first."""
    return await _sums("r.served_on", "r.class", "r.served_on BETWEEN $1 AND $2", since, until)


async def _sums(day: str, kind: str, during: str, *values: object) -> list[Mapping[str, Any]]:
    found = await sql.rows(
        f"SELECT {day} AS day, {kind} AS kind, count(*) AS rows, sum(r.service_minutes)::bigint AS amount "
        f"FROM service_record r WHERE {during} AND {LAST} GROUP BY 1, 2 ORDER BY 1 DESC, 2",
        *values,
    )
    return list(found)


async def rows(since: date, until: date, nodes: Sequence[UUID], after: UUID | None, limit: int) -> list[Mapping[str, Any]]:
    """The records themselves, the last day first, behind the row `after`. Names of who lives below one of `nodes`."""
    found = await sql.rows(
        f"""
        SELECT r.id, r.served_on AS day, r.recorded_at AS at, r.class AS kind, r.service_minutes AS amount,
               CASE WHEN c.ancestor_ids && $3::uuid[] THEN m.name END AS name, NULL::text AS name_en,
               CASE WHEN c.ancestor_ids && $3::uuid[] THEN m.number END AS number
          FROM service_record r JOIN member m ON m.id = r.member_id JOIN community c ON c.id = m.community_id
         WHERE r.served_on BETWEEN $1 AND $2 AND {LAST}
           AND ($4::uuid IS NULL OR (r.served_on, r.id) < (SELECT served_on, id FROM service_record WHERE id = $4))
         ORDER BY r.served_on DESC, r.id DESC LIMIT $5
        """,
        since,
        until,
        list(nodes),
        after,
        limit,
    )
    return list(found)
