"""The catalogue changes: a reward is offered, described or priced anew, withdrawn, offered again; a place is added."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.rewards import catalogue, limits, places
from timebank.rewards.catalogue import Details
from timebank.rewards.limits import Limit
from timebank.rewards.places import PlaceNameNeeded


@action
async def offer_reward(caller: Caller, community_id: UUID, details: Details, now: datetime) -> UUID:
    """A new reward, offered wherever it lies below this community.

    Raises NotFound, NotAllowed, RewardNameNeeded, PriceNotFit, PictureUnknown.
    """
    caller.require(Right.MANAGE_REWARDS, await tree.ancestors(community_id))
    made = uuid4()
    await catalogue.offer(made, community_id, details, now)
    await audit.write(caller.id, "reward.offered", f"reward:{made}", now, name=details.name, price=details.price)
    return made


@action
async def change_reward(caller: Caller, reward_id: UUID, details: Details, now: datetime) -> None:
    """Other words, picture or price. A price that somebody has seen holds for the policy's minutes (ledger-69).

    Raises NotFound, NotAllowed, RewardNameNeeded, PriceNotFit, PictureUnknown. Safe to repeat.
    """
    await _require(caller, reward_id)
    await catalogue.change(reward_id, details)
    await audit.write(caller.id, "reward.changed", f"reward:{reward_id}", now, name=details.name, price=details.price)


@action
async def withdraw_reward(caller: Caller, reward_id: UUID, now: datetime) -> None:
    """Nobody can redeem it any more; receipts stay good. Raises NotFound, NotAllowed. Safe to repeat."""
    await _require(caller, reward_id)
    await catalogue.withdraw(reward_id)
    await audit.write(caller.id, "reward.withdrawn", f"reward:{reward_id}", now)


@action
async def offer_reward_again(caller: Caller, reward_id: UUID, now: datetime) -> None:
    """Takes the withdrawal back. Raises NotFound, NotAllowed. Safe to repeat."""
    await _require(caller, reward_id)
    await catalogue.offer_again(reward_id)
    await audit.write(caller.id, "reward.offered_again", f"reward:{reward_id}", now)


@action
async def set_limits(caller: Caller, reward_id: UUID, wanted: Sequence[Limit], now: datetime) -> None:
    """How much of it a person or a household takes in a period, from now on (ledger-70). Raises NotFound, NotAllowed,
    LimitNotFit. Safe to repeat.
    """
    await _require(caller, reward_id)
    await limits.set_for(reward_id, wanted)
    said = ", ".join(f"{limit.units} {limit.who} {limit.period}" for limit in wanted)
    await audit.write(caller.id, "reward.limited", f"reward:{reward_id}", now, limits=said)


@action
async def add_place(caller: Caller, community_id: UUID, name: str, name_en: str, now: datetime) -> UUID:
    """A place where rewards may lie. Raises NotFound, NotAllowed, PlaceNameNeeded."""
    caller.require(Right.MANAGE_REWARDS, await tree.ancestors(community_id))
    if not name.strip():
        raise PlaceNameNeeded(field="name", reason="empty")
    made = uuid4()
    await places.add(made, community_id, name.strip(), name_en.strip())
    await audit.write(caller.id, "place.added", f"place:{made}", now, name=name.strip())
    return made


async def _require(caller: Caller, reward_id: UUID) -> None:
    caller.require(Right.MANAGE_REWARDS, (await catalogue.find(reward_id)).ancestor_ids)
