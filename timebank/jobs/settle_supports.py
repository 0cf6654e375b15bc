"""What the pool paid for exchanges that came to nothing goes back to it; what is over by its last day ends; old reasons go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from timebank.database import transaction
from timebank.jobs import items
from timebank.points import support_payments, supports


async def run(now: datetime) -> int:
    """Each return in its own transaction. What is left of a month is right before this has run, but for what is to go back."""

    async def give_back(use_id: UUID) -> None:
        async with transaction():
            await support_payments.give_back(use_id)

    returned = await items.each("settle supports", await support_payments.to_return(now), give_back, now)
    async with transaction():
        return returned + await supports.end_over(now) + await supports.forget_reasons(now)
