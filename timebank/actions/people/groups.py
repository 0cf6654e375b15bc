"""Trusted groups, for whom sign-up opens earlier, and partner organisations: kept by the community's staff."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules.errors import Malformed
from timebank.actions.action import action
from timebank.communities import partners, tree
from timebank.communities.partners import Kind, Partner
from timebank.people import audit, trusted_groups
from timebank.people.callers import Caller, Right
from timebank.people.trusted_groups import Group, Person

MOST_MINUTES = 60 * 24 * 60


class Made(msgspec.Struct, frozen=True):
    id: UUID


@action
async def see_groups(caller: Caller) -> list[Group]:
    """Within the caller's reach. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.MANAGE_MEMBERS)
    return await trusted_groups.in_reach(caller.nodes(Right.MANAGE_MEMBERS))


@action
async def see_group(caller: Caller, group_id: UUID) -> tuple[Group, list[Person]]:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    group = await trusted_groups.one(group_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(group.community_id))
    return group, await trusted_groups.people(group_id)


@action
async def add_group(caller: Caller, community_id: UUID, name: str, name_en: str, minutes_earlier: int, now: datetime) -> Made:
    """Raises SignInNeeded, NotAllowed, NotFound, GroupKnown, Malformed."""
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(community_id))
    if not name.strip():
        raise Malformed(field="name", reason="a name")
    if not 1 <= minutes_earlier <= MOST_MINUTES:
        raise Malformed(field="minutes_earlier", reason=f"from 1 to {MOST_MINUTES} minutes")
    made = await trusted_groups.add(community_id, name, name_en, minutes_earlier, caller.member(), now)
    await audit.write(caller.id, "group.added", f"group:{made}", now, name=name)
    return Made(made)


@action
async def end_group(caller: Caller, group_id: UUID, now: datetime) -> None:
    """Its people have no earlier time any more. Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    group = await trusted_groups.one(group_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(group.community_id))
    await trusted_groups.end(group_id, now)
    await audit.write(caller.id, "group.ended", f"group:{group_id}", now)


@action
async def put_in_group(caller: Caller, group_id: UUID, member_id: UUID, now: datetime) -> None:
    """Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    group = await trusted_groups.one(group_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(group.community_id))
    await tree.of_member(member_id)
    await trusted_groups.add_person(group_id, member_id, caller.member(), now)
    await audit.write(caller.id, "group.joined", f"group:{group_id}", now, on_behalf_of=member_id)


@action
async def take_out_of_group(caller: Caller, group_id: UUID, member_id: UUID, now: datetime) -> None:
    """Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    group = await trusted_groups.one(group_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(group.community_id))
    await trusted_groups.drop_person(group_id, member_id)
    await audit.write(caller.id, "group.left", f"group:{group_id}", now, on_behalf_of=member_id)


# Partners


@action
async def see_partners(caller: Caller) -> list[Partner]:
    """Within the caller's reach. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.MANAGE_MEMBERS)
    return await partners.in_reach(caller.nodes(Right.MANAGE_MEMBERS))


@action
async def add_partner(
    caller: Caller, community_id: UUID, name: str, name_en: str, kind: Kind, contact: str, now: datetime
) -> Made:
    """Raises SignInNeeded, NotAllowed, NotFound, PartnerKnown, Malformed."""
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(community_id))
    if not name.strip():
        raise Malformed(field="name", reason="a name")
    made = await partners.add(community_id, name, name_en, kind, contact, caller.member(), now)
    await audit.write(caller.id, "partner.added", f"partner:{made}", now, name=name)
    return Made(made)


@action
async def change_partner(
    caller: Caller, partner_id: UUID, name: str, name_en: str, kind: Kind, contact: str, now: datetime
) -> Made:
    """Raises SignInNeeded, NotAllowed, NotFound, PartnerKnown, Malformed. Safe to repeat."""
    found = await partners.one(partner_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(found.community_id))
    if not name.strip():
        raise Malformed(field="name", reason="a name")
    await partners.change(partner_id, name, name_en, kind, contact)
    await audit.write(caller.id, "partner.changed", f"partner:{partner_id}", now, name=name)
    return Made(partner_id)


@action
async def end_partner(caller: Caller, partner_id: UUID, now: datetime, is_back: bool = False) -> None:
    """No longer offered; with `is_back`, offered again. Raises SignInNeeded, NotAllowed, NotFound. Safe to repeat."""
    found = await partners.one(partner_id)
    caller.require(Right.MANAGE_MEMBERS, await tree.ancestors(found.community_id))
    await partners.end(partner_id, None if is_back else now)
    await audit.write(caller.id, "partner.back" if is_back else "partner.ended", f"partner:{partner_id}", now)
