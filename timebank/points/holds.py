"""Points set aside: placed, then captured in part or whole, or given back; each once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from timebank.outbox.functions import call
from timebank.points.refusals import LEDGER, HoldTooLong

REDEEMED = -2
"""The system account to which spent points go; see `ledger.redeemed()`."""

Purpose = Literal["reward", "booking", "gift", "exchange"]


class Hold(msgspec.Struct, frozen=True):
    """A hold that lives until `expires_at`, the first instant at which it holds nothing."""

    id: UUID
    expires_at: datetime
    is_replay: bool


async def place(
    scope: str,
    key: str,
    request_hash: bytes,
    account_id: int,
    units: int,
    purpose: Purpose,
    actor_id: UUID,
    lasts: timedelta,
    *,
    to_account: int = REDEEMED,
    longest: timedelta | None = None,
    at: datetime | None = None,
) -> Hold:
    """Sets units of 1/100 point aside, once per (scope, key); a repeat gives the first hold.

    For a reward see `rewards.orders`.

    Locks the wallet. Raises HoldTooLong where it would last longer than `longest`, the rules' limit; InsufficientPoints,
    BadAmount, AccountClosed, KeyConflict.
    """
    if longest is not None and lasts > longest:
        raise HoldTooLong(longest=longest)
    found = await call(
        LEDGER,
        "SELECT id, expires_at, replayed AS is_replay FROM ledger.place_hold($1, $2, $3, $4, $5, $6, $7, $8, $9, p_at => $10)",
        scope,
        key,
        request_hash,
        account_id,
        units,
        purpose,
        to_account,
        actor_id,
        lasts,
        at,
    )
    return Hold(**dict(found[0]))


async def capture(hold_id: UUID, units: int, actor_id: UUID, at: datetime | None = None) -> UUID:
    """Turns a hold, or a part of it, into a transfer; the rest is released.

    A repeat with the same amount gives the same transfer.

    Judged by the database's clock after the lock, unless a test gives the instant. Locks the hold, then the
    wallets ascending: the payer's, the taker's, and the pool's that paid a part. Raises BadAmount, HoldOver, KeyConflict
    (captured with another amount), UnknownHold.
    """
    return (await call(LEDGER, "SELECT ledger.capture($1, $2, $3, $4)", hold_id, units, actor_id, at))[0][0]  # type: ignore[no-any-return]


async def release(hold_id: UUID, at: datetime | None = None) -> Literal["voided", "expired"]:
    """Gives a hold back, and to a pool what it paid for it; a repeat tells how it ended.

    Locks the hold, then the wallet and that of the pool, ascending. Raises HoldOver where it was captured.
    """
    return (await call(LEDGER, "SELECT ledger.end_hold($1, $2)", hold_id, at))[0][0]  # type: ignore[no-any-return]
