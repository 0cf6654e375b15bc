"""The evening's summaries, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from timebank.actions.activities import summarise
from timebank.jobs import items

NAME = "daily summaries"
AT_ONCE = 500


async def run(now: datetime) -> int:
    """How many were promised. Run at any time and as often as one likes."""
    return await items.each(NAME, await summarise.due(NAME, now, AT_ONCE), partial(_handle, now), now)


async def _handle(now: datetime, what: summarise.Summary) -> int:
    return await summarise.summarise(what, now)
