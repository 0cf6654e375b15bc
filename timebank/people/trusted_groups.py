"""Groups of members for whom sign-up opens earlier, where an activity says so (schedule-38)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal


class GroupKnown(Refusal):
    """The community has a group of this name. Facts: field."""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`minutes_earlier` is added to the time before the start at which an activity opens for everybody."""

    id: UUID
    community_id: UUID
    community: str
    community_en: str
    name: str
    name_en: str
    minutes_earlier: int
    ended_at: datetime | None
    people: int


class Person(msgspec.Struct, frozen=True):
    """Somebody in a group."""

    id: UUID
    number: int
    name: str
    added_at: datetime


FOUND = """
SELECT g.id, g.community_id, c.name AS community, c.name_en AS community_en, g.name, g.name_en, g.minutes_earlier, g.ended_at,
       (SELECT count(*) FROM trusted_person t WHERE t.group_id = g.id) AS people
  FROM trusted_group g JOIN community c ON c.id = g.community_id
"""


async def one(group_id: UUID) -> Group:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE g.id = $1", group_id)
    if row is None:
        raise NotFound(what="group")
    return Group(**dict(row))


async def known_at(ancestor_ids: Sequence[UUID]) -> list[Group]:
    """Groups in use at a node: its own and those of the nodes above."""
    found = await sql.rows(
        f"{FOUND} WHERE g.community_id = ANY($1) AND g.ended_at IS NULL ORDER BY g.name_en, g.name", list(ancestor_ids)
    )
    return [Group(**dict(row)) for row in found]


async def in_reach(node_ids: Sequence[UUID]) -> list[Group]:
    """Groups of these nodes and of those below, in use."""
    found = await sql.rows(
        f"{FOUND} WHERE c.ancestor_ids && $1::uuid[] AND g.ended_at IS NULL ORDER BY g.name_en, g.name", list(node_ids)
    )
    return [Group(**dict(row)) for row in found]


async def people(group_id: UUID) -> list[Person]:
    """Who is in it, by number."""
    found = await sql.rows(
        "SELECT m.id, m.number, m.name, t.added_at FROM trusted_person t JOIN member m ON m.id = t.person_id "
        "WHERE t.group_id = $1 ORDER BY m.number",
        group_id,
    )
    return [Person(*row) for row in found]


async def add(community_id: UUID, name: str, name_en: str, minutes_earlier: int, by_id: UUID, now: datetime) -> UUID:
    """A new group without people; its id. Raises GroupKnown."""
    made = await sql.value(
        "INSERT INTO trusted_group (id, community_id, name, name_en, minutes_earlier, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (community_id, name) DO NOTHING RETURNING id",
        uuid4(),
        community_id,
        name.strip(),
        name_en.strip(),
        minutes_earlier,
        by_id,
        now,
    )
    if made is None:
        raise GroupKnown(field="name")
    return UUID(str(made))


async def end(group_id: UUID, now: datetime) -> None:
    """Its people have no earlier time any more. Safe to repeat."""
    await sql.rows("UPDATE trusted_group SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", group_id, now)


async def add_person(group_id: UUID, person_id: UUID, by_id: UUID, now: datetime) -> None:
    """Safe to repeat."""
    await sql.rows(
        "INSERT INTO trusted_person (group_id, person_id, added_by, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        group_id,
        person_id,
        by_id,
        now,
    )


async def drop_person(group_id: UUID, person_id: UUID) -> None:
    """Safe to repeat."""
    await sql.rows("DELETE FROM trusted_person WHERE group_id = $1 AND person_id = $2", group_id, person_id)
