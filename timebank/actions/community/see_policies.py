"""The rules of a community as people read them: what holds today, what comes, what was."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import walltimes
from timebank.communities import spells, tree
from timebank.communities.spells import Published, Reach, Spell
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right


class RulesHere(msgspec.Struct, frozen=True):
    """`past` has the latest first. `replaced` gave way before their day came. `makers` are the nodes whose rules these are."""

    node: Node
    today: date
    in_force: Spell | None
    coming: list[Spell]
    past: list[Spell]
    replaced: list[Published]
    makers: dict[UUID, Node]
    reach: Reach


async def rules_here(community_id: UUID, now: datetime) -> RulesHere:
    """For everybody; who published is a matter of the office. Raises NotFound."""
    node = await tree.node(community_id)
    today = walltimes.day_of(now, node.time_zone)
    found = await spells.published(community_id)
    made = spells.spells(found, node.ancestor_ids)
    applied = {each.policy.id for each in made}
    return RulesHere(
        node=node,
        today=today,
        in_force=spells.on(made, today),
        coming=[each for each in made if each.first_on > today],
        past=[each for each in reversed(made) if each.last_on is not None and each.last_on < today],
        replaced=[each for each in found if each.policy.community_id == node.id and each.policy.id not in applied],
        makers={each.id: each for each in await tree.nodes(node.ancestor_ids)},
        reach=await spells.reach(node.id, today),
    )


async def kept_rules(caller: Caller, community_id: UUID, now: datetime) -> RulesHere:
    """The same for those who may change them. Raises NotAllowed, NotFound."""
    found = await rules_here(community_id, now)
    caller.require(Right.SET_RULES, found.node.ancestor_ids)
    return found
