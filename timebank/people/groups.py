"""Groups of people who may book rooms earlier, longer or more: partners and others, in a published order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg
import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound, Refusal


class GroupNameTaken(Refusal):
    """The community has a group of this name already. Facts: field, name."""


class GroupNameNeeded(Malformed):
    """Facts: field, reason."""


class PersonGroup(msgspec.Struct, frozen=True, kw_only=True):
    """`priority` 1 comes first; residents without a group come last. `members` is how many there are."""

    id: UUID
    community_id: UUID
    name: str
    name_en: str
    priority: int
    members: int = 0


class GroupMember(msgspec.Struct, frozen=True):
    person_id: UUID
    number: int
    name: str


GROUP = """SELECT g.id, g.community_id, g.name, g.name_en, g.priority,
(SELECT count(*) FROM person_group_member m WHERE m.group_id = g.id) AS members FROM person_group g"""


async def of_branch(community_ids: Sequence[UUID]) -> list[PersonGroup]:
    """The groups of these communities, in their published order."""
    found = await sql.rows(
        f"{GROUP} WHERE g.community_id = ANY($1) AND g.ended_at IS NULL ORDER BY g.priority, g.name", list(community_ids)
    )
    return [PersonGroup(**dict(row.items())) for row in found]


async def one(group_id: UUID) -> PersonGroup:
    """Raises NotFound."""
    found = await sql.row(f"{GROUP} WHERE g.id = $1 AND g.ended_at IS NULL", group_id)
    if found is None:
        raise NotFound(what="group")
    return PersonGroup(**dict(found.items()))


async def add(community_id: UUID, name: str, name_en: str, priority: int, by: UUID, now: datetime) -> UUID:
    """A new group; its id. Raises GroupNameTaken, GroupNameNeeded, Malformed."""
    _check(name, priority)
    made = await sql.value(
        "INSERT INTO person_group (id, community_id, name, name_en, priority, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id",
        uuid4(),
        community_id,
        name,
        name_en,
        priority,
        by,
        now,
    )
    if made is None:
        raise GroupNameTaken(field="name", name=name)
    return UUID(str(made))


async def change(group_id: UUID, name: str, name_en: str, priority: int) -> None:
    """Name and place in the order. Safe to repeat. Raises GroupNameTaken, GroupNameNeeded, Malformed."""
    _check(name, priority)
    statement = "UPDATE person_group SET name = $2, name_en = $3, priority = $4 WHERE id = $1"
    try:
        await sql.rows(statement, group_id, name, name_en, priority)
    except asyncpg.UniqueViolationError as error:
        raise GroupNameTaken(field="name", name=name) from error


def _check(name: str, priority: int) -> None:
    if not name.strip():
        raise GroupNameNeeded(field="name", reason="a group needs a name")
    if not 1 <= priority <= 1000:
        raise Malformed(field="priority", reason="1 to 1000")


async def end(group_id: UUID, now: datetime) -> None:
    """The group gives nobody anything any more. Safe to repeat."""
    await sql.rows("UPDATE person_group SET ended_at = coalesce(ended_at, $2) WHERE id = $1", group_id, now)


async def members(group_id: UUID) -> list[GroupMember]:
    """Who is in it, by name."""
    found = await sql.rows(
        "SELECT p.id, p.number, p.name FROM person_group_member m JOIN member p ON p.id = m.person_id "
        "WHERE m.group_id = $1 ORDER BY p.name, p.number",
        group_id,
    )
    return [GroupMember(*row) for row in found]


async def join(group_id: UUID, person_id: UUID, by: UUID, now: datetime) -> None:
    """Safe to repeat."""
    await sql.rows(
        "INSERT INTO person_group_member (group_id, person_id, added_by, added_at) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        group_id,
        person_id,
        by,
        now,
    )


async def leave(group_id: UUID, person_id: UUID) -> None:
    """Safe to repeat."""
    await sql.rows("DELETE FROM person_group_member WHERE group_id = $1 AND person_id = $2", group_id, person_id)
