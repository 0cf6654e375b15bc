"""What becomes of help between neighbours when one of the two leaves, or has died. Part of leaving's transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import sql
from timebank.actions.neighbours import news
from timebank.actions.neighbours.confirm import to_mediator
from timebank.people import audit
from timebank.points import exchanges
from timebank.points.exchanges import Exchange

OPEN = "SELECT id FROM exchange WHERE $1 IN (helper_id, helped_id) AND state IN ('asked', 'agreed') ORDER BY id"


async def lock(member_id: UUID) -> None:
    """What waits for one of the two; before the holds and wallets of it."""
    # Somebody answers, or says how long it was, at this moment: what they did is read after the wait.
    await sql.rows(f"{OPEN} FOR NO KEY UPDATE", member_id)


async def end_for_leaver(member_id: UUID, by: UUID, now: datetime) -> None:
    """What was only proposed ends, and so does what was agreed and has not begun; the other is told.

    Of what has begun, or of which one has said how long it was, a mediator decides. The caller holds the rows, see `lock`;
    locks the hold and the wallet of each that ends.
    """
    for row in await sql.rows(OPEN, member_id):
        exchange = await exchanges.one(row["id"])
        has_word = exchange.helper_minutes is not None or exchange.helped_minutes is not None
        if exchange.state == "agreed" and (now >= exchange.starts_at or has_word):
            await to_mediator(exchange, "silent", now)
        elif exchange.state in ("asked", "agreed"):
            await _end(exchange, member_id, by, now)


async def _end(exchange: Exchange, member_id: UUID, by: UUID, now: datetime) -> None:
    how: exchanges.End = "cancelled"
    if exchange.state == "asked":
        how = "declined" if exchange.waits_for == member_id else "withdrawn"
    await exchanges.end(exchange, how, now)
    # A literal each: the audit's words are read from the source.
    deed = {"cancelled": "exchange.cancelled", "declined": "exchange.declined", "withdrawn": "exchange.withdrawn"}[how]
    await audit.write(by, deed, f"exchange:{exchange.id}", now, on_behalf_of=member_id)
    await news.word_said(exchange, exchange.helper_id, exchange.helped_id)
    await news.tell(exchange, "exchange_over", [exchange.other(member_id)], now)
