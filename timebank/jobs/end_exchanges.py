"""Exchanges between neighbours that nobody has answered in time: they lapse, or a mediator looks at them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.actions.neighbours.confirm import end_in_time
from timebank.jobs import items
from timebank.points import exchanges


async def run(now: datetime) -> int:
    """Each in its own transaction. What was held is free at its last instant already, whether or not this has run."""

    async def end(exchange_id: UUID) -> None:
        await end_in_time(exchange_id, now)

    return await items.each("end exchanges", await exchanges.due(now), end, now)
