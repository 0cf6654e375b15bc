"""Requests for rooms that nobody decided in time have lapsed: written down, points given back, told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import booking_requests
from timebank.actions.rooms.decide_booking import lapse_request
from timebank.jobs import items


async def run(now: datetime) -> int:
    """Each in its own transaction. A lapsed request holds nothing and cannot be accepted, whether or not this has run."""

    async def lapse(booking_id: UUID) -> None:
        await lapse_request(booking_id, now)

    return await items.each("lapse requests", await booking_requests.overdue(now), lapse, now)
