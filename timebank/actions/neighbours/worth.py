"""What minutes between neighbours bring, by the rules of their community on the day of the agreement: an hour is an hour."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import walltimes
from timebank.communities import policies, tree
from timebank.communities.policies import Policy
from timebank.points import rates
from timebank.points.exchanges import Exchange


async def worth(community_id: UUID, minutes: int, now: datetime) -> tuple[int, Policy]:
    """Units of 1/100 point, and whose rate it is. Raises NoPolicy."""
    node = await tree.node(community_id)
    policy = await policies.in_force(community_id, walltimes.day_of(now, node.time_zone))
    return rates.points_for(minutes, policy.rules), policy


async def due(exchange: Exchange, minutes: int) -> int:
    """What an agreement comes to for so many minutes: by the rate it was agreed at, and no more than was planned."""
    if exchange.policy_id is None:
        return 0
    rules = (await policies.find(exchange.policy_id)).rules
    return min(exchange.units, rates.points_for(min(minutes, exchange.minutes), rules))
