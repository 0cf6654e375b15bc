"""Pages of a room in the office: what it costs, and who decides on bookings."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.rooms.keep_bookings import Deciding, prices_of, set_approval, set_prices
from timebank.actions.rooms.keep_spaces import reach
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.keeping.price_form import Typed, list_of, typed_from, typed_of
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

keepers = [needs(Right.MANAGE_SPACES)]


class Approving(msgspec.Struct):
    """The form: hours as people think of it; the API speaks minutes."""

    approval: Literal["none", "holds", "competing"] = "none"
    hours: Short = "48"
    again_when_moved: Short = ""


@get("/office/rooms/{space_id:uuid}/prices", guards=keepers)
async def ask_prices(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """The price list as it stands."""
    space = await reach(caller, space_id)
    return await _prices(request, caller, space_id, typed_of(await prices_of(caller, space_id), space))


async def _prices(request: Ask, caller: Caller, space_id: UUID, typed: Typed, refused: Refusal | None = None) -> Response[str]:
    return draw(request, "rooms/prices.html", refused, space=await reach(caller, space_id), typed=typed)


@post("/office/rooms/{space_id:uuid}/prices", guards=keepers)
async def take_prices(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """For bookings made from now on."""
    typed = typed_from(await request.form())
    try:
        await set_prices(caller, space_id, list_of(typed), now)
    except Refusal as refusal:
        return await _prices(request, caller, space_id, typed, refusal)
    return go(f"/office/rooms/{space_id}/prices?done=1")


@get("/office/rooms/{space_id:uuid}/approval", guards=keepers)
async def ask_approval(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """Who decides on bookings, as it stands."""
    space = await reach(caller, space_id)
    hours = f"{space.decide_within / 60:g}"
    typed = Approving(space.approval, hours, "1" if space.again_when_moved else "")
    return await _approval(request, caller, space_id, typed)


async def _approval(
    request: Ask, caller: Caller, space_id: UUID, typed: Approving, refused: Refusal | None = None
) -> Response[str]:
    return draw(request, "rooms/approval.html", refused, space=await reach(caller, space_id), typed=typed)


@post("/office/rooms/{space_id:uuid}/approval", guards=keepers)
async def take_approval(
    space_id: FromPath[UUID], data: URLEncodedBody[Approving], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """For requests made from now on."""
    try:
        minutes = figure("hours", data.hours, 1, 1000) * 60
        await set_approval(caller, space_id, Deciding(data.approval, minutes, bool(data.again_when_moved)), now)
    except Refusal as refusal:
        return await _approval(request, caller, space_id, data, refusal)
    return go(f"/office/rooms/{space_id}/approval?done=1")


routes: list[Any] = [ask_prices, take_prices, ask_approval, take_approval]
