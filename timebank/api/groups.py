"""Trusted groups, for whom sign-up opens earlier, and partner organisations."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.people.groups import (
    Made,
    add_group,
    add_partner,
    change_partner,
    end_group,
    end_partner,
    put_in_group,
    see_group,
    see_groups,
    see_partners,
    take_out_of_group,
)
from timebank.communities.partners import Kind, Partner
from timebank.people.callers import Right
from timebank.people.trusted_groups import Group, Person
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_MEMBERS)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    """`minutes_earlier` is added to the time at which an activity that names the group opens for everybody."""

    community_id: UUID
    name: Name
    minutes_earlier: Annotated[int, Meta(ge=1, le=86400)]
    name_en: Annotated[str, Meta(max_length=100)] = ""


class GroupView(msgspec.Struct):
    group: Group
    people: list[Person]


class MemberId(msgspec.Struct, forbid_unknown_fields=True):
    member_id: UUID


class PartnerBody(msgspec.Struct, forbid_unknown_fields=True):
    """`contact` is for staff only."""

    name: Name
    kind: Kind
    name_en: Annotated[str, Meta(max_length=100)] = ""
    contact: Annotated[str, Meta(max_length=500)] = ""


class NewPartner(msgspec.Struct, forbid_unknown_fields=True):
    community_id: UUID
    name: Name
    kind: Kind
    name_en: Annotated[str, Meta(max_length=100)] = ""
    contact: Annotated[str, Meta(max_length=500)] = ""


@get("/api/v1/groups", guards=staff)
async def get_groups(caller: Who) -> list[Group]:
    """Within the caller's reach, in use."""
    return await see_groups(caller)


@post("/api/v1/groups", guards=staff)
async def post_group(data: JSONBody[NewGroup], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    kept = request_key(caller, key, data, now, "add group")
    answer = await add_group.once(kept, caller, data.community_id, data.name, data.name_en, data.minutes_earlier, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/groups/{group_id:uuid}", guards=staff)
async def get_group(group_id: FromPath[UUID], caller: Who) -> GroupView:
    return GroupView(*await see_group(caller, group_id))


@post("/api/v1/groups/{group_id:uuid}/end", guards=staff, status_code=204)
async def post_end_group(group_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Its people have no earlier time any more. Safe to repeat."""
    await end_group(caller, group_id, now)


@post("/api/v1/groups/{group_id:uuid}/put-in", guards=staff, status_code=204)
async def post_put_in(group_id: FromPath[UUID], data: JSONBody[MemberId], caller: Who, now: Now) -> None:
    """Safe to repeat."""
    await put_in_group(caller, group_id, data.member_id, now)


@post("/api/v1/groups/{group_id:uuid}/take-out", guards=staff, status_code=204)
async def post_take_out(group_id: FromPath[UUID], data: JSONBody[MemberId], caller: Who, now: Now) -> None:
    """Safe to repeat."""
    await take_out_of_group(caller, group_id, data.member_id, now)


@get("/api/v1/partners", guards=staff)
async def get_partners(caller: Who) -> list[Partner]:
    """Within the caller's reach."""
    return await see_partners(caller)


@post("/api/v1/partners", guards=staff)
async def post_partner(data: JSONBody[NewPartner], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    kept = request_key(caller, key, data, now, "add partner")
    answer = await add_partner.once(kept, caller, data.community_id, data.name, data.name_en, data.kind, data.contact, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@put("/api/v1/partners/{partner_id:uuid}", guards=staff)
async def put_partner(partner_id: FromPath[UUID], data: JSONBody[PartnerBody], caller: Who, now: Now) -> Made:
    return await change_partner(caller, partner_id, data.name, data.name_en, data.kind, data.contact, now)


@post("/api/v1/partners/{partner_id:uuid}/end", guards=staff, status_code=204)
async def post_end_partner(partner_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """No longer offered to organisers; activities keep it. Safe to repeat."""
    await end_partner(caller, partner_id, now)


@post("/api/v1/partners/{partner_id:uuid}/bring-back", guards=staff, status_code=204)
async def post_partner_back(partner_id: FromPath[UUID], caller: Who, now: Now) -> None:
    await end_partner(caller, partner_id, now, is_back=True)


routes: list[Any] = [
    get_groups,
    post_group,
    get_group,
    post_end_group,
    post_put_in,
    post_take_out,
    get_partners,
    post_partner,
    put_partner,
    post_end_partner,
    post_partner_back,
]
