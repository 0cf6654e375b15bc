"""Published sessions of communities or of one organiser: those to come, as they stand to a reader, and those that are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import sessions, sql
from schedules.sessions import Session

PUBLIC = "a.state <> 'draft' AND NOT s.is_dropped"


async def listed(
    person_id: UUID | None,
    ends_after: datetime,
    starts_before: datetime | None,
    *,
    community_ids: Sequence[UUID] | None = None,
    organiser_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[Session]:
    """Published sessions that are not over at `ends_after`, by start and id, as they stand to one person.

    A session over midnight is listed under its starting date (schedule-6). `after` is the last one seen.
    """
    found = await sql.rows(
        f"{sessions.SEEN} WHERE {PUBLIC} AND s.ends_at > $2 AND s.starts_at > $2::timestamptz - interval '1 day' "
        "AND ($3::timestamptz IS NULL OR s.starts_at < $3) AND ($4::uuid[] IS NULL OR a.community_id = ANY($4)) "
        "AND ($5::uuid IS NULL OR (s.starts_at, s.id) > (SELECT starts_at, id FROM session WHERE id = $5)) "
        "AND ($7::uuid IS NULL OR a.organiser_id = $7) ORDER BY s.starts_at, s.id LIMIT $6",
        person_id,
        ends_after,
        starts_before,
        None if community_ids is None else list(community_ids),
        after,
        limit,
        organiser_id,
    )
    return [sessions.of_row(row) for row in found]


async def over(
    community_ids: Sequence[UUID], since: datetime, now: datetime, *, organiser_id: UUID | None = None, limit: int = 50
) -> list[Session]:
    """Published sessions of these communities that began after `since` and are over, the last first."""
    found = await sql.rows(
        f"{sessions.SEEN} WHERE {PUBLIC} AND s.starts_at > $2 AND s.ends_at <= $3 AND a.community_id = ANY($4) "
        "AND ($6::uuid IS NULL OR a.organiser_id = $6) ORDER BY s.starts_at DESC, s.id LIMIT $5",
        None,
        since,
        now,
        list(community_ids),
        limit,
        organiser_id,
    )
    return [sessions.of_row(row) for row in found]
