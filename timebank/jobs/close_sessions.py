"""Check-outs that nobody made are set to the planned end once the grace is over; whoever forgot is told (schedule-84)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from schedules import forgotten, open_stays, sql
from schedules.forgotten import Closed
from timebank.actions.hours.close_day import correction_hours
from timebank.database import transaction
from timebank.jobs import items
from timebank.outbox import messages
from timebank.outbox.messages import Message

NAME = "close sessions"


async def run(now: datetime) -> int:
    """Each stay in a transaction of its own: one that cannot be closed keeps no other open. Safe to repeat, and in two workers.

    A scan that is quicker than this ends the stay itself; then the next round finds nothing.
    """

    async def close(attendance_id: UUID) -> None:
        async with transaction():
            await forgotten.close(attendance_id, now)

    async def tell(stay: Closed) -> None:
        async with transaction():
            day = stay.starts_at.astimezone(ZoneInfo(stay.time_zone)).date()
            await messages.promise([_message(stay, await correction_hours(stay.community_id, day))], now)

    closed = await items.each(NAME, await open_stays.due(now), close, now)
    await items.each(NAME, await _untold(now), tell, now, name=lambda stay: f"tell {stay.attendance_id}")
    return closed


async def _untold(now: datetime) -> list[Closed]:
    """Also those that their person's next way in has closed."""
    closed = await forgotten.closed_lately(now)
    told = await sql.rows("SELECT key FROM message WHERE key = ANY ($1)", [_key(stay) for stay in closed])
    return [stay for stay in closed if _key(stay) not in {row["key"] for row in told}]


def _key(stay: Closed) -> str:
    return f"stay-closed:{stay.attendance_id}"


def _message(stay: Closed, hours: int) -> Message:
    return Message(
        key=_key(stay),
        person_id=stay.person_id,
        kind="stay_closed" if stay.is_service else "stay_closed_plain",
        facts={
            "title": stay.title,
            "title_en": stay.title_en,
            "starts_at": stay.starts_at.isoformat(),
            "ends_at": stay.ends_at.isoformat(),
            "time_zone": stay.time_zone,
            "hours": hours,
        },
        path=f"/me/stays/{stay.attendance_id}" if stay.is_service else "/me",
    )
