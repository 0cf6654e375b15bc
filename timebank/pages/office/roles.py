"""The office's pages about roles: who holds what, giving and taking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.community.roles import end_role, grant_role
from timebank.actions.people.members import see_member
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.reading import own_path
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people import roles
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.GRANT_ROLES)]


class NewRole(msgspec.Struct):
    role: Short = ""
    community_id: Short = ""
    key: Short = ""


class Ending(msgspec.Struct):
    back: str = "/office/roles"


@get("/office/roles", guards=staff)
async def list_roles(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "office/roles.html", held=await roles.at_or_below(caller.nodes(Right.GRANT_ROLES)))


@get("/office/members/{member_id:uuid}/roles", guards=staff)
async def new_role(member_id: FromPath[UUID], request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await draw_new(request, caller, member_id, at)


async def draw_new(
    request: Ask, caller: Caller, member_id: UUID, at: str, refusal: Refusal | None = None, role: str = ""
) -> Response[str]:
    return draw(
        request,
        "office/new_role.html",
        refusal,
        member=await see_member(caller, member_id),
        where=await where(caller, Right.GRANT_ROLES, at),
        roles=roles.ROLES,
        role=role,
    )


@post("/office/members/{member_id:uuid}/roles", guards=staff)
async def take_role(
    member_id: FromPath[UUID], data: URLEncodedBody[NewRole], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        key = request_key(caller, data.key, [member_id, data], now, "grant role")
        await grant_role.once(key, caller, member_id, data.role, node_id(data.community_id), now)
    except Refusal as refusal:
        return await draw_new(request, caller, member_id, data.community_id, refusal, data.role)
    return go(f"/office/members/{member_id}")


@post("/office/roles/{grant_id:uuid}/end", guards=staff)
async def take_end(grant_id: FromPath[UUID], data: URLEncodedBody[Ending], caller: Who, now: Now) -> Response[Any]:
    await end_role(caller, grant_id, now)
    return go(own_path(data.back))


routes: list[Any] = [list_roles, new_role, take_role, take_end]
