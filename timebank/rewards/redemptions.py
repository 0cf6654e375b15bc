"""Redemptions: points and stock move together, once, in the request. Never through the queue."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.outbox.functions import Refusals, call
from timebank.points.refusals import LEDGER

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No look-alikes: 0 O 1 I are missing. There are 32, so that a random byte names each as often as any other."""
CODE_LENGTH = 8


class SoldOut(Refusal):
    """No unit is free: the last is gone, or kept by somebody's hold."""


class PriceChanged(Refusal):
    """It is dearer than quoted, and the quote is too old to be honoured. Facts: price, quoted, in units of 1/100 point."""


class RewardWithdrawn(Refusal):
    """It is not offered any more. Facts: reward_id."""


class UnknownReward(Refusal):
    """There is no such reward. Facts: reward_id."""


class NotEligible(Refusal):
    """The member is suspended, or has left, and redeems nothing. Facts: none."""


class WindowClosed(Refusal):
    """Points are not exchanged there at present. Facts: opens_at (None: no opening is set), closes_at, time_zone."""


class LimitReached(Refusal):
    """The person, or the household, has had as much of it as the period allows. Facts: who, units, period, again_on."""


class Abandoned(Refusal):
    """The kiosk gave this key up; the request came too late and moved nothing."""


class UnknownRedemption(Refusal):
    """There is no such redemption."""


class AlreadyCollected(Refusal):
    """The code was shown before. Facts: at, place."""


class StockShort(Refusal):
    """The stock would fall below nothing, or below what live holds keep. Facts: count."""


REWARDS: Refusals = {
    **LEDGER,
    "sold_out": SoldOut,
    "price_changed": PriceChanged,
    "reward_withdrawn": RewardWithdrawn,
    "unknown_reward": UnknownReward,
    "not_eligible": NotEligible,
    "window_closed": WindowClosed,
    "limit_reached": LimitReached,
    "abandoned": Abandoned,
    "unknown_redemption": UnknownRedemption,
    "stock_short": StockShort,
}


class Receipt(msgspec.Struct, frozen=True):
    """One redemption as its receipt tells it.

    `price` and `balance_after` in units of 1/100 point; `replayed`: an earlier request's.

    A replay is equal to the first answer but for `replayed` and, where something happened since, `state`:
    "to_collect", "collected" or "undone".
    """

    id: UUID
    code: str
    reward_id: UUID
    place_id: UUID
    member_id: UUID
    price: int
    balance_after: int
    state: str
    made_at: datetime
    replayed: bool


def new_codes() -> list[str]:
    """Candidates for the code on a receipt; the second is there for the day on which the first is taken."""
    return ["".join(LETTERS[byte % len(LETTERS)] for byte in secrets.token_bytes(CODE_LENGTH)) for _ in range(2)]


async def redeem(
    scope: str,
    key: str,
    request_hash: bytes,
    member_id: UUID,
    reward_id: UUID,
    place_id: UUID,
    quoted_price: int | None,
    actor_id: UUID,
    at: datetime | None = None,
    *,
    quote_minutes: int = 10,
) -> Receipt:
    """One unit of a reward for its price, at once. Safe to repeat: the same key gives the same receipt, marked `replayed`.

    `scope` is who asks (`device:<id>`, `member:<id>`), `key` and `request_hash` as in `idempotency`: this claims that row
    itself, and goes on where the caller has claimed it in the same transaction with the same hash. A refusal leaves the key
    unused. `quoted_price` is what the person saw, in units; a lower former price holds for `quote_minutes` after its
    change, a lower new one at once. Leave `at` out but in tests and loading: the database's clock judges after the lock
    (A21).

    Locks the key, the household where a limit counts it, the wallet, then the stock. Raises InsufficientPoints(available,
    held, needed), SoldOut, PriceChanged(price), RewardWithdrawn, UnknownReward, AccountClosed, NotEligible, WindowClosed,
    LimitReached, KeyConflict, Abandoned, UnknownOwner; then nothing moved: leave the transaction.
    """
    found = await call(
        REWARDS,
        "SELECT * FROM ledger.redeem($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        scope,
        key,
        request_hash,
        member_id,
        reward_id,
        place_id,
        quoted_price,
        quote_minutes,
        actor_id,
        new_codes(),
        at,
    )
    return Receipt(**dict(found[0]))


