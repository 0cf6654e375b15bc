"""What can be borrowed with a room."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules import accessories
from schedules.accessories import Accessory
from timebank.actions.rooms import set_rules
from timebank.people.callers import Right
from timebank.web.access import anyone, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
NameIn = Annotated[str, Meta(max_length=100)]


class NewAccessory(msgspec.Struct, forbid_unknown_fields=True):
    """`is_everywhere`: with every room of the community and below; else with this room alone."""

    name: Name
    quantity: Annotated[int, Meta(ge=0, le=10_000)]
    name_en: NameIn = ""
    is_everywhere: bool = False


class Renamed(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    quantity: Annotated[int, Meta(ge=0, le=10_000)]
    name_en: NameIn = ""


class AccessoriesShown(msgspec.Struct):
    accessories: list[Accessory]


@get("/api/v1/spaces/{space_id:uuid}/accessories", guards=[anyone])
async def get_accessories(space_id: FromPath[UUID]) -> AccessoriesShown:
    """What can be borrowed with a room."""
    return AccessoriesShown(await accessories.of_space(space_id))


@post("/api/v1/spaces/{space_id:uuid}/accessories", guards=staff)
async def post_accessory(
    space_id: FromPath[UUID], data: JSONBody[NewAccessory], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Something to borrow with this room, or with every room of its community."""
    asked = request_key(caller, key, (space_id, data), now, "add accessory")
    answer = await set_rules.add_accessory.once(
        asked, caller, space_id, data.name, data.name_en, data.quantity, data.is_everywhere, now
    )
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@put("/api/v1/accessories/{accessory_id:uuid}", guards=staff)
async def put_accessory(accessory_id: FromPath[UUID], data: JSONBody[Renamed], caller: Who, now: Now) -> Accessory:
    """What it is called and how many there are. Safe to repeat."""
    await set_rules.change_accessory(caller, accessory_id, data.name, data.name_en, data.quantity, now)
    return await accessories.one(accessory_id)


@post("/api/v1/accessories/{accessory_id:uuid}/end", guards=staff, status_code=200)
async def post_end_accessory(accessory_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """Nobody can borrow it any more; bookings keep what they have."""
    await set_rules.end_accessory(caller, accessory_id, now)
    return Made(accessory_id)


routes: list[Any] = [get_accessories, post_accessory, put_accessory, post_end_accessory]
