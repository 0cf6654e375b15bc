"""Who has looked at a support: the member reads it (rules-20)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql


class Reading(msgspec.Struct, frozen=True):
    """Somebody of staff has looked at it, so many times on one day; `read_at` is the last."""

    name: str
    read_at: datetime
    times: int


async def read(support_ids: Sequence[UUID], reader_id: UUID, now: datetime) -> None:
    """Notes that somebody has looked at them; the members themselves read that (rules-20)."""
    await sql.rows(
        "INSERT INTO support_reading (support_id, reader_id, read_at) "
        "SELECT s.id, $2, $3 FROM support s WHERE s.id = ANY ($1::uuid[]) AND s.member_id <> $2",
        list(support_ids),
        reader_id,
        now,
    )


LISTED = 200
"""Readers and days: the latest are what somebody asks about."""


async def of(support_id: UUID) -> list[Reading]:
    """By reader and day, newest first."""
    found = await sql.rows(
        "SELECT m.name, max(r.read_at) AS read_at, count(*)::int AS times FROM support_reading r "
        "JOIN member m ON m.id = r.reader_id JOIN support s ON s.id = r.support_id JOIN community c ON c.id = s.community_id "
        "WHERE r.support_id = $1 GROUP BY m.id, (r.read_at AT TIME ZONE c.time_zone)::date ORDER BY 2 DESC LIMIT $2",
        support_id,
        LISTED,
    )
    return [Reading(**dict(row)) for row in found]
