"""Bookings that are over are charged what they cost, where nobody did so at the door."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.actions.rooms.booking_prices import settle_booking
from timebank.jobs import items
from timebank.points import booking_costs


async def run(now: datetime) -> int:
    """Each in its own transaction, in order of their ends. Points are held for a day after the end: so late it may be."""

    async def settle(booking_id: UUID) -> None:
        await settle_booking(booking_id, now)

    return await items.each("settle bookings", await booking_costs.unsettled(now), settle, now)
