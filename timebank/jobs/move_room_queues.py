"""The line for rooms moves: offers that nobody answered run out, who takes what comes gets it, and who waits is asked.

Whoever frees time asks at once; this finds what was freed in any other way, and what was busy then.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import room_offers, room_queue
from schedules.intervals import Interval
from schedules.room_wishes import Room
from timebank.actions.rooms.room_line import accept_at_once, let_offer_run_out, look_at_line
from timebank.database import transaction
from timebank.jobs import items

JOB = "move room queues"


async def run(now: datetime) -> int:
    """Each offer and each room in its own transaction; how many. What has run out holds nothing anyway."""

    async def run_out(offer_id: UUID) -> None:
        await let_offer_run_out(offer_id, now)

    async def accept(offer_id: UUID) -> None:
        await accept_at_once(offer_id, now)

    async def look(waited: tuple[Room, Interval]) -> None:
        await look_at_line(waited[0].id, waited[1], now)

    handled = await items.each(JOB, await room_offers.run_out(now), run_out, now)
    await items.each(JOB, await room_queue.waited_for(now), look, now, name=lambda waited: str(waited[0].id))
    handled += await items.each(JOB, await room_offers.to_accept(now), accept, now)
    async with transaction():
        return handled + await room_queue.give_up(now)
