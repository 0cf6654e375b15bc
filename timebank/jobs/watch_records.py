"""Who runs a session is told when its service has to be recorded soon, and when it is late (Order 67 art. 11)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from timebank.actions.hours.see_due import tell_due
from timebank.hours import working_days
from timebank.hours.working_days import Telling
from timebank.jobs import items

NAME = "watch records"
AT_ONCE = 200


async def run(now: datetime) -> int:
    """How many were told; each session once before its date and once after it. Safe to repeat."""
    due = await working_days.untold(NAME, now, AT_ONCE)
    return await items.each(NAME, due, partial(_tell, now), now, name=lambda what: str(what.session_id))


async def _tell(now: datetime, what: Telling) -> int:
    return await tell_due(what, now)
