"""What a room consists of: its parts, and how many alike there are of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.rooms import set_rules
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

staff = [needs(Right.MANAGE_SPACES)]


class PartsShown(msgspec.Struct):
    """`parts` of which the room consists, `wholes` of which it is a part, by id; `units` alike of it."""

    parts: list[UUID]
    wholes: list[UUID]
    units: int


class Parts(msgspec.Struct, forbid_unknown_fields=True):
    """Rooms of the same community; none: the room consists of itself."""

    part_ids: Annotated[tuple[UUID, ...], Meta(max_length=50)] = ()


class Units(msgspec.Struct, forbid_unknown_fields=True):
    units: Annotated[int, Meta(ge=1, le=200)]


@get("/api/v1/spaces/{space_id:uuid}/parts", guards=staff)
async def get_parts(space_id: FromPath[UUID], caller: Who) -> PartsShown:
    """What a room consists of."""
    return await _shown(caller, space_id)


async def _shown(caller: Caller, space_id: UUID) -> PartsShown:
    found = await set_rules.parts_of(caller, space_id)
    return PartsShown([one.id for one in found.parts], [one.id for one in found.wholes], found.space.units)


@put("/api/v1/spaces/{space_id:uuid}/parts", guards=staff)
async def put_parts(space_id: FromPath[UUID], data: JSONBody[Parts], caller: Who, now: Now) -> PartsShown:
    """Divides a room; what is planned in it moves into its parts. Safe to repeat."""
    await set_rules.divide_space(caller, space_id, data.part_ids, now)
    return await _shown(caller, space_id)


@put("/api/v1/spaces/{space_id:uuid}/units", guards=staff)
async def put_units(space_id: FromPath[UUID], data: JSONBody[Units], caller: Who, now: Now) -> PartsShown:
    """How many alike there are of it, such as desks: a booking takes some of them. Safe to repeat."""
    await set_rules.set_units(caller, space_id, data.units, now)
    return await _shown(caller, space_id)


routes: list[Any] = [get_parts, put_parts, put_units]
