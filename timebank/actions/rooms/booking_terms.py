"""On what terms somebody would have a room: read before they say yes."""

from __future__ import annotations

from uuid import UUID

import msgspec

from schedules import room_doors
from schedules.intervals import Interval
from schedules.spaces import Space
from timebank.actions.rooms import booking_prices
from timebank.actions.rooms.booking_prices import Quote
from timebank.points import wallets


class Terms(msgspec.Struct, frozen=True):
    """`check_in`: from when until when (inclusive) the door expects somebody; None: nothing is released.

    `available`: units of 1/100 point that the person has; None where it costs nothing or nobody is named.
    """

    price: Quote | None
    check_in: Interval | None
    available: int | None


async def terms(space: Space, use: Interval, person_id: UUID | None) -> Terms:
    """As things stand now; booking freezes them. Reads only. Raises NotFound."""
    price = await booking_prices.quote(space, use)
    asks = price is not None and price.units and person_id is not None
    available = (await wallets.balance(person_id)).available if asks and person_id else None
    return Terms(price, (await room_doors.one(space.id)).check_in(use), available)
