"""After the rules of a time zone changed: bookings to come go back to where they stood on the wall; clashes are reported."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import zone_changes
from timebank.actions.rooms.keep_wall_time import keep_wall_time
from timebank.jobs import items

JOB = "keep wall times"


class Clash(Exception):
    """Something stands at the wall time of a booking: staff settle it with the people."""


async def run(now: datetime) -> int:
    """Each booking in its own transaction; how many were out of step. A clash is listed with the job until it is settled."""

    async def keep(booking_id: UUID) -> None:
        shifted = await keep_wall_time(booking_id, now)
        if shifted is not None and not shifted.is_kept:
            raise Clash(f"booking {booking_id} of {shifted.booking.space} was to begin at {shifted.starts_at.isoformat()}")

    return await items.each(JOB, await zone_changes.out_of_step(now), keep, now)
