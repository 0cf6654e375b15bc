"""Moves the waiting lists on where nobody came by: offers that ran out, requests nobody decided, places that stayed free."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import offers
from timebank.actions.signups.move_queue import move_queue
from timebank.database import transaction
from timebank.jobs import items

NAME = "move queues"
AT_ONCE = 200


async def run(now: datetime) -> int:
    """How many roles moved on. Safe to run twice and at once: each under its role's lock, in a transaction of its own."""
    moved: list[UUID] = []

    async def move(role_id: UUID) -> None:
        async with transaction():
            if await move_queue([role_id], now):
                moved.append(role_id)

    await items.each(NAME, await offers.due(now, AT_ONCE), move, now)
    return len(moved)
