"""What lies where, and the moves that explain it: all moves less the receipts equal the count (ledger-77)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql


class Line(msgspec.Struct, frozen=True):
    """The count of one reward at one place; `to_collect` units are sold but still lie there."""

    reward_id: UUID
    name: str
    name_en: str
    picture: str
    state: str
    count: int
    to_collect: int


class Move(msgspec.Struct, frozen=True):
    """One change and its reason; `by` is a member's or a device's name."""

    at: datetime
    change: int
    reason: str
    by: str


async def at_place(place_id: UUID) -> list[Line]:
    """Every reward that has ever lain there, by its English name: characters have no order that people know."""
    found = await sql.rows(
        "SELECT s.reward_id, r.name, r.name_en, r.picture, r.state, s.count, "
        "(SELECT count(*) FROM redemption d WHERE d.reward_id = s.reward_id AND d.place_id = s.place_id "
        "AND d.state = 'to_collect')::int AS to_collect "
        "FROM stock s JOIN reward r ON r.id = s.reward_id WHERE s.place_id = $1 "
        "ORDER BY coalesce(nullif(r.name_en, ''), r.name), r.id",
        place_id,
    )
    return [Line(**dict(row)) for row in found]


async def moves(reward_id: UUID, place_id: UUID, at_most: int = 50) -> list[Move]:
    """The latest changes, newest first, without what redemptions took."""
    found = await sql.rows(
        "SELECT m.at, m.change, m.reason, coalesce(p.name, d.name, '') AS by FROM stock_move m "
        "LEFT JOIN member p ON p.id = m.actor_id LEFT JOIN device_called(m.actor_id, m.at) d ON true "
        "WHERE m.reward_id = $1 AND m.place_id = $2 ORDER BY m.id DESC LIMIT $3",
        reward_id,
        place_id,
        at_most,
    )
    return [Move(**dict(row)) for row in found]


async def of(reward_id: UUID, place_id: UUID) -> int | None:
    """The count; None where it has never lain there."""
    found = await sql.value("SELECT count FROM stock WHERE reward_id = $1 AND place_id = $2", reward_id, place_id)
    return None if found is None else int(found)
