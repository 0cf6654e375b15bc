"""Accounts: one for each member and each pool of a community."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from timebank.outbox.functions import call


async def open_for(owner_id: UUID) -> int:
    """The account of a member or community, with its wallet; opened where there is none. Safe to repeat and at once.

    Raises UnknownOwner.
    """
    return (await call({}, "SELECT ledger.account_of($1)", owner_id))[0][0]  # type: ignore[no-any-return]


async def open_many(owner_ids: Sequence[UUID]) -> None:
    """The same for many in one statement, for loading. Raises UnknownOwner; then none was opened."""
    await call({}, "SELECT count(ledger.account_of(id)) FROM unnest($1::uuid[]) AS owners (id)", list(owner_ids))
