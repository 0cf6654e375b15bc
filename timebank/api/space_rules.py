"""Rules of rooms beside their own figures: single days, limits, parts, units, what can be borrowed, groups; and trying them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import accessories, opening, space_rules
from schedules.accessories import Accessory
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.space_rules import Early, SpaceRule
from timebank.actions.rooms import booking_groups, set_rules
from timebank.actions.rooms.set_rules import NewRule, Whom
from timebank.api.bookings import Reason, reasons, wish_of
from timebank.people.callers import Right
from timebank.people.groups import GroupMember, PersonGroup
from timebank.web.access import anyone, needs
from timebank.web.request import Key, Now, Reads, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
NameIn = Annotated[str, Meta(max_length=100)]


class Made(msgspec.Struct):
    id: UUID


class RulesShown(msgspec.Struct):
    """The rules that hold for a room beside its own figures, and the groups that they can be for, in their published order."""

    rules: list[SpaceRule]
    groups: list[PersonGroup]


class Tried(msgspec.Struct):
    """`may` is what booking would answer that person now; `broken` names every rule that says no."""

    may: bool
    broken: list[Reason]
    alternatives: list[Interval]


class Clock(msgspec.Struct, forbid_unknown_fields=True):
    """Local times; closing at or before opening is after midnight."""

    opens: time
    closes: time


class DayHours(msgspec.Struct, forbid_unknown_fields=True):
    """The hours of one day instead of the weekly ones; none: the room is closed that day."""

    hours: Annotated[tuple[Clock, ...], Meta(max_length=10)] = ()
    reason: Annotated[str, Meta(max_length=200)] = ""


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


@get("/api/v1/spaces/{space_id:uuid}/rules", guards=staff)
async def get_rules(space_id: FromPath[UUID], caller: Who) -> RulesShown:
    """Every rule that holds for a room, whoever it is for."""
    found = await set_rules.rules_of(caller, space_id)
    return RulesShown(list(found.rules), list(found.groups))


@post("/api/v1/spaces/{space_id:uuid}/rules", guards=staff)
async def post_rule(
    space_id: FromPath[UUID], data: JSONBody[NewRule], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """A rule for bookings made from now on. Of several that match, the strictest applies."""
    asked = request_key(caller, key, (space_id, data), now, "add rule")
    answer = await set_rules.add_rule.once(asked, caller, space_id, data, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/space-rules/{rule_id:uuid}/end", guards=staff, status_code=200)
async def post_end_rule(rule_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """The rule holds no more. Safe to repeat."""
    await set_rules.end_rule(caller, rule_id, now)
    return Made(rule_id)


@get("/api/v1/spaces/{space_id:uuid}/try", guards=staff)
async def get_try(
    space_id: FromPath[UUID],
    caller: Who,
    now: Now,
    language: Reads,
    starts_at: FromQuery[datetime | None] = None,
    ends_at: FromQuery[datetime | None] = None,
    starts: FromQuery[datetime | None] = None,
    ends: FromQuery[datetime | None] = None,
    people: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
    member_id: FromQuery[UUID | None] = None,
    group_id: FromQuery[UUID | None] = None,
) -> Tried:
    """What booking would answer a member, somebody of a group, or a resident who has booked nothing. Nothing is stored."""
    wish = wish_of(space_id, starts_at, ends_at, starts, ends, people=people)
    verdict = await set_rules.try_rules(caller, wish, Whom(member_id, group_id), now)
    told = reasons(verdict.broken, language, verdict.space.time_zone)
    return Tried(not verdict.broken, told, list(verdict.alternatives))


@put("/api/v1/spaces/{space_id:uuid}/hours", guards=staff)
async def put_hours(space_id: FromPath[UUID], data: JSONBody[list[Window]], caller: Who, now: Now) -> list[Window]:
    """The weekly hours from now on; single days keep theirs. Safe to repeat."""
    await set_rules.change_hours(caller, space_id, data, now)
    return (await opening.read([space_id]))[space_id]


@put("/api/v1/spaces/{space_id:uuid}/days/{day:date}", guards=staff)
async def put_day(
    space_id: FromPath[UUID], day: FromPath[date], data: JSONBody[DayHours], caller: Who, now: Now
) -> list[Window]:
    """Other hours on one day, or none. Safe to repeat."""
    hours = [(clock.opens, clock.closes) for clock in data.hours]
    await set_rules.set_day(caller, space_id, day, hours, data.reason, now)
    return (await opening.read([space_id]))[space_id]


@delete("/api/v1/spaces/{space_id:uuid}/days/{day:date}", guards=staff, status_code=200)
async def delete_day(space_id: FromPath[UUID], day: FromPath[date], caller: Who, now: Now) -> list[Window]:
    """The day has the weekly hours again. Safe to repeat."""
    await set_rules.clear_day(caller, space_id, day, now)
    return (await opening.read([space_id]))[space_id]


@get("/api/v1/spaces/{space_id:uuid}/parts", guards=staff)
async def get_parts(space_id: FromPath[UUID], caller: Who) -> PartsShown:
    """What a room consists of."""
    found = await set_rules.parts_of(caller, space_id)
    return PartsShown([one.id for one in found.parts], [one.id for one in found.wholes], found.space.units)


@put("/api/v1/spaces/{space_id:uuid}/parts", guards=staff)
async def put_parts(space_id: FromPath[UUID], data: JSONBody[Parts], caller: Who, now: Now) -> PartsShown:
    """Divides a room; what is planned in it moves into its parts. Safe to repeat."""
    await set_rules.divide_space(caller, space_id, data.part_ids, now)
    found = await set_rules.parts_of(caller, space_id)
    return PartsShown([one.id for one in found.parts], [one.id for one in found.wholes], found.space.units)


@put("/api/v1/spaces/{space_id:uuid}/units", guards=staff)
async def put_units(space_id: FromPath[UUID], data: JSONBody[Units], caller: Who, now: Now) -> PartsShown:
    """How many alike there are of it, such as desks: a booking takes some of them. Safe to repeat."""
    await set_rules.set_units(caller, space_id, data.units, now)
    found = await set_rules.parts_of(caller, space_id)
    return PartsShown([one.id for one in found.parts], [one.id for one in found.wholes], found.space.units)


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


routes: list[Any] = [
    get_rules,
    post_rule,
    post_end_rule,
    get_try,
    put_hours,
    put_day,
    delete_day,
    get_parts,
    put_parts,
    put_units,
    get_accessories,
    post_accessory,
    put_accessory,
    post_end_accessory,
    get_groups,
    post_group,
    get_group,
    put_group,
    post_end_group,
    put_member,
    delete_member,
]
