"""The ledger's SQL functions as Python calls: what they refuse becomes the Refusal of that name, with its data as facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Refusal

REFUSED = "TB000"
"""SQLSTATE of `ledger.refuse`: the message is the refusal's name, the detail its data."""

Refusals = Mapping[str, type[Refusal]]


class KeyConflict(Refusal):
    """The key stands for another movement: other people, another amount, another thing. Nothing of the first is shown.

    Facts: key.
    """


class AccountClosed(Refusal):
    """The account takes and gives no points any more. Facts: account_id."""


class UnknownOwner(Refusal):
    """Neither a member nor a community has this id. Facts: owner_id."""


COMMON: Refusals = {"key_conflict": KeyConflict, "account_closed": AccountClosed, "unknown_owner": UnknownOwner}


async def call(refusals: Refusals, statement: str, *values: object) -> list[asyncpg.Record]:
    """Rows of one statement that calls a ledger function. Raises the refusals named, those of COMMON, and asyncpg's errors.

    A refusal aborts the running transaction, as every error of a statement does: leave its block.
    """
    try:
        return await sql.rows(statement, *values)
    except asyncpg.PostgresError as error:
        if error.sqlstate != REFUSED or (kind := {**COMMON, **refusals}.get(str(error.message))) is None:
            raise
        facts: dict[str, Any] = msgspec.json.decode(error.detail or "{}")
        raise kind(**facts) from error
