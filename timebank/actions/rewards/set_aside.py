"""A unit of a reward and its price are set aside, with what a pool pays where the member has less: for orders and machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from timebank.points import support_payments
from timebank.points.holds import Hold
from timebank.points.support_payments import WantedUnit
from timebank.rewards import orders
from timebank.rewards.redemptions import REWARDS


async def set_aside(
    wanted: WantedUnit, place_id: UUID, actor_id: UUID, lasts: timedelta, now: datetime, *, is_order: bool = False
) -> Hold:
    """Once per scope and key of what is wanted; a repeat gives the same hold. In the transaction of the one who asks.

    Locks the household, the wallet and that of the pool, ascending, then the stock. Raises what `orders.set_aside` raises.
    """
    await support_payments.pay_missing_for_reward(REWARDS, wanted, now)
    return await orders.set_aside(wanted, place_id, actor_id, lasts, is_order=is_order)
