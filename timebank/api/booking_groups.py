"""Groups with a right of their own in booking: their order, published to everybody, and who is in them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from schedules import space_rules
from schedules.space_rules import Early
from timebank.actions.rooms import booking_groups
from timebank.people.callers import Right
from timebank.people.groups import GroupMember, PersonGroup
from timebank.web.access import anyone, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
NameIn = Annotated[str, Meta(max_length=100)]


class NewGroup(msgspec.Struct, forbid_unknown_fields=True):
    """`priority` 1 comes first."""

    community_id: UUID
    name: Name
    priority: Annotated[int, Meta(ge=1, le=1000)]
    name_en: NameIn = ""


class GroupChange(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    priority: Annotated[int, Meta(ge=1, le=1000)]
    name_en: NameIn = ""


class GroupsShown(msgspec.Struct):
    """In their order. `early`: how far ahead a group books where that is not as for everybody."""

    groups: list[PersonGroup]
    early: list[Early]


class GroupShown(msgspec.Struct):
    group: PersonGroup
    members: list[GroupMember]


@get("/api/v1/booking-groups", guards=[anyone])
async def get_groups(community_id: FromQuery[UUID]) -> GroupsShown:
    """The groups of a community and of those above it with a right of their own in booking, in their order."""
    groups = await booking_groups.published(community_id)
    return GroupsShown(groups, await space_rules.early([group.id for group in groups]))


@post("/api/v1/booking-groups", guards=staff)
async def post_group(data: JSONBody[NewGroup], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new group."""
    asked = request_key(caller, key, data, now, "create booking group")
    answer = await booking_groups.create_group.once(
        asked, caller, data.community_id, data.name, data.name_en, data.priority, now
    )
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@get("/api/v1/booking-groups/{group_id:uuid}", guards=staff)
async def get_group(group_id: FromPath[UUID], caller: Who) -> GroupShown:
    """One group with its members."""
    found = await booking_groups.kept_group(caller, group_id)
    return GroupShown(found.group, list(found.members))


@put("/api/v1/booking-groups/{group_id:uuid}", guards=staff)
async def put_group(group_id: FromPath[UUID], data: JSONBody[GroupChange], caller: Who, now: Now) -> GroupShown:
    """Its name and its place in the order. Safe to repeat."""
    await booking_groups.change_group(caller, group_id, data.name, data.name_en, data.priority, now)
    found = await booking_groups.kept_group(caller, group_id)
    return GroupShown(found.group, list(found.members))


@post("/api/v1/booking-groups/{group_id:uuid}/end", guards=staff, status_code=200)
async def post_end_group(group_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """It gives nobody anything any more."""
    await booking_groups.end_group(caller, group_id, now)
    return Made(group_id)


@put("/api/v1/booking-groups/{group_id:uuid}/members/{person_id:uuid}", guards=staff)
async def put_member(group_id: FromPath[UUID], person_id: FromPath[UUID], caller: Who, now: Now) -> GroupShown:
    """Takes a member in. Safe to repeat."""
    await booking_groups.join_group(caller, group_id, person_id, now)
    found = await booking_groups.kept_group(caller, group_id)
    return GroupShown(found.group, list(found.members))


@delete("/api/v1/booking-groups/{group_id:uuid}/members/{person_id:uuid}", guards=staff, status_code=200)
async def delete_member(group_id: FromPath[UUID], person_id: FromPath[UUID], caller: Who, now: Now) -> GroupShown:
    """Takes a member out. Safe to repeat."""
    await booking_groups.leave_group(caller, group_id, person_id, now)
    found = await booking_groups.kept_group(caller, group_id)
    return GroupShown(found.group, list(found.members))


routes: list[Any] = [get_groups, post_group, get_group, put_group, post_end_group, put_member, delete_member]
