"""Wallets of members who have left are closed, and the data of those who asked for it go on their day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.actions.leaving.erase import erase_leaver
from timebank.actions.leaving.leave import settle_leaver
from timebank.jobs import items
from timebank.people import departures


async def run(now: datetime) -> int:
    """Each in its own transaction. Mostly there is nothing left to do: leaving has closed the wallet at once."""

    async def settle(member_id: UUID) -> None:
        await settle_leaver(member_id, now)

    return await items.each("settle leavers", await departures.unsettled(now), settle, now)


async def erase(now: datetime) -> int:
    """Each in its own transaction; safe to repeat."""

    async def forget(member_id: UUID) -> None:
        await erase_leaver(member_id, now)

    return await items.each("erase leavers", await departures.to_erase(now), forget, now)
