"""Groups with a right of their own in booking: who keeps them, who is in them. Their order is published to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.people import audit, groups, members
from timebank.people.callers import Caller, Right
from timebank.people.groups import GroupMember, PersonGroup


class NoSuchMember(Malformed):
    """No member in the caller's reach has this number. Facts: field, reason."""


class KeptGroups(msgspec.Struct, frozen=True):
    """A community of the caller's with its groups, in their order."""

    node: Node
    groups: Sequence[PersonGroup]


class KeptGroup(msgspec.Struct, frozen=True):
    """One group with its members."""

    group: PersonGroup
    node: Node
    members: Sequence[GroupMember]


async def kept_groups(caller: Caller) -> list[KeptGroups]:
    """The communities in the caller's reach with their groups."""
    nodes = [node for node in await tree.below(caller.nodes(Right.MANAGE_SPACES)) if node.kind in ("sub_district", "community")]
    found = await groups.of_branch([node.id for node in nodes])
    return [KeptGroups(node, [group for group in found if group.community_id == node.id]) for node in nodes]


async def kept_group(caller: Caller, group_id: UUID) -> KeptGroup:
    """Raises NotAllowed and NotFound."""
    group = await _reach(caller, group_id)
    return KeptGroup(group, await tree.node(group.community_id), await groups.members(group_id))


async def published(community_id: UUID) -> list[PersonGroup]:
    """The groups of a community and of those above it, in their order: for everybody."""
    return await groups.of_branch(await tree.ancestors(community_id))


@action
async def create_group(caller: Caller, community_id: UUID, name: str, name_en: str, priority: int, now: datetime) -> UUID:
    """A new group; its id. Raises NotAllowed, NotFound, GroupNameTaken, GroupNameNeeded, Malformed."""
    caller.require(Right.MANAGE_SPACES, (await tree.node(community_id)).ancestor_ids)
    made = await groups.add(community_id, name.strip(), name_en.strip(), priority, caller.member(), now)
    await audit.write(caller.id, "booking_group.created", f"group:{made}", now, name=name, priority=priority)
    return made


@action
async def change_group(caller: Caller, group_id: UUID, name: str, name_en: str, priority: int, now: datetime) -> None:
    """Name and place in the order. Raises NotAllowed, NotFound, GroupNameTaken, GroupNameNeeded. Safe to repeat."""
    await _reach(caller, group_id)
    await groups.change(group_id, name.strip(), name_en.strip(), priority)
    await audit.write(caller.id, "booking_group.changed", f"group:{group_id}", now, name=name, priority=priority)


@action
async def end_group(caller: Caller, group_id: UUID, now: datetime) -> None:
    """It gives nobody anything any more. Raises NotAllowed, NotFound."""
    await _reach(caller, group_id)
    await groups.end(group_id, now)
    await audit.write(caller.id, "booking_group.ended", f"group:{group_id}", now)


@action
async def join_group(caller: Caller, group_id: UUID, person_id: UUID, now: datetime) -> None:
    """Raises NotAllowed, and NotFound also for a member out of the caller's reach. Safe to repeat."""
    await _reach(caller, group_id)
    member = await members.one(person_id)
    if not caller.may(Right.MANAGE_MEMBERS, await tree.ancestors(member.community_id)):
        raise NotFound(what="member")
    await groups.join(group_id, person_id, caller.member(), now)
    await audit.write(caller.id, "booking_group.joined", f"group:{group_id}", now, on_behalf_of=person_id)


@action
async def leave_group(caller: Caller, group_id: UUID, person_id: UUID, now: datetime) -> None:
    """Raises NotAllowed, NotFound. Safe to repeat."""
    await _reach(caller, group_id)
    await groups.leave(group_id, person_id)
    await audit.write(caller.id, "booking_group.left", f"group:{group_id}", now, on_behalf_of=person_id)


async def member_of_number(caller: Caller, text: str) -> UUID:
    """A member in the caller's reach by the volunteer number that was typed; who is suspended keeps groups and exemptions.

    Raises NoSuchMember.
    """
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdecimal() and len(number) < 10:
        found = await members.by_number(int(number), with_suspended=True)
        if found and caller.may(Right.MANAGE_MEMBERS, (await tree.of_member(found)).ancestor_ids):
            return found
    raise NoSuchMember(field="number", reason="no member with this number")


async def _reach(caller: Caller, group_id: UUID) -> PersonGroup:
    found = await groups.one(group_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(found.community_id))
    return found
