"""Accounts: one for each member and each pool of a community."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from schedules import sql
from timebank.outbox.functions import call


async def open_for(owner_id: UUID) -> int:
    """The account of a member or community, with its wallet; opened where there is none. Safe to repeat and at once.

    Raises UnknownOwner.
    """
    return (await call({}, "SELECT ledger.account_of($1)", owner_id))[0][0]  # type: ignore[no-any-return]


async def open_many(member_ids: Sequence[UUID]) -> None:
    """The accounts of many members in one statement, for loading; those that are open stay as they are. Safe to repeat."""
    await sql.rows(
        "WITH opened AS (INSERT INTO account (kind, owner_id) SELECT 'member', id FROM unnest($1::uuid[]) AS m (id) "
        "ON CONFLICT (owner_id) DO NOTHING RETURNING id) INSERT INTO wallet (account_id) SELECT id FROM opened",
        list(member_ids),
    )
