"""Notices inside the unit that somebody asks for a certificate: masked names, for the days of the rules, then over."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.hours.summaries import IN_FORCE


class Notice(msgspec.Struct, frozen=True):
    """`minutes` of service on record when it was put up; it is up until `until_at`, unless it was stopped."""

    id: UUID
    member_id: UUID
    name: str
    community_id: UUID
    time_zone: str
    first_on: date
    last_on: date
    minutes: int
    put_up_at: datetime
    until_at: datetime
    stopped_at: datetime | None


SELECT = """
SELECT n.id, n.member_id, m.name, n.community_id, c.time_zone, n.first_on, n.last_on, n.minutes, n.put_up_at, n.until_at,
       n.stopped_at FROM certificate_notice n JOIN member m ON m.id = n.member_id JOIN community c ON c.id = n.community_id
"""


async def one(notice_id: UUID) -> Notice:
    """Raises NotFound."""
    found = await sql.row(f"{SELECT} WHERE n.id = $1", notice_id)
    if found is None:
        raise NotFound(what="notice")
    return Notice(**dict(found))


async def of_member(member_id: UUID) -> list[Notice]:
    """Those that were not stopped, the last first."""
    found = await sql.rows(f"{SELECT} WHERE n.member_id = $1 AND n.stopped_at IS NULL ORDER BY n.put_up_at DESC", member_id)
    return [Notice(**dict(row)) for row in found]


async def standing(member_id: UUID, first_on: date, last_on: date) -> Notice | None:
    """The one about exactly these days."""
    found = await sql.row(
        f"{SELECT} WHERE n.member_id = $1 AND n.first_on = $2 AND n.last_on = $3 AND n.stopped_at IS NULL",
        member_id,
        first_on,
        last_on,
    )
    return Notice(**dict(found)) if found else None


async def up(community_ids: list[UUID], now: datetime) -> list[Notice]:
    """Those that are up now in these units, the first to end first; of nobody who has left."""
    found = await sql.rows(
        f"{SELECT} WHERE n.community_id = ANY ($1) AND n.until_at > $2 AND n.put_up_at <= $2 AND n.stopped_at IS NULL "
        "AND m.state <> 'left' ORDER BY n.until_at, n.id LIMIT 500",
        community_ids,
        now,
    )
    return [Notice(**dict(row)) for row in found]


async def count_up(community_ids: list[UUID], now: datetime) -> int:
    """How many `up` would list, without its end."""
    return int(
        await sql.value(
            "SELECT count(*) FROM certificate_notice n JOIN member m ON m.id = n.member_id WHERE n.community_id = ANY ($1) "
            "AND n.until_at > $2 AND n.put_up_at <= $2 AND n.stopped_at IS NULL AND m.state <> 'left'",
            community_ids,
            now,
        )
    )


async def put_up(
    member_id: UUID, community_id: UUID, first_on: date, last_on: date, by: UUID, now: datetime, until_at: datetime
) -> UUID | None:
    """None where there is no service on these days. One that stands about the same days stays as it is."""
    # Asked for twice at once: the key of those that stand lets one through, and the second finds it.
    await sql.rows(
        "INSERT INTO certificate_notice (id, member_id, community_id, first_on, last_on, minutes, put_up_by, put_up_at, "
        f"until_at) SELECT $2, $1, $3, $4, $5, sum(r.service_minutes), $6, $7, $8 FROM ({IN_FORCE}) r "
        "WHERE r.served_on BETWEEN $4 AND $5 AND r.service_minutes > 0 HAVING sum(r.service_minutes) > 0 "
        "ON CONFLICT DO NOTHING",
        member_id,
        uuid4(),
        community_id,
        first_on,
        last_on,
        by,
        now,
        until_at,
    )
    found = await standing(member_id, first_on, last_on)
    return found.id if found else None


async def stop(notice_id: UUID, by: UUID, now: datetime) -> bool:
    """Taken down before its time, or an old one that is needed no more. Once; a repeat answers False."""
    return bool(
        await sql.rows(
            "UPDATE certificate_notice SET stopped_at = $2, stopped_by = $3 WHERE id = $1 AND stopped_at IS NULL RETURNING 1",
            notice_id,
            now,
            by,
        )
    )
