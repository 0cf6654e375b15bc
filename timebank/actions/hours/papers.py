"""Whose papers somebody reaches, which unit issues them, and what its rules say of them. Reads only."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import walltimes
from schedules.errors import NotFound
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right

BODIES = ("sub_district", "community")
"""Nodes that are bodies: a grid or a building records nothing of its own."""


async def reach(caller: Caller, member_id: UUID) -> None:
    """Raises NotFound for another's as for nobody's."""
    own = caller.member() == member_id
    if not own and not caller.may(Right.MANAGE_MEMBERS, (await tree.of_member(member_id)).ancestor_ids):
        raise NotFound(what="member")


async def unit_of(member_id: UUID) -> Node:
    """The recording unit: the nearest body above the member's door."""
    home = await tree.of_member(member_id)
    bodies = [node for node in await tree.nodes(home.ancestor_ids) if node.kind in BODIES]
    return bodies[-1] if bodies else home


async def rules_of(unit: Node, now: datetime) -> tuple[bool, int]:
    """Whether the unit certifies today, and how many days of notice come before that."""
    try:
        rules = (await policies.in_force(unit.id, walltimes.day_of(now, unit.time_zone))).rules
    except NoPolicy:
        return False, 0
    return rules.issues_certificates, rules.notice_days if rules.issues_certificates else 0
