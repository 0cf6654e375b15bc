"""The rules of a room as its staff set and try them: hours, limits, parts, units, what can be borrowed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import accessories, opening, parts, space_rules, spaces, wishes
from schedules.accessories import Accessory
from schedules.errors import NotFound
from schedules.opening import Window
from schedules.quotas import Kind, Per, Period
from schedules.space_rules import SpaceRule, WrongRule
from schedules.spaces import Space
from schedules.wishes import Verdict, Wish
from timebank.actions.action import action
from timebank.actions.rooms.keep_spaces import reach
from timebank.communities import tree
from timebank.people import audit, groups, members
from timebank.people.callers import Caller, Right
from timebank.people.groups import PersonGroup

Scope = Literal["space", "together", "community"]
Name = Annotated[str, Meta(max_length=100)]


class NewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule as staff write it down.

    `amount` is minutes (longest, notice, minutes), days (horizon) or bookings (bookings, at_once); null: no limit. `scope`:
    this room; the rooms that count together with it; or every room of its community and below.
    """

    kind: Kind
    amount: Annotated[int, Meta(ge=0, le=1_000_000)] | None
    scope: Scope = "space"
    per: Per | None = None
    period: Period | None = None
    days: Annotated[int, Meta(ge=1, le=730)] | None = None
    group_id: UUID | None = None
    weekdays: Annotated[tuple[int, ...], Meta(max_length=7)] = ()
    opens: time | None = None
    closes: time | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    name: Name = ""
    name_en: Name = ""


class Whom(msgspec.Struct, frozen=True):
    """As whom a rule is tried: a member, or anybody of a group; neither: a resident without a group who has booked nothing."""

    member_id: UUID | None = None
    group_id: UUID | None = None


class RulesOf(msgspec.Struct, frozen=True):
    """A room with the rules beside its own figures, and the groups that they can be for."""

    space: Space
    rules: Sequence[SpaceRule]
    groups: Sequence[PersonGroup]


class PartsOf(msgspec.Struct, frozen=True):
    """What a room consists of, of what it is a part, what could be a part of it, and what can be borrowed with it."""

    space: Space
    parts: Sequence[Space]
    wholes: Sequence[Space]
    others: Sequence[Space]
    accessories: Sequence[Accessory]


@action
async def change_hours(caller: Caller, space_id: UUID, hours: Sequence[Window], now: datetime) -> None:
    """The weekly hours from now on; bookings that were made stay. Raises NotAllowed, NotFound, Malformed. Safe to repeat."""
    await reach(caller, space_id)
    await spaces.set_hours(space_id, hours, now=now)
    await audit.write(caller.id, "space.hours_changed", f"space:{space_id}", now, hours=len(hours))


@action
async def set_day(
    caller: Caller, space_id: UUID, day: date, hours: Sequence[tuple[time, time]], reason: str, now: datetime
) -> None:
    """Other hours on one day, or none. Raises NotAllowed, NotFound, Malformed. Safe to repeat."""
    await reach(caller, space_id)
    await opening.write_day(space_id, day, hours, reason.strip())
    await audit.write(caller.id, "space.day_set", f"space:{space_id}", now, day=day, is_shut=not hours, reason=reason.strip())


@action
async def clear_day(caller: Caller, space_id: UUID, day: date, now: datetime) -> None:
    """The day has the weekly hours again. Raises NotAllowed, NotFound. Safe to repeat."""
    await reach(caller, space_id)
    await opening.clear_day(space_id, day)
    await audit.write(caller.id, "space.day_cleared", f"space:{space_id}", now, day=day)


@action
async def add_rule(caller: Caller, space_id: UUID, wish: NewRule, now: datetime) -> UUID:
    """The rule holds for bookings made from now on. Raises NotAllowed, NotFound, WrongRule."""
    space = await reach(caller, space_id)
    if wish.scope == "together" and not space.quota_group:
        raise WrongRule(field="scope", reason="this room counts together with no other")
    if wish.group_id is not None:
        await _reach_group(space, wish.group_id)
    fields = {name: value for name, value in msgspec.structs.asdict(wish).items() if name != "scope"}
    rule = SpaceRule(
        **fields,
        community_id=space.community_id,
        space_id=space_id if wish.scope == "space" else None,
        quota_group=space.quota_group if wish.scope == "together" else "",
    )
    made = await space_rules.add(rule, caller.member(), now)
    await audit.write(caller.id, "space.rule_added", f"space:{space_id}", now, rule=msgspec.to_builtins(wish))
    return made


