"""What bookings of rooms cost: held with the booking, charged once it is used, given back by the list frozen into it.

For everybody who changes a booking, in the transaction of that change; lock order: household, occupancy, booking_price, hold,
wallet. A booking without a price has no row, and every verb then does nothing. Where the holder has left and the wallet is
closed nothing comes back, and nothing more is charged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from timebank.outbox.functions import call
from timebank.points import accounts, booking_costs, holds, prices
from timebank.points.booking_costs import Price
from timebank.points.prices import Line, PriceList
from timebank.points.refusals import LEDGER

KEPT_AFTER_END = timedelta(days=1)
"""A hold outlives its booking by this: the job that charges it may be late."""
GRACE = timedelta(days=7)
"""Returned points live at least so long."""


async def place(
    booking_id: UUID,
    person_id: UUID,
    lines: Sequence[Line],
    prices_now: PriceList,
    ends_at: datetime,
    actor_id: UUID,
    now: datetime,
) -> Price:
    """Freezes the price of a new booking and sets its points aside until a day after its end. Once a booking.

    Raises InsufficientPoints, AccountClosed. Locks the wallet.
    """
    account_id, units = await accounts.open_for(person_id), prices.total(lines)
    hold_id = await _hold(booking_id, 1, account_id, units, ends_at, actor_id, now) if units else None
    await sql.rows(
        "INSERT INTO booking_price (booking_id, account_id, units, lines, list, hold_id, changed_at, state) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $6::uuid IS NULL THEN 'settled' ELSE 'held' END)",
        booking_id,
        account_id,
        units,
        msgspec.json.encode(lines).decode(),
        msgspec.json.encode(prices_now).decode(),
        hold_id,
        now,
    )
    return Price(
        booking_id=booking_id,
        account_id=account_id,
        units=units,
        lines=lines,
        list=prices_now,
        state="held" if hold_id else "settled",
        charged=0,
        hold_id=hold_id,
        version=1,
    )


async def replace(
    booking_id: UUID, lines: Sequence[Line], prices_now: PriceList, ends_at: datetime, actor_id: UUID, now: datetime
) -> None:
    """The price after a change: what was held goes back first, so that balance and held together are the limit (booking-110).

    What now costs nothing, but was moved too late, stays `held` without a hold until its end settles it.

    Raises InsufficientPoints. Where the booking was charged already (somebody checked in), the charge is undone and held anew.
    """
    price = await booking_costs.locked(booking_id)
    if price is None:
        return
    units, version = prices.total(lines), price.version + 1
    if price.state == "settled" and price.charged and price.hold_id:
        if not await _return(price.hold_id, actor_id, "booking changed"):
            return
    elif price.state == "held" and price.hold_id:
        await holds.release(price.hold_id)
    hold_id = await _hold(booking_id, version, price.account_id, units, ends_at, actor_id, now) if units else None
    await sql.rows(
        "UPDATE booking_price SET units = $2, lines = $3, list = $4, hold_id = $5, version = $6, charged = 0, "
        "state = CASE WHEN $5::uuid IS NULL AND at_least = 0 THEN 'settled' ELSE 'held' END, "
        "changed_at = $7 WHERE booking_id = $1",
        booking_id,
        units,
        msgspec.json.encode(lines).decode(),
        msgspec.json.encode(prices_now).decode(),
        hold_id,
        version,
        now,
    )


async def settle(booking_id: UUID, units: int, actor_id: UUID, now: datetime) -> int:
    """Charges so many units and gives the rest back: what was charged. Once: a repeat changes nothing.

    At most the price; up to `Price.at_least` what is not held is taken too, as far as it is there.

    Check-in and the end of the use charge `Price.units`, other ends what `prices.cancelled`, `prices.charge` (with
    `list.no_show_refund`) or `prices.ended_early` say. Zero where the booking has no price. Locks price, hold, wallet.
    """
    price = await booking_costs.locked(booking_id)
    if price is None or price.state == "settled":
        return price.charged if price else 0
    units = min(units, max(price.units, price.at_least))
    if units > price.units:
        return await _charge_anew(price, units, actor_id, now)
    charged = await _charge(price.hold_id, units, actor_id) if price.hold_id else 0
    await booking_costs.settle(booking_id, charged, now)
    return charged


async def restore(booking_id: UUID, actor_id: UUID, now: datetime) -> int:
    """Charges the whole price, also where less was charged when it was released: that is undone. Units; safe to repeat.

    For a use that is taken again. Raises InsufficientPoints.
    """
    price = await booking_costs.locked(booking_id)
    if price is None:
        return 0
    if price.state == "held":
        return await settle(booking_id, price.units, actor_id, now)
    if price.charged == price.units:
        return price.charged
    if price.charged and price.hold_id and not await _return(price.hold_id, actor_id, "taken again"):
        return price.charged
    return await _charge_now(price, price.units, actor_id, now)


async def lower(booking_id: UUID, units: int, actor_id: UUID, now: datetime) -> int:
    """Charges no more than `units`, also where more was charged at check-in: the charge is undone and the smaller one made.

    For an early end; what is charged now. Safe to repeat.
    """
    price = await booking_costs.locked(booking_id)
    if price is None:
        return 0
    if price.state == "held":
        return await settle(booking_id, units, actor_id, now)
    if price.charged <= units or price.hold_id is None or not await _return(price.hold_id, actor_id, "left early"):
        return price.charged
    return await _charge_now(price, units, actor_id, now)


async def refund(booking_id: UUID, actor_id: UUID, reason: str, now: datetime) -> None:
    """Gives everything back, also what was charged: the house cancels (booking-113), a request came to nothing (booking-88).

    Each once; safe to repeat. After a charge it is a transfer that reverses it, for which `reason` goes on record.
    """
    price = await booking_costs.locked(booking_id)
    if price is None:
        return
    if price.state == "held" and price.hold_id:
        await holds.release(price.hold_id)
    elif price.charged and price.hold_id and not await _return(price.hold_id, actor_id, reason):
        return
    await booking_costs.settle(booking_id, 0, now)


async def _charge_anew(price: Price, units: int, actor_id: UUID, now: datetime) -> int:
    """More than is held, as far as the wallet has it: nobody is kept from giving up a room by want of points."""
    if price.hold_id:
        await holds.release(price.hold_id)
    there = await sql.value("SELECT available FROM ledger.balance($1, clock_timestamp())", price.account_id)
    return await _charge_now(price, max(0, min(units, there)), actor_id, now)


async def _charge_now(price: Price, units: int, actor_id: UUID, now: datetime) -> int:
    version, hold_id = price.version + 1, price.hold_id
    if units:
        hold_id = await _hold(price.booking_id, version, price.account_id, units, now, actor_id, now)
    charged = await _charge(hold_id, units, actor_id) if units and hold_id else 0
    await sql.rows(
        "UPDATE booking_price SET state = 'settled', charged = $2, changed_at = $3, hold_id = $4, version = $5 "
        "WHERE booking_id = $1",
        price.booking_id,
        charged,
        now,
        hold_id,
        version,
    )
    return charged


async def _hold(
    booking_id: UUID, version: int, account_id: int, units: int, ends_at: datetime, actor_id: UUID, now: datetime
) -> UUID:
    scope, key = f"booking:{booking_id}", f"price-{version}"
    lasts = max(ends_at - now, timedelta()) + KEPT_AFTER_END
    digest = hashlib.sha256(f"{scope} {key} {units}".encode()).digest()
    return (await holds.place(scope, key, digest, account_id, units, "booking", actor_id, lasts)).id


async def _charge(hold_id: UUID, units: int, actor_id: UUID) -> int:
    """A hold whose time ran out before anybody charged it, or whose wallet was closed, has given its points back: nothing is
    charged then.
    """
    # Some seconds early, so that it does not run out between this look and the capture.
    is_over = await sql.value(
        "SELECT state IN ('voided', 'expired') OR expires_at <= clock_timestamp() + interval '5 seconds' FROM hold "
        "WHERE id = $1",
        hold_id,
    )
    if is_over or not units:
        await holds.release(hold_id)
        return 0
    await holds.capture(hold_id, units, actor_id)
    return units


async def _return(hold_id: UUID, actor_id: UUID, reason: str) -> bool:
    """Whether it came back: nothing comes back to who has left, what they paid stays paid (decision 35)."""
    found = await call(LEDGER, "SELECT ledger.return_capture($1, $2, $3, $4)", hold_id, actor_id, reason, GRACE)
    return found[0][0] is not None
