"""Dates that series of bookings were to have: looked at again, and told when they can be had."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from schedules import booking_skips
from timebank.actions.rooms.book_series import look_again
from timebank.jobs import items

JOB = "watch series"


async def run(now: datetime) -> int:
    """Each date in its own transaction; how many were looked at. Told once however often it runs (booking-65)."""

    async def look(skipped: tuple[UUID, date]) -> None:
        await look_again(*skipped, now)

    return await items.each(JOB, await booking_skips.watched(now), look, now, name=lambda one: f"{one[0]} {one[1]}")
