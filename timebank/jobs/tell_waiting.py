"""Who may confirm hours is told of what waits, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from timebank.actions.hours import tell_waiting
from timebank.jobs import items

NAME = "tell waiting"
AT_ONCE = 500


async def run(now: datetime) -> int:
    """How many were told. Run at any time and as often as one likes: each is told once a day."""
    due = await tell_waiting.due(NAME, now, AT_ONCE)
    return await items.each(NAME, due, partial(_tell, now), now, name=lambda what: what.key)


async def _tell(now: datetime, what: tell_waiting.Waiting) -> int:
    return await tell_waiting.tell_waiting(what, now)
