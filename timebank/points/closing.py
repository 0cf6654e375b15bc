"""The end of a wallet: what it waits for ends, what is in it goes where the rules say, and nothing comes in any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from timebank.outbox.functions import call
from timebank.people.departures import Step
from timebank.points.refusals import LEDGER


class Gone(msgspec.Struct, frozen=True):
    """So many units of 1/100 point went one way; `transfer_id` is the movement."""

    went: Step
    units: int
    transfer_id: UUID


async def close(
    key: str,
    owner_id: UUID,
    order: Sequence[Step],
    pool_id: UUID,
    actor_id: UUID,
    reason: str,
    heir_id: UUID | None = None,
    heir_cap: int | None = None,
    at: datetime | None = None,
) -> list[Gone]:
    """Keeps what is promised, ends what is held, gives the rest away in this order and closes the wallet at zero, once.

    A repeat does nothing. What no step takes expires; with an empty order the points stay and only an empty wallet is closed.
    What is owed then is waived. Locks the wallet's promises, its holds, then every wallet by account_id. Raises PromiseStuck.
    """
    found = await call(
        LEDGER,
        "SELECT went, units, transfer_id FROM ledger.close_wallet($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        key,
        owner_id,
        list(order),
        heir_id,
        heir_cap,
        pool_id,
        actor_id,
        reason,
        at,
    )
    return [Gone(**dict(row)) for row in found]


async def is_closed(owner_id: UUID) -> bool:
    """Whether the wallet is closed, or there never was one. Locks nothing."""
    return not await sql.value("SELECT true FROM account WHERE owner_id = $1 AND closed_at IS NULL", owner_id)


async def shares_of(owner_id: UUID) -> list[Gone]:
    """What went where when the wallet was closed: by the few keys that `close` gives its movements."""
    found = await sql.rows(
        "WITH closing AS (SELECT 'leave:' || $1::uuid AS key "
        "UNION ALL SELECT 'estate:' || id FROM estate_claim WHERE member_id = $1) "
        "SELECT CASE t.kind WHEN 'gift' THEN 'beneficiary' WHEN 'donate' THEN 'pool' ELSE 'expire' END AS went, "
        "t.amount AS units, t.id AS transfer_id FROM transfer t "
        "WHERE t.business_key = ANY (SELECT key || w FROM closing, unnest(ARRAY [':heir', ':pool', ':expire']) w) "
        "ORDER BY t.recorded_at, t.id",
        owner_id,
    )
    return [Gone(**dict(row)) for row in found]


async def waived_of(owner_id: UUID) -> int:
    """Units that the owner owed when the wallet was closed, or that were found owing later: nobody asks for them."""
    found = "SELECT coalesce(sum(d.waived), 0)::bigint FROM debt d JOIN account a ON a.id = d.account_id WHERE a.owner_id = $1"
    return int(await sql.value(found, owner_id))
