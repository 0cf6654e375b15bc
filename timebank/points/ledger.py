"""The verbs that move points between accounts. Units of 1/100 point; every movement is one transfer that stays."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from timebank.outbox.functions import call
from timebank.points.refusals import LEDGER

Kind = Literal["gift", "donate", "issue"]


async def move(
    key: str,
    kind: Kind,
    from_account: int,
    to_account: int,
    units: int,
    actor_id: UUID,
    reason: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """From wallet to wallet, once per key; a repeat gives the same transfer. What is drawn keeps its expiry (ledger-80).

    Locks both wallets, the lower account first. Raises InsufficientPoints, BadAmount, AccountClosed, KeyConflict.
    """
    found = await call(
        LEDGER,
        "SELECT ledger.move($1, $2, $3, $4, $5, $6, $7, $8)",
        key,
        kind,
        from_account,
        to_account,
        units,
        actor_id,
        reason,
        at,
    )
    return found[0][0]  # type: ignore[no-any-return]


async def reverse(
    transfer_id: UUID,
    actor_id: UUID,
    reason: str,
    spent: Literal["owe", "refuse"] = "owe",
    at: datetime | None = None,
    effective_at: datetime | None = None,
) -> UUID:
    """Takes a credit back, once, in full or what corrections of its stay have left; a repeat gives the same reversal.

    What was spent is advanced and owed, or refused; what expired of it is neither (decision 39). Judged by the database's
    clock after the lock, unless a test gives the instant `at`.

    It belongs to the instant of the credit, or to `effective_at`, as where that month is closed (ledger-105).
    Locks the wallet, and that of the pool to which a part of it went, ascending. Raises NotReversible, NothingLeft,
    AlreadySpent, FourEyes, ReasonMissing, UnknownTransfer.
    """
    found = await call(
        LEDGER, "SELECT ledger.reverse($1, $2, $3, $4, $5, $6)", transfer_id, actor_id, reason, spent, at, effective_at
    )
    return found[0][0]  # type: ignore[no-any-return]


async def settle_due(at_most: int, at: datetime | None = None) -> int:
    """Tidies wallets with holds or points past their time: how many.

    Every debit settles its own wallet; nothing depends on this. By the database's clock, unless a test gives the instant.
    """
    return (await call(LEDGER, "SELECT ledger.settle_due($1, $2)", at_most, at))[0][0]  # type: ignore[no-any-return]
