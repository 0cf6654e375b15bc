"""Goes on with imports that are looked at, applied or undone, a few batches each; and forgets what old ones said of people."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from timebank.actions.imports import runs
from timebank.actions.imports.carry_on import carry_on
from timebank.jobs import items

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
    """What rows said of people goes after 90 days; the numbers, and what each row did, stay."""
    return await runs.forget(now - KEPT)
