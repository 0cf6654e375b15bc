"""Goods handed over by a machine: points and a unit are held, then handed over and captured, or given back.

Two phases, each once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from timebank.outbox.functions import call
from timebank.points import holds
from timebank.points.holds import REDEEMED, Hold
from timebank.rewards.redemptions import REWARDS, Receipt, new_codes


async def set_aside(
    scope: str,
    key: str,
    request_hash: bytes,
    account_id: int,
    reward_id: UUID,
    place_id: UUID,
    quoted_price: int | None,
    actor_id: UUID,
    lasts: timedelta,
    at: datetime | None = None,
    *,
    quote_minutes: int = 10,
) -> Hold:
    """Holds the price of a reward and one unit of it, once per (scope, key).

    Frees itself at its end with no job run (ledger-143).

    Locks the wallet, then the stock. Raises InsufficientPoints, SoldOut, PriceChanged, RewardWithdrawn, UnknownReward,
    AccountClosed, KeyConflict.
    """
    found = await call(
        REWARDS,
        "SELECT id, expires_at, replayed AS is_replay FROM ledger.place_hold($1, $2, $3, $4, "
        "ledger.price($5, $7, $11, coalesce($12, clock_timestamp())), 'reward', $8, $9, $10, $5, $6, $12)",
        scope,
        key,
        request_hash,
        account_id,
        reward_id,
        place_id,
        quoted_price,
        REDEEMED,
        actor_id,
        lasts,
        quote_minutes,
        at,
    )
    return Hold(**dict(found[0]))


async def handed_over(hold_id: UUID, actor_id: UUID, at: datetime | None = None) -> Receipt:
    """The machine let go of the unit: the hold is captured, the redemption is collected.

    A repeat gives the same receipt (ledger-75).

    Locks the hold, the wallet, then the stock. Raises HoldOver: then the case belongs on the keeper's page. Raises UnknownHold.
    """
    found = await call(REWARDS, "SELECT * FROM ledger.redeem_held($1, $2, $3, $4)", hold_id, actor_id, new_codes(), at)
    return Receipt(**dict(found[0]))


async def kept_back(hold_id: UUID, at: datetime | None = None) -> str:
    """The machine could not hand over: points and unit are as before (ledger-74). Safe to repeat.

    Raises HoldOver, UnknownHold.
    """
    return await holds.release(hold_id, at)
