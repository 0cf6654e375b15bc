"""The tree of communities: sub-district, community, grid, building. A node knows its ancestors and never moves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Kind = Literal["sub_district", "community", "grid", "building"]
KINDS: tuple[Kind, ...] = ("sub_district", "community", "grid", "building")


class DoesNotFit(Refusal):
    """A node of this kind cannot stand below that one. Facts: kind."""


class Node(msgspec.Struct, frozen=True):
    """One community. `ancestor_ids` runs from the root down to and including the node itself: what `caller.require` takes."""

    id: UUID
    parent_id: UUID | None
    kind: Kind
    name: str
    name_en: str
    time_zone: str
    ancestor_ids: list[UUID]


class NewNode(msgspec.Struct, frozen=True):
    """A node to be made; parents stand before their children in a list of them."""

    id: UUID
    parent_id: UUID | None
    kind: Kind
    name: str
    name_en: str = ""
    time_zone: str = "Asia/Shanghai"


INSERT = """INSERT INTO community (id, parent_id, kind, name, name_en, time_zone, ancestor_ids)
VALUES ($1, $2, $3, $4, $5, $6, $7)"""
COLUMNS = "c.id, c.parent_id, c.kind, c.name, c.name_en, c.time_zone, c.ancestor_ids"


def _node(row: asyncpg.Record) -> Node:
    return Node(**dict(row))


async def add(kind: Kind, name: str, time_zone: str, parent_id: UUID | None = None, name_en: str = "") -> UUID:
    """A new node below `parent_id`, or a root. Raises NotFound for an unknown parent and DoesNotFit for a wrong kind."""
    made, above = uuid4(), (await node(parent_id)).ancestor_ids if parent_id else []
    try:
        await sql.rows(
            INSERT,
            made,
            parent_id,
            kind,
            name,
            name_en,
            time_zone,
            [*above, made],
        )
    except asyncpg.CheckViolationError as error:
        raise DoesNotFit(kind=kind) from error
    return made


async def add_many(nodes: Iterable[NewNode]) -> None:
    """A whole tree at once, for loading. Raises KeyError where a child stands before its parent."""
    above: dict[UUID | None, list[UUID]] = {None: []}
    for new in nodes:
        above[new.id] = [*above[new.parent_id], new.id]
        await sql.rows(
            INSERT,
            new.id,
            new.parent_id,
            new.kind,
            new.name,
            new.name_en,
            new.time_zone,
            above[new.id],
        )


async def node(community_id: UUID) -> Node:
    """Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM community c WHERE c.id = $1", community_id)
    if found is None:
        raise NotFound(what="community")
    return _node(found)


async def ancestors(community_id: UUID) -> list[UUID]:
    """The node and all above it: where a role has to be held to reach it. Raises NotFound."""
    return (await node(community_id)).ancestor_ids


async def roots() -> list[UUID]:
    """Where a role has to be held to reach the whole: what concerns every community is for who looks after all of them."""
    return [row["id"] for row in await sql.rows("SELECT id FROM community WHERE parent_id IS NULL")]


async def of_member(member_id: UUID) -> Node:
    """The node where the member lives. Raises NotFound."""
    found = await sql.row(
        f"SELECT {COLUMNS} FROM member m JOIN community c ON c.id = m.community_id WHERE m.id = $1", member_id
    )
    if found is None:
        raise NotFound(what="member")
    return _node(found)


async def nodes(community_ids: Sequence[UUID]) -> list[Node]:
    """These nodes, the widest first; unknown ids are passed over."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM community c WHERE c.id = ANY($1::uuid[]) ORDER BY cardinality(c.ancestor_ids), c.name",
        list(community_ids),
    )
    return [_node(row) for row in found]


def _by_name(node: Node) -> list[tuple[int, str]]:
    """Sorts by the English name, figures as figures: characters have no order that people know, and 10 comes after 2."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", node.name_en or node.name)]


async def children(community_id: UUID) -> list[Node]:
    """The nodes directly below, by name."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM community c WHERE c.parent_id = $1", community_id)
    return sorted(map(_node, found), key=_by_name)


def kinds_below(kind: Kind) -> tuple[Kind, ...]:
    """What may stand below a node of this kind."""
    return KINDS[KINDS.index(kind) + 1 :]


async def below(node_ids: Sequence[UUID]) -> list[Node]:
    """These nodes and all below them, each parent before its children, siblings by name."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM community c WHERE c.ancestor_ids && $1::uuid[]", list(node_ids))
    return in_order(sorted(map(_node, found), key=_by_name))


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """The same nodes as people read a tree: each parent before its children."""
    known = {node.id for node in nodes}
    children: dict[UUID | None, list[Node]] = {}
    for each in nodes:
        children.setdefault(each.parent_id if each.parent_id in known else None, []).append(each)
    ordered: list[Node] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        ordered.append(waiting.pop())
        waiting += children.get(ordered[-1].id, [])[::-1]
    return ordered
