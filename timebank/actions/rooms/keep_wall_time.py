"""A booking goes back to where it stood on the wall, after the rules of its time zone changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import zone_changes
from schedules.zone_changes import Shifted
from timebank.actions.action import action
from timebank.actions.rooms.booking_news import facts
from timebank.outbox import messages
from timebank.outbox.messages import Message


@action
async def keep_wall_time(booking_id: UUID, now: datetime) -> Shifted | None:
    """For the job. The holder hears of it where something else stands then (booking-84). Safe to repeat: told once."""
    shifted = await zone_changes.keep(booking_id, now)
    if shifted is not None and not shifted.is_kept:
        told = Message(
            key=f"booking:{booking_id}:wall:{shifted.starts_at.isoformat()}",
            person_id=shifted.booking.person_id,
            kind="series_booking.wall_clash",
            facts=facts(shifted.booking, meant_at=shifted.starts_at.isoformat()),
            path=f"/me/bookings/{booking_id}",
        )
        await messages.promise([told], now)
    return shifted