RECEIPT = (
    "SELECT r.id, r.code, r.reward_id, r.place_id, r.member_id, r.price, p.balance_after, r.state, r.made_at, true AS replayed "
    "FROM redemption r JOIN posting p ON p.transfer_id = r.transfer_id AND p.account_id = r.account_id "
)


async def by_key(scope: str, key: str) -> Receipt | None:
    """The receipt that stands under a key; None is "unknown", which is not "failed":

    a request may be under way (ledger-133).
    """
    found = await sql.row(RECEIPT + "WHERE r.scope = $1 AND r.client_key = $2", scope, key)
    return Receipt(**dict(found)) if found else None


async def is_for(redemption_id: UUID, request_hash: bytes) -> bool:
    """Whether it was this request that a redemption answered."""
    asked = "SELECT FROM redemption WHERE id = $1 AND request_hash = $2"
    return bool(await sql.rows(asked, redemption_id, request_hash))


async def by_code(code: str) -> Receipt:
    """What stands under the code that somebody shows at the counter. Raises UnknownRedemption."""
    found = await sql.row(RECEIPT + "WHERE r.code = $1", code)
    if found is None:
        raise UnknownRedemption()
    return Receipt(**dict(found))


async def collect(redemption_id: UUID, actor_id: UUID, at: datetime) -> None:
    """Handed over at the counter, once.

    Raises AlreadyCollected with time and place, UnknownRedemption where it is undone or none.
    """
    # Two counters at once: the guarded update lets one through.
    if await sql.rows(
        "UPDATE redemption SET state = 'collected', collected_at = $3, collected_by = $2 "
        "WHERE id = $1 AND state = 'to_collect' RETURNING id",
        redemption_id,
        actor_id,
        at,
    ):
        return
    found = await sql.row(
        "SELECT r.collected_at, p.name FROM redemption r JOIN place p ON p.id = r.place_id "
        "WHERE r.id = $1 AND r.state = 'collected'",
        redemption_id,
    )
    if found is None:
        raise UnknownRedemption()
    raise AlreadyCollected(at=found["collected_at"], place=found["name"])


async def undo(
    redemption_id: UUID, actor_id: UUID, reason: str, *, restock: bool, grace_days: int = 7, at: datetime | None = None
) -> UUID:
    """Takes a redemption back: the reversal's transfer. Once; a repeat, also at the same moment, gives the same one.

    Points return in new lots with the old dates, or live `grace_days` more where those are nearer; the unit goes back to
    the stock only with `restock`; to a pool returns what it had paid. Locks the wallet and that of the pool, ascending, then
    the stock. Raises UnknownRedemption, ReasonMissing, AccountClosed.
    """
    found = await call(
        REWARDS,
        "SELECT ledger.undo($1, $2, $3, $4, $5, $6)",
        redemption_id,
        actor_id,
        reason,
        restock,
        timedelta(days=grace_days),
        at,
    )
    return found[0][0]  # type: ignore[no-any-return]


async def abandon(scope: str, key: str) -> Receipt | None:
    """Gives a key up: a request that still comes under it is answered Abandoned. The receipt where it had succeeded already.

    Waits for a request with this key that is under way. Safe to repeat.
    """
    done = (await call(REWARDS, "SELECT ledger.abandon($1, $2)", scope, key))[0][0]
    return await by_key(scope, key) if done else None


async def move_stock(
    reward_id: UUID, place_id: UUID, change: int, reason: str, actor_id: UUID, at: datetime | None = None
) -> int:
    """Changes what lies at a place, with the reason on record: the new count. Locks the stock. Raises StockShort."""
    found = await call(
        REWARDS, "SELECT ledger.move_stock($1, $2, $3, $4, $5, NULL, $6)", reward_id, place_id, change, reason, actor_id, at
    )
    return found[0][0]  # type: ignore[no-any-return]
