"""Goes on with imports that are looked at, applied or undone, a few batches each; and forgets what old ones said of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from timebank.actions.imports import runs
from timebank.actions.imports.carry_on import carry_on
from timebank.database import transaction
from timebank.jobs import items
from timebank.people import audit

BATCHES = 20
"""Of one import in a run: some seconds, so that another import and the end of the process wait no longer."""
KEPT = timedelta(days=90)


async def run(now: datetime) -> int:
    """Each batch in its own transaction: killed anywhere, the next run goes on with the row after."""

    async def go_on(import_id: UUID) -> None:
        for _ in range(BATCHES):
            if not await carry_on(import_id, now):
                return

    return await items.each("carry on imports", await runs.working(), go_on, now)


async def forget(now: datetime) -> int:
    """What rows said of people goes after 90 days; the numbers, and what each row did, stay. What still waits is dropped."""
    async with transaction():
        dropped = await runs.drop_waiting(now - KEPT, now)
        await audit.write_many(None, "import.dropped", [f"import:{each}" for each in dropped], now, {"waited_days": KEPT.days})
        return await runs.forget(now - KEPT)
