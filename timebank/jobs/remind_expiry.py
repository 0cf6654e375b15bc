"""Notices of points that expire soon are promised, each in a transaction of its own."""

from __future__ import annotations

from datetime import datetime

from timebank.actions.rewards import remind_expiry
from timebank.actions.rewards.remind_expiry import Near
from timebank.jobs import items

NAME = "remind of expiry"
AT_ONCE = 500


async def run(now: datetime) -> int:
    """How many were gone through. Run twice or in two workers: one notice each (ledger-61)."""

    async def handle(near: Near) -> int:
        return await remind_expiry.remind(near, now)

    return await items.each(NAME, await remind_expiry.due(NAME, now, AT_ONCE), handle, now)
