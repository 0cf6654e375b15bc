"""What the coordinator settles about bookings of a room: prices, and who decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody

from timebank.actions.rooms.keep_bookings import Deciding, approval_of, prices_of, set_approval, set_prices
from timebank.people.callers import Right
from timebank.points.prices import PriceList
from timebank.web.access import needs
from timebank.web.request import Now, Who

staff = [needs(Right.MANAGE_SPACES)]


@get("/api/v1/spaces/{space_id:uuid}/prices", guards=staff)
async def get_prices(space_id: FromPath[UUID], caller: Who) -> PriceList:
    """The price list of a room that you keep. `units` of 1/100 point for `slot` minutes; weekdays with Monday as 0."""
    return await prices_of(caller, space_id)


@put("/api/v1/spaces/{space_id:uuid}/prices", guards=staff)
async def put_prices(space_id: FromPath[UUID], data: JSONBody[PriceList], caller: Who, now: Now) -> PriceList:
    """Replaces the list for bookings made from now on; without rules the room costs nothing. Safe to repeat."""
    await set_prices(caller, space_id, data, now)
    return await prices_of(caller, space_id)


@get("/api/v1/spaces/{space_id:uuid}/approval", guards=staff)
async def get_approval(space_id: FromPath[UUID], caller: Who) -> Deciding:
    """Whether somebody decides on bookings of the room, and within how many minutes."""
    return await approval_of(caller, space_id)


@put("/api/v1/spaces/{space_id:uuid}/approval", guards=staff)
async def put_approval(space_id: FromPath[UUID], data: JSONBody[Deciding], caller: Who, now: Now) -> Deciding:
    """For requests made from now on. Safe to repeat."""
    await set_approval(caller, space_id, data, now)
    return await approval_of(caller, space_id)


routes: list[Any] = [get_prices, put_prices, get_approval, put_approval]
