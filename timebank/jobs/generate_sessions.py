"""Makes the sessions of series so many weeks ahead. After a day without it the next run makes what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import generator, series
from timebank.actions.activities.series_news import tell_made
from timebank.database import transaction
from timebank.jobs.items import each

NAME = "generate sessions"


async def run(now: datetime) -> int:
    """Every series that is due; how many were handled."""
    return await generate(now)


async def generate(now: datetime, series_ids: Sequence[UUID] | None = None) -> int:
    """These series, or those that are due, each in a transaction of its own; how many succeeded. Safe to repeat."""
    return await each(NAME, await series.due(now) if series_ids is None else series_ids, lambda one: _one(one, now), now)


async def _one(series_id: UUID, now: datetime) -> None:
    async with transaction():
        made = await generator.make(series_id, now)
        await tell_made(made, now)
