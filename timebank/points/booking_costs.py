"""What a booking costs, frozen when it was made: one row, none for a booking without a price."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from schedules import sql
from timebank.points.prices import Line, PriceList


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a booking costs. `units` and `charged` of 1/100 point; settled: `charged` was paid, and nothing is held.

    `at_least` is what giving it up costs, because it was moved when cancelling cost that; `was_granted`: it was a booking and
    not a request when it was moved.
    """

    booking_id: UUID
    account_id: int
    units: int
    lines: Sequence[Line]
    list: PriceList
    state: Literal["held", "settled"]
    charged: int
    hold_id: UUID | None
    version: int
    at_least: int = 0
    was_granted: bool = False


COLUMNS = ", ".join(Price.__struct_fields__)


async def of(booking_id: UUID) -> Price | None:
    """What a booking costs; None where it has no price. Locks nothing."""
    return _price(await sql.row(f"SELECT {COLUMNS} FROM booking_price WHERE booking_id = $1", booking_id))


async def locked(booking_id: UUID) -> Price | None:
    """The same, which nobody else changes until the transaction ends."""
    # Check-in, cancellation and the job may come at once: one settles, the others find it settled.
    return _price(await sql.row(f"SELECT {COLUMNS} FROM booking_price WHERE booking_id = $1 FOR NO KEY UPDATE", booking_id))


async def lock_all(booking_ids: Sequence[UUID]) -> None:
    """The rows of several bookings, for who locks wallets before settling them."""
    # The job locks such a row before hold and wallet: it waits here, and not for a wallet that waits for it.
    await sql.rows(
        "SELECT FROM booking_price WHERE booking_id = ANY ($1) ORDER BY booking_id FOR NO KEY UPDATE", list(booking_ids)
    )


async def keep_late(booking_id: UUID, at_least: int, was_granted: bool) -> None:
    """A booking is moved: what cancelling it would have cost stays the least that giving it up costs (booking-111).

    Before `booking_holds.replace`. Both only rise. Safe to repeat.
    """
    await sql.rows(
        "UPDATE booking_price SET at_least = greatest(at_least, $2), was_granted = was_granted OR $3 WHERE booking_id = $1",
        booking_id,
        at_least,
        was_granted,
    )


async def settle(booking_id: UUID, charged: int, now: datetime) -> None:
    """So many units were paid, and nothing is held any more. The caller has locked the row."""
    await sql.rows(
        "UPDATE booking_price SET state = 'settled', charged = $2, changed_at = $3 WHERE booking_id = $1",
        booking_id,
        charged,
        now,
    )


UNSETTLED = """
SELECT p.booking_id FROM booking_price p JOIN booking b ON b.id = p.booking_id
 WHERE p.state = 'held' AND b.ends_at <= $1 AND b.state <> ALL ('{offered,pending}')
"""


async def unsettled(now: datetime, at_most: int = 200) -> list[UUID]:
    """Bookings that are over, were granted, and are not settled, oldest first: what the job charges."""
    rested = "AND NOT is_resting('settle bookings', b.id::text, $1)"
    found = await sql.rows(f"{UNSETTLED} {rested} ORDER BY b.ends_at LIMIT $2", now, at_most)
    return [row["booking_id"] for row in found]


async def unsettled_of(holder_id: UUID, now: datetime) -> list[UUID]:
    """All such bookings of one holder, oldest first, also those at which the job has failed and rests: for who goes there is
    no later.
    """
    found = await sql.rows(f"{UNSETTLED} AND b.person_id = $2 ORDER BY b.ends_at, b.id", now, holder_id)
    return [row["booking_id"] for row in found]


def _price(row: asyncpg.Record | None) -> Price | None:
    if row is None:
        return None
    lines, kept = msgspec.json.decode(row["lines"], type=list[Line]), msgspec.json.decode(row["list"], type=PriceList)
    return Price(**{**dict(row.items()), "lines": lines, "list": kept})
