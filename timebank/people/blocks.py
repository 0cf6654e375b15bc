"""Who wants nothing to do with whom. The one who is blocked is not told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql


class Blocked(msgspec.Struct, frozen=True):
    """`name` as the one who blocked may read it: the first character."""

    member_id: UUID
    name: str
    blocked_at: datetime


async def add(member_id: UUID, blocked_id: UUID, now: datetime) -> None:
    """From now on neither finds nor answers the other. Safe to repeat."""
    await sql.rows(
        "INSERT INTO neighbour_block (member_id, blocked_id, blocked_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        member_id,
        blocked_id,
        now,
    )


async def end(member_id: UUID, blocked_id: UUID, now: datetime) -> None:
    """Safe to repeat."""
    await sql.rows(
        "UPDATE neighbour_block SET ended_at = $3 WHERE member_id = $1 AND blocked_id = $2 AND ended_at IS NULL",
        member_id,
        blocked_id,
        now,
    )


async def between(one_id: UUID, other_id: UUID) -> bool:
    """Whether either has blocked the other. Locks nothing."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM neighbour_block WHERE ended_at IS NULL "
            "AND (member_id, blocked_id) IN (($1, $2), ($2, $1)))",
            one_id,
            other_id,
        )
    )


async def of_member(member_id: UUID) -> list[Blocked]:
    """Those whom the member has blocked, by their first character, newest first."""
    found = await sql.rows(
        "SELECT k.blocked_id AS member_id, left(btrim(m.name), 1) || '*' AS name, k.blocked_at FROM neighbour_block k "
        "JOIN member m ON m.id = k.blocked_id WHERE k.member_id = $1 AND k.ended_at IS NULL ORDER BY k.blocked_at DESC",
        member_id,
    )
    return [Blocked(**dict(row)) for row in found]
