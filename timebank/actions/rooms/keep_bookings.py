"""What the coordinator settles about bookings of a room: what they cost, and whether somebody decides on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import spaces
from schedules.spaces import Approval
from timebank.actions.action import action
from timebank.actions.rooms.keep_spaces import reach
from timebank.people import audit
from timebank.people.callers import Caller
from timebank.points import price_lists
from timebank.points.prices import PriceList


class Deciding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether requests need a decision: none; holds (a request keeps its time until it is decided); competing."""

    approval: Approval = "none"
    decide_within: Annotated[int, Meta(ge=1, le=100_000)] = 2880
    """Minutes; a request lapses afterwards, and at its start at the latest."""
    again_when_moved: bool = True


@action
async def set_prices(caller: Caller, space_id: UUID, prices: PriceList, now: datetime) -> None:
    """For bookings made from now on; those that were made keep their price (booking-114). Safe to repeat.

    Raises NotAllowed, NotFound, Malformed.
    """
    await reach(caller, space_id)
    await price_lists.keep(space_id, prices, caller.member(), now)
    await audit.write(caller.id, "space.priced", f"space:{space_id}", now, prices=msgspec.to_builtins(prices))


async def prices_of(caller: Caller, space_id: UUID) -> PriceList:
    """The list of a room that the caller keeps; an empty one where there is none. Raises NotAllowed, NotFound."""
    await reach(caller, space_id)
    return await price_lists.of(space_id) or PriceList()


@action
async def set_approval(caller: Caller, space_id: UUID, deciding: Deciding, now: datetime) -> None:
    """For requests made from now on; those that wait keep their deadline. Safe to repeat. Raises NotAllowed, NotFound."""
    await reach(caller, space_id)
    await spaces.set_approval(space_id, deciding.approval, deciding.decide_within, deciding.again_when_moved, now=now)
    await audit.write(caller.id, "space.approval", f"space:{space_id}", now, **msgspec.to_builtins(deciding))


async def approval_of(caller: Caller, space_id: UUID) -> Deciding:
    """Raises NotAllowed, NotFound."""
    space = await reach(caller, space_id)
    return Deciding(space.approval, space.decide_within, space.again_when_moved)
