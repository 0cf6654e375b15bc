"""Rounds for scarce times whose deadline is over: drawn, each once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import lottery_rounds
from timebank.actions.rooms import draw_lots
from timebank.jobs import items

JOB = "draw lots"


async def run(now: datetime) -> int:
    """Each round in its own transaction; how many were looked at. Safe to repeat, and in two processes."""

    async def draw(round_id: UUID) -> None:
        await draw_lots.draw_lots(round_id, now)

    return await items.each(JOB, await lottery_rounds.due(now), draw, now)
