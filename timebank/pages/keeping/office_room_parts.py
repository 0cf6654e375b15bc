"""What a room consists of, in the office: its parts, how many alike there are of it, and what can be borrowed with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import NotFound, Refusal
from timebank.actions.rooms import set_rules
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

keepers = [needs(Right.MANAGE_SPACES)]


class TypedThing(msgspec.Struct):
    """The form of something to borrow."""

    key: Short = ""
    name: Short = ""
    name_en: Short = ""
    quantity: Short = "1"
    is_everywhere: Short = ""


class TypedUnits(msgspec.Struct):
    units: Short = "1"


@get("/office/rooms/{space_id:uuid}/parts", guards=keepers)
async def see_parts(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _parts(request, caller, space_id)


async def _parts(
    request: Ask, caller: Caller, space_id: UUID, typed: TypedThing | None = None, refused: Refusal | None = None
) -> Response[str]:
    found = await set_rules.parts_of(caller, space_id)
    chosen = {part.id for part in found.parts}
    return draw(
        request, "rooms/divide.html", refused, found=found, space=found.space, chosen=chosen, typed=typed or TypedThing()
    )


@post("/office/rooms/{space_id:uuid}/parts", guards=keepers)
async def take_parts(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Of which rooms it consists; none ticked: of itself."""
    try:
        ids = [UUID(text) for text in (await request.form()).getall("part", [])]
        await set_rules.divide_space(caller, space_id, ids, now)
    except (Refusal, ValueError) as error:
        refused = error if isinstance(error, Refusal) else NotFound(what="space")
        return await _parts(request, caller, space_id, refused=refused)
    return go(f"/office/rooms/{space_id}/parts")


@post("/office/rooms/{space_id:uuid}/units", guards=keepers)
async def take_units(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedUnits], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await set_rules.set_units(caller, space_id, figure("units", data.units, 1, 200), now)
    except Refusal as refusal:
        return await _parts(request, caller, space_id, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts")


@post("/office/rooms/{space_id:uuid}/accessories", guards=keepers)
async def take_accessory(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedThing], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        quantity = figure("quantity", data.quantity, 0, 10_000)
        key = request_key(caller, data.key, (space_id, data), now, "add accessory")
        await set_rules.add_accessory.once(
            key, caller, space_id, data.name, data.name_en, quantity, bool(data.is_everywhere), now
        )
    except Refusal as refusal:
        return await _parts(request, caller, space_id, data, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts#borrow")


@post("/office/rooms/{space_id:uuid}/accessories/{accessory_id:uuid}", guards=keepers)
async def take_change(
    space_id: FromPath[UUID],
    accessory_id: FromPath[UUID],
    data: URLEncodedBody[TypedThing],
    request: Ask,
    caller: Who,
    now: Now,
) -> Response[Any]:
    """How many there are from now on; zero is none to lend."""
    try:
        quantity = figure("quantity", data.quantity, 0, 10_000)
        await set_rules.change_accessory(caller, accessory_id, data.name, data.name_en, quantity, now)
    except Refusal as refusal:
        return await _parts(request, caller, space_id, refused=refusal)
    return go(f"/office/rooms/{space_id}/parts#borrow")


@post("/office/rooms/{space_id:uuid}/accessories/{accessory_id:uuid}/end", guards=keepers)
async def take_away(space_id: FromPath[UUID], accessory_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await set_rules.end_accessory(caller, accessory_id, now)
    return go(f"/office/rooms/{space_id}/parts#borrow")


routes: list[Any] = [see_parts, take_parts, take_units, take_accessory, take_change, take_away]
