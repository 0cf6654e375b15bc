"""Roles at nodes of the tree, and the tree itself."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.community.communities import NewCommunity, add_community
from timebank.actions.community.roles import end_role, grant_role
from timebank.communities import tree
from timebank.communities.tree import Kind, Node
from timebank.people import roles
from timebank.people.callers import Right
from timebank.people.roles import Held
from timebank.web.access import needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    """`role`: coordinator, organiser, supervisor, steward, keeper or auditor."""

    member_id: UUID
    role: Annotated[str, Meta(max_length=40)]
    community_id: UUID


class Place(msgspec.Struct, forbid_unknown_fields=True):
    """Where in the tree, and what."""

    parent_id: UUID
    kind: Kind
    name: Annotated[str, Meta(max_length=100)]
    name_en: Annotated[str, Meta(max_length=100)] = ""


@get("/api/v1/roles", guards=[needs(Right.GRANT_ROLES)])
async def get_roles(caller: Who) -> list[Held]:
    """Roles in force within the caller's reach."""
    return await roles.at_or_below(caller.nodes(Right.GRANT_ROLES))


@post("/api/v1/roles", guards=[needs(Right.GRANT_ROLES)])
async def post_role(data: JSONBody[NewRole], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """Gives a role at a node and all below it; never to oneself."""
    answer = await grant_role.once(
        request_key(caller, key, data, now, "grant role"), caller, data.member_id, data.role, data.community_id, now
    )
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/roles/{grant_id:uuid}/end", guards=[needs(Right.GRANT_ROLES)], status_code=204)
async def post_end_role(grant_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Takes the role away at once. 404 when it has ended already."""
    await end_role(caller, grant_id, now)


@get("/api/v1/communities", guards=[needs(Right.MANAGE_MEMBERS)])
async def get_communities(caller: Who) -> list[Node]:
    """The nodes within the caller's reach, parents before their children."""
    return await tree.below(caller.nodes(Right.MANAGE_MEMBERS))


@post("/api/v1/communities", guards=[needs(Right.GRANT_ROLES)])
async def post_community(data: JSONBody[Place], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new node below one within reach: a community, a grid, a building."""
    asked = NewCommunity(**msgspec.structs.asdict(data))
    answer = await add_community.once(request_key(caller, key, data, now, "add community"), caller, asked, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


routes: list[Any] = [get_roles, post_role, post_end_role, get_communities, post_community]
