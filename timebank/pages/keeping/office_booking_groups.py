"""Groups with a right of their own in booking: their order, which everybody may read, and who is in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.rooms import booking_groups
from timebank.actions.rooms.booking_groups import member_of_number
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

keepers = [needs(Right.MANAGE_SPACES)]


class TypedGroup(msgspec.Struct):
    key: Short = ""
    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    priority: Short = "1"


class TypedMember(msgspec.Struct):
    number: Short = ""


@get("/office/booking-groups", guards=keepers)
async def list_groups(request: Ask, caller: Who) -> Response[str]:
    return await _list(request, caller)


async def _list(request: Ask, caller: Caller, typed: TypedGroup | None = None, refused: Refusal | None = None) -> Response[str]:
    nodes = await booking_groups.kept_groups(caller)
    return draw(request, "rooms/groups.html", refused, nodes=nodes, typed=typed or TypedGroup())


@post("/office/booking-groups", guards=keepers)
async def take_group(data: URLEncodedBody[TypedGroup], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "create booking group")
        priority = figure("priority", data.priority, 1, 1000)
        made = await booking_groups.create_group.once(
            key, caller, _id(data.community_id), data.name, data.name_en, priority, now
        )
    except Refusal as refusal:
        return await _list(request, caller, data, refusal)
    return go(f"/office/booking-groups/{made.value}")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field="community_id", reason="choose a community") from error


@get("/office/booking-groups/{group_id:uuid}", guards=keepers)
async def see_group(group_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _one(request, caller, group_id)


async def _one(
    request: Ask,
    caller: Caller,
    group_id: UUID,
    typed: TypedGroup | None = None,
    number: str = "",
    refused: Refusal | None = None,
) -> Response[str]:
    kept = await booking_groups.kept_group(caller, group_id)
    group = kept.group
    shown = typed or TypedGroup(name=group.name, name_en=group.name_en, priority=str(group.priority))
    return draw(request, "rooms/group.html", refused, kept=kept, group=group, typed=shown, number=number)


@post("/office/booking-groups/{group_id:uuid}", guards=keepers)
async def take_change(
    group_id: FromPath[UUID], data: URLEncodedBody[TypedGroup], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        priority = figure("priority", data.priority, 1, 1000)
        await booking_groups.change_group(caller, group_id, data.name, data.name_en, priority, now)
    except Refusal as refusal:
        return await _one(request, caller, group_id, data, refused=refusal)
    return go(f"/office/booking-groups/{group_id}")


@post("/office/booking-groups/{group_id:uuid}/end", guards=keepers)
async def take_end(group_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await booking_groups.end_group(caller, group_id, now)
    return go("/office/booking-groups")


@post("/office/booking-groups/{group_id:uuid}/members", guards=keepers)
async def take_member(
    group_id: FromPath[UUID], data: URLEncodedBody[TypedMember], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await booking_groups.join_group(caller, group_id, await member_of_number(caller, data.number), now)
    except Refusal as refusal:
        return await _one(request, caller, group_id, number=data.number, refused=refusal)
    return go(f"/office/booking-groups/{group_id}")


@post("/office/booking-groups/{group_id:uuid}/members/{person_id:uuid}/leave", guards=keepers)
async def take_leave(group_id: FromPath[UUID], person_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await booking_groups.leave_group(caller, group_id, person_id, now)
    return go(f"/office/booking-groups/{group_id}")


routes: list[Any] = [list_groups, take_group, see_group, take_change, take_end, take_member, take_leave]
