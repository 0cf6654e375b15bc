"""What follows when a booking ends or gives time back: points are settled, the holder hears of it, who waits is asked.

One place for every way in which a booking ends, in the transaction that ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules.bookings import Booking
from timebank.actions import booking_news, booking_prices


async def follow(ended: Sequence[Booking], by: UUID, now: datetime) -> None:
    """Bookings that were just cancelled, rejected, have lapsed, or whose time is given back. Safe to repeat.

    In order of their ids, so that two who end the same bookings settle them in one order.
    """
    for booking in sorted(ended, key=lambda one: one.id):
        await booking_prices.end(booking, by, now)
        await _tell(booking, now)


async def _tell(booking: Booking, now: datetime) -> None:
    match booking.state:
        case "cancelled_by_house":
            await booking_news.cancelled_by_house(booking, now)
        case "rejected":
            await booking_news.rejected(booking, now)
        case "lapsed":
            await booking_news.lapsed(booking, now)
