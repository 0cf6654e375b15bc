"""Exchanges about which the two do not agree: what each tells the mediator, and which wait for one (rules.md 10 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from timebank.points.exchanges import FOUND, Exchange, Why


class Hearing(msgspec.Struct, frozen=True):
    """What one of the two has told the mediator."""

    member_id: UUID
    name: str
    text: str
    said_at: datetime


async def begin(exchange_id: UUID, why: Why, now: datetime) -> None:
    """A mediator decides from now on. The caller holds the row."""
    await sql.rows(
        "UPDATE exchange SET state = 'mediation', mediation_at = $2, mediation_why = $3 WHERE id = $1", exchange_id, now, why
    )


async def waiting(node_ids: Sequence[UUID], at_most: int = 200) -> list[Exchange]:
    """Those at these nodes or below that wait for a mediator, the oldest first."""
    found = await sql.rows(
        f"{FOUND} JOIN community c ON c.id = p.community_id WHERE x.state = 'mediation' AND c.ancestor_ids && $1::uuid[] "
        "ORDER BY x.mediation_at, x.id LIMIT $2",
        list(node_ids),
        at_most,
    )
    return [Exchange(**dict(row)) for row in found]


async def hear(exchange_id: UUID, member_id: UUID, text: str, now: datetime) -> None:
    """One of the two tells the mediator; it stays as it was said."""
    await sql.rows(
        "INSERT INTO exchange_hearing (id, exchange_id, member_id, text, said_at) VALUES ($1, $2, $3, $4, $5)",
        uuid4(),
        exchange_id,
        member_id,
        text,
        now,
    )


async def hearings(exchange_id: UUID) -> list[Hearing]:
    """What the two have told the mediator, the first first."""
    found = await sql.rows(
        "SELECT e.member_id, m.name, e.text, e.said_at FROM exchange_hearing e JOIN member m ON m.id = e.member_id "
        "WHERE e.exchange_id = $1 ORDER BY e.said_at, e.id",
        exchange_id,
    )
    return [Hearing(**dict(row)) for row in found]


async def heard_from(member_id: UUID) -> set[UUID]:
    """The exchanges about which the member has told a mediator."""
    return {
        row["id"] for row in await sql.rows("SELECT exchange_id AS id FROM exchange_hearing WHERE member_id = $1", member_id)
    }
