"""Gifts that nobody answered in time, or whose receiver takes nothing any more, are the giver's points again; both are told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.actions.points.gifts import release_gift
from timebank.jobs import items
from timebank.points import gifts


async def run(now: datetime) -> int:
    """Each in its own transaction. The points were free at the gift's last instant already, whether or not this has run."""

    async def release(gift_id: UUID) -> None:
        await release_gift(gift_id, now)

    return await items.each("end gifts", await gifts.over(now), release, now)
