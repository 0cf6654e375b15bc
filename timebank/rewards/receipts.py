"""Receipts as people read them: what was bought, where it waits, under which code."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound


class Slip(msgspec.Struct, frozen=True):
    """A redemption with its words. `key` is the client's own; `price` and `balance_after` in units of 1/100 point."""

    id: UUID
    key: str
    code: str
    state: str
    reward: str
    reward_en: str
    picture: str
    price: int
    balance_after: int
    made_at: datetime
    collected_at: datetime | None
    place_id: UUID
    place: str
    place_en: str
    member_id: UUID
    member: str


SLIP = (
    "SELECT d.id, d.client_key AS key, d.code, d.state, r.name AS reward, r.name_en AS reward_en, r.picture, d.price, "
    "o.balance_after, d.made_at, d.collected_at, d.place_id, p.name AS place, p.name_en AS place_en, "
    "d.member_id, m.name AS member FROM redemption d JOIN reward r ON r.id = d.reward_id JOIN place p ON p.id = d.place_id "
    "JOIN member m ON m.id = d.member_id JOIN posting o ON o.transfer_id = d.transfer_id AND o.account_id = d.account_id "
)


def plain(code: str) -> str:
    """The code as it is kept, however it was typed: `abcd-efgh` and `ABCD EFGH` are one."""
    return re.sub(r"[\s-]", "", code).upper()


async def under_key(scope: str, key: str) -> Slip | None:
    """The receipt that stands under a client's key; None is "unknown", which is not "failed" (ledger-133)."""
    found = await sql.row(SLIP + "WHERE d.scope = $1 AND d.client_key = $2", scope, key)
    return Slip(**dict(found)) if found else None


async def under_code(code: str) -> Slip:
    """What somebody shows at the counter. Raises NotFound."""
    found = await sql.row(SLIP + "WHERE d.code = $1", plain(code))
    if found is None:
        raise NotFound(what="receipt")
    return Slip(**dict(found))


async def find(redemption_id: UUID) -> Slip:
    """Raises NotFound."""
    found = await sql.row(SLIP + "WHERE d.id = $1", redemption_id)
    if found is None:
        raise NotFound(what="receipt")
    return Slip(**dict(found))


async def lately(place_id: UUID, now: datetime, at_most: int = 50) -> list[Slip]:
    """What was handed over or taken back there in the last four weeks, the latest first."""
    found = await sql.rows(
        SLIP + "WHERE d.place_id = $1 AND d.state <> 'to_collect' AND d.made_at > $2::timestamptz - interval '28 days' "
        "ORDER BY coalesce(d.collected_at, d.made_at) DESC, d.id LIMIT $3",
        place_id,
        now,
        at_most,
    )
    return [Slip(**dict(row)) for row in found]


WAITING = 200
"""Slips at one place, the oldest first: the others move up as these are handed over."""


async def to_collect(place_id: UUID) -> list[Slip]:
    """What waits at a place, oldest first."""
    found = await sql.rows(
        SLIP + "WHERE d.place_id = $1 AND d.state = 'to_collect' ORDER BY d.made_at LIMIT $2", place_id, WAITING
    )
    return [Slip(**dict(row)) for row in found]


async def waiting_for(member_id: UUID) -> list[Slip]:
    """What a member has paid for and not fetched yet, oldest first."""
    found = await sql.rows(
        SLIP + "JOIN account a ON a.id = d.account_id WHERE a.owner_id = $1 AND d.state = 'to_collect' ORDER BY d.made_at",
        member_id,
    )
    return [Slip(**dict(row)) for row in found]


async def is_abandoned(scope: str, key: str) -> bool:
    """Whether the key was given up: nothing will ever happen under it."""
    return bool(await sql.rows("SELECT 1 FROM idempotency WHERE scope = $1 AND key = $2 AND status = 410", scope, key))


async def lock(redemption_id: UUID) -> str:
    """The state of a redemption, which nobody changes until the transaction ends."""
    # The wallets first, as `ledger.undo` does: two who take back the same redemption cannot deadlock.
    await sql.rows(
        "SELECT ledger.lock_wallets(ARRAY [account_id, ledger.pool_behind(scope, client_key)], NULL) FROM redemption "
        "WHERE id = $1",
        redemption_id,
    )
    # Against the counter: it hands over, or we take back, never both (ledger-135).
    return str(await sql.value("SELECT state FROM redemption WHERE id = $1 FOR NO KEY UPDATE", redemption_id))
