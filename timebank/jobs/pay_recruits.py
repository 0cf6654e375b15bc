"""Whoever brought a new member along gets the points of the rules once that member has served a confirmed hour."""

from __future__ import annotations

from datetime import datetime

from timebank.database import transaction
from timebank.jobs import items
from timebank.points import recruits
from timebank.points.recruits import Recruit
from timebank.web.words import _, say

WHAT = _("A new member who came through you has served an hour")


async def run(now: datetime) -> int:
    """Each in its own transaction. Safe to repeat."""

    async def settle(one: Recruit) -> None:
        async with transaction():
            await recruits.settle(one, now, say("zh", WHAT), say("en", WHAT))

    return await items.each("pay recruits", await recruits.due(now), settle, now, name=lambda one: str(one.member_id))
