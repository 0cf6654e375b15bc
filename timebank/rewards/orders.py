"""Rewards that are set aside until they are handed over: ordered from one's own phone, or let go of by a machine.

Points and a unit are held, then handed over and captured, or given back; each once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.outbox.functions import call
from timebank.points import holds
from timebank.points.holds import Hold
from timebank.points.support_payments import WantedUnit
from timebank.rewards.receipts import plain
from timebank.rewards.redemptions import REWARDS, Receipt, new_codes


class Order(msgspec.Struct, frozen=True):
    """What was ordered to be fetched, or set aside at a machine, which has no code.

    `state`: "waiting", "collected", "cancelled", or "lapsed" at `expires_at`.
    `units` of 1/100 point are held while it waits.
    """

    id: UUID
    code: str
    state: str
    reward_id: UUID
    reward: str
    reward_en: str
    picture: str
    units: int
    made_at: datetime
    expires_at: datetime
    place_id: UUID
    place: str
    place_en: str
    time_zone: str
    member_id: UUID
    member: str


# A hold past its time is over, whether a job has ended it or not.
ORDERS = """
SELECT h.id, coalesce(u.code, '') AS code,
       CASE WHEN h.state = 'captured' THEN 'collected' WHEN h.state = 'voided' THEN 'cancelled'
       WHEN h.state = 'expired' OR h.expires_at <= $1 THEN 'lapsed' ELSE 'waiting' END AS state, h.reward_id, r.name AS reward,
       r.name_en AS reward_en, r.picture, h.amount AS units, h.made_at, h.expires_at, h.place_id, p.name AS place,
       p.name_en AS place_en, c.time_zone, m.id AS member_id, m.name AS member
  FROM hold h LEFT JOIN pickup u ON u.hold_id = h.id JOIN account a ON a.id = h.account_id JOIN reward r ON r.id = h.reward_id
  JOIN place p ON p.id = h.place_id JOIN community c ON c.id = p.community_id JOIN member m ON m.id = a.owner_id
"""
WAITS = "h.state = 'pending' AND h.expires_at > $1"


async def set_aside(
    wanted: WantedUnit,
    place_id: UUID,
    actor_id: UUID,
    lasts: timedelta,
    at: datetime | None = None,
    *,
    is_order: bool = False,
) -> Hold:
    """Holds the price of a reward and one unit of it, once per (scope, key); an order bears a code to be fetched with.

    Frees itself at its end with no job run (ledger-143). Leave `at` out but in tests: the database's clock judges.

    Locks the household where a limit counts it, the wallet, then the stock. Raises InsufficientPoints, SoldOut, PriceChanged,
    RewardWithdrawn, UnknownReward, AccountClosed, NotEligible, WindowClosed, LimitReached, KeyConflict, UnknownOwner.
    """
    found = await call(
        REWARDS,
        "SELECT id, expires_at, replayed AS is_replay FROM ledger.set_aside($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        wanted.scope,
        wanted.client_key,
        wanted.request_hash,
        wanted.member_id,
        wanted.reward_id,
        place_id,
        wanted.quoted_price,
        wanted.quote_minutes,
        actor_id,
        lasts,
        new_codes() if is_order else None,
        at,
    )
    return Hold(**dict(found[0]))


async def handed_over(hold_id: UUID, actor_id: UUID, at: datetime | None = None) -> Receipt:
    """The unit went to the person: the hold is captured, the redemption is collected.

    A repeat gives the same receipt (ledger-75). Judged by the database's clock after the lock, unless a test gives the instant.

    Locks the hold, the wallet, then the stock. Raises HoldOver where its time was over, or it was given back; UnknownHold.
    """
    found = await call(REWARDS, "SELECT * FROM ledger.redeem_held($1, $2, $3, $4)", hold_id, actor_id, new_codes(), at)
    return Receipt(**dict(found[0]))


async def kept_back(hold_id: UUID) -> str:
    """It is not handed over: points and unit are as before (ledger-74). Safe to repeat.

    Locks the hold, then the wallet and that of a pool that paid for it, ascending. Raises HoldOver where it was handed over,
    UnknownHold.
    """
    return await holds.release(hold_id)


async def find(order_id: UUID, now: datetime) -> Order:
    """Raises NotFound."""
    return _one(await sql.row(ORDERS + "WHERE u.hold_id = $2", now, order_id))


async def under_code(code: str, now: datetime) -> Order:
    """What somebody shows at the counter, however it was typed. Raises NotFound."""
    return _one(await sql.row(ORDERS + "WHERE u.code = $2", now, plain(code)))


def _one(row: object) -> Order:
    if row is None:
        raise NotFound(what="order")
    return Order(**dict(row))  # type: ignore[call-overload]


async def waiting(place_id: UUID, now: datetime, at_most: int = 200) -> list[Order]:
    """What waits at a place to be fetched, the first to lapse first."""
    found = await sql.rows(
        f"{ORDERS} WHERE h.place_id = $2 AND u.code IS NOT NULL AND {WAITS} ORDER BY h.expires_at LIMIT $3",
        now,
        place_id,
        at_most,
    )
    return [Order(**dict(row)) for row in found]


async def ended(place_id: UUID, now: datetime, at_most: int = 20) -> list[Order]:
    """What was set aside there in the last two weeks and not handed over, the latest first: called off, not fetched in time, or
    kept back by a machine (ledger-74, ledger-76).
    """
    found = await sql.rows(
        f"{ORDERS} WHERE h.place_id = $2 AND h.state <> 'captured' AND NOT ({WAITS}) "
        "AND h.made_at > $1::timestamptz - interval '14 days' ORDER BY h.made_at DESC LIMIT $3",
        now,
        place_id,
        at_most,
    )
    return [Order(**dict(row)) for row in found]


async def of(member_id: UUID, now: datetime, at_most: int = 20) -> list[Order]:
    """A member's orders, those that wait first, then the latest."""
    found = await sql.rows(
        f"{ORDERS} WHERE u.member_id = $2 ORDER BY ({WAITS}) DESC, h.made_at DESC LIMIT $3", now, member_id, at_most
    )
    return [Order(**dict(row)) for row in found]
