"""Choosing a node of the tree without a list of a thousand: down from one's own, a step at a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import Malformed
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Rules
from timebank.communities.tree import Node
from timebank.people.callers import Caller, Right


class Where(msgspec.Struct, frozen=True):
    """`at` is the node chosen so far, `path` the nodes above it within reach, `choices` where one can go from here."""

    at: Node | None
    path: list[Node]
    choices: list[Node]


async def where(caller: Caller, right: Right, at: str) -> Where:
    """From the text of an address; without one, the caller's own node where there is only one.

    Raises NotAllowed, NotFound, Malformed.
    """
    own = await tree.nodes(caller.nodes(right))
    if not at and len(own) != 1:
        return Where(None, [], own)
    chosen = await tree.node(node_id(at)) if at else own[0]
    caller.require(right, chosen.ancestor_ids)
    reached = {node.id for node in own}
    first = next(place for place, above in enumerate(chosen.ancestor_ids) if above in reached)
    path = await tree.nodes(chosen.ancestor_ids[first:-1])
    return Where(chosen, path, await tree.children(chosen.id))


def node_id(text: str) -> UUID:
    """Raises Malformed."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field="community_id", reason="not an id") from error


async def in_force(node: Node | None, now: datetime) -> Rules | None:
    """The rules of a node today, on its own wall; None where there is no node, or none are in force."""
    try:
        return (await policies.in_force(node.id, walltimes.day_of(now, node.time_zone))).rules if node else None
    except NoPolicy:
        return None