@action
async def end_rule(caller: Caller, rule_id: UUID, now: datetime) -> None:
    """The rule holds no more. Raises NotAllowed, NotFound. Safe to repeat."""
    rule = await space_rules.one(rule_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(rule.community_id))
    await space_rules.end(rule_id, caller.member(), now)
    await audit.write(caller.id, "space.rule_ended", f"rule:{rule_id}", now, kind=rule.kind)


@action
async def divide_space(caller: Caller, space_id: UUID, part_ids: Sequence[UUID], now: datetime) -> None:
    """It consists of these rooms from now on; none: of itself. Safe to repeat.

    Raises NotAllowed, NotFound, NoPart, PartsTaken.
    """
    await reach(caller, space_id)
    for part_id in part_ids:
        await reach(caller, part_id)
    await parts.divide(space_id, part_ids, now)
    await audit.write(caller.id, "space.divided", f"space:{space_id}", now, parts=list(part_ids))


@action
async def set_units(caller: Caller, space_id: UUID, units: int, now: datetime) -> None:
    """How many alike there are of it. Raises NotAllowed, NotFound, NoPart, TooFewUnits, Malformed. Safe to repeat."""
    await reach(caller, space_id)
    await parts.set_units(space_id, units, now)
    await audit.write(caller.id, "space.units_set", f"space:{space_id}", now, units=units)


@action
async def add_accessory(
    caller: Caller, space_id: UUID, name: str, name_en: str, quantity: int, is_everywhere: bool, now: datetime
) -> UUID:
    """Something to borrow with this room, or with every room of its community. Raises NotAllowed, NotFound, Malformed."""
    space = await reach(caller, space_id)
    where = None if is_everywhere else space_id
    made = await accessories.add(space.community_id, where, name.strip(), name_en.strip(), quantity, now=now)
    await audit.write(caller.id, "accessory.added", f"accessory:{made}", now, name=name, quantity=quantity)
    return made


@action
async def change_accessory(caller: Caller, accessory_id: UUID, name: str, name_en: str, quantity: int, now: datetime) -> None:
    """What it is called and how many there are. Raises NotAllowed, NotFound, Malformed. Safe to repeat."""
    await _reach_accessory(caller, accessory_id)
    await accessories.change(accessory_id, name.strip(), name_en.strip(), quantity)
    await audit.write(caller.id, "accessory.changed", f"accessory:{accessory_id}", now, name=name, quantity=quantity)


@action
async def end_accessory(caller: Caller, accessory_id: UUID, now: datetime) -> None:
    """Nobody can borrow it any more. Raises NotAllowed, NotFound."""
    await _reach_accessory(caller, accessory_id)
    await accessories.end(accessory_id, now)
    await audit.write(caller.id, "accessory.ended", f"accessory:{accessory_id}", now)


async def _reach_accessory(caller: Caller, accessory_id: UUID) -> None:
    found = await accessories.one(accessory_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(found.community_id))


async def _reach_group(space: Space, group_id: UUID) -> PersonGroup:
    found = await groups.one(group_id)
    if found.community_id not in await tree.ancestors(space.community_id):
        raise NotFound(what="group")
    return found


async def rules_of(caller: Caller, space_id: UUID) -> RulesOf:
    """For its staff. Raises NotAllowed and NotFound."""
    space = await reach(caller, space_id)
    branch = await tree.ancestors(space.community_id)
    return RulesOf(space, await space_rules.of_space(space), await groups.of_branch(branch))


async def parts_of(caller: Caller, space_id: UUID) -> PartsOf:
    """For its staff. Raises NotAllowed and NotFound."""
    space = await reach(caller, space_id)
    others = [one for one in await spaces.of_communities([space.community_id]) if one.id != space_id and one.units == 1]
    return PartsOf(space, await parts.of(space_id), await parts.wholes(space_id), others, await accessories.of_space(space_id))


async def try_rules(caller: Caller, wish: Wish, whom: Whom, now: datetime) -> Verdict:
    """What booking would answer somebody else: the same engine on the same facts, and nothing is stored (booking-127).

    Raises NotAllowed, NotFound, Malformed.
    """
    space = await reach(caller, wish.space_id)
    if whom.member_id is not None:
        member = await members.one(whom.member_id)
        caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(member.community_id))
        return await wishes.judge(member.id, member.household_id, wish, now)
    group_ids = [(await _reach_group(space, whom.group_id)).id] if whom.group_id else []
    return await wishes.judge(NOBODY_YET, None, wish, now, group_ids=group_ids)


NOBODY_YET = UUID(int=0)
"""Somebody who has booked nothing: no member has this id."""
