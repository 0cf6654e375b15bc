"""Reminders that are due are promised, each session and each booking in a transaction of its own."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from timebank.actions.activities import remind
from timebank.jobs import items

NAME = "remind"
AT_ONCE = 500


async def run(now: datetime) -> int:
    """How many sessions and bookings were gone through. Run twice or in two workers: one reminder each (schedule-68)."""
    return await items.each(NAME, await remind.due(NAME, now, AT_ONCE), partial(_handle, now), now)


async def _handle(now: datetime, what: remind.Due) -> int:
    return await remind.remind(what, now)
