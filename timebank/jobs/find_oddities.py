"""What is new in the scan log and looks odd comes on its community's list; fingerprints that were kept long enough go."""

from __future__ import annotations

from datetime import datetime

from schedules import oddities, sql
from schedules.oddities import Batch
from timebank.actions.hours import find_oddities
from timebank.actions.hours.find_oddities import SETTLED, Lead, lead_of
from timebank.database import transaction
from timebank.jobs import items
from timebank.people import scan_origins, venue_tickets

NAME = "find oddities"
BATCHES = 4
"""At most so many thousands of rows in one run; the rest is done in the next."""


async def run(now: datetime) -> int:
    """Each lead in its own transaction; what failed is tried again later. Safe to repeat, and in two processes.

    How many leads were looked into.
    """
    async with transaction():
        await scan_origins.clean(now)
        await venue_tickets.clean(now)
    count = await _look(await _failed(now), now)
    for name, leads in ((oddities.UNDONE, find_oddities.undo_leads), (oddities.SCANS, find_oddities.leads)):
        for _ in range(BATCHES):
            batch = await oddities.next_batch(now - SETTLED, name)
            if batch is None:
                break
            count += await _look(await leads(batch), now)
            await _advance(batch)
    return count


async def _advance(batch: Batch) -> None:
    """What failed has its note by now, so the mark may pass it."""
    async with transaction():
        await oddities.advance(batch)


async def _look(leads: list[Lead], now: datetime) -> int:
    async def look(lead: Lead) -> None:
        await find_oddities.look_into(lead, now)

    return await items.each(NAME, leads, look, now, name=lambda lead: lead.name)


async def _failed(now: datetime) -> list[Lead]:
    """What could not be looked into before, and has rested."""
    noted = await sql.rows(
        "SELECT item FROM job_failure WHERE job = $1 AND next_at <= $2 ORDER BY next_at LIMIT 100", NAME, now
    )
    return [lead for row in noted if (lead := lead_of(row["item"]))]
