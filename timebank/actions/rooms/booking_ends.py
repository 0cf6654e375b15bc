"""What follows when a booking ends or gives time back: points are settled, the holder hears of it, who waits is asked.

One place for every way in which a booking ends, in the transaction that ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules.bookings import Booking
from schedules.intervals import Interval
from timebank.actions.rooms import booking_news, booking_prices, room_line


async def follow(ended: Sequence[Booking], by: UUID, now: datetime) -> None:
    """Bookings that were just cancelled, rejected, have lapsed, or whose time is given back. Safe to repeat.

    In order of their ids, so that two who end the same bookings settle them in one order.
    """
    for booking in sorted(ended, key=lambda one: one.id):
        await booking_prices.end(booking, by, now)
        await _tell(booking, now)
    # The line for rooms comes last: whoever holds it waits for no wallet.
    for booking in ended:
        freed = _freed(booking, now)
        if freed:
            await room_line.offer_freed(booking.space_id, freed, now)


def _freed(booking: Booking, now: datetime) -> Interval | None:
    """The time that others can have now; None where none is left."""
    if booking.state == "ended_early" and booking.planned_ends_at:
        begin, end = max(now, booking.ends_at), booking.planned_ends_at
    else:
        begin, end = max(now, booking.starts_at), booking.ends_at
    return Interval(begin, end) if begin < end else None


async def _tell(booking: Booking, now: datetime) -> None:
    match booking.state:
        case "cancelled_by_house":
            await booking_news.cancelled_by_house(booking, now)
        case "rejected":
            await booking_news.rejected(booking, now)
        case "lapsed":
            await booking_news.lapsed(booking, now)
