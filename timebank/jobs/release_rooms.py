"""Rooms for which nobody came are released, and uses that are over are done. What is late is caught up, each once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import room_releases
from timebank.actions.rooms.leave_room import release_room
from timebank.database import transaction
from timebank.jobs import items


async def run(now: datetime) -> int:
    """Each release in its own transaction. Too late is too late, whether or not this has run."""

    async def release(booking_id: UUID) -> None:
        await release_room(booking_id, now)

    released = await items.each("release rooms", await room_releases.missed(now), release, now)
    async with transaction():
        return released + await room_releases.finish(now)
