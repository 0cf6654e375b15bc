"""Who is whose relative: the people behind one door, and those who have said so of each other."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Bond = Literal["household", "named", "asked", "asks"]


class NamedAlready(Refusal):
    """The two are relatives here already, or one has asked. Facts: none."""


class Relative(msgspec.Struct, frozen=True):
    """`bond`: household and named are relatives; asked waits for the other's yes, asks for the reader's own."""

    id: UUID
    number: int
    name: str
    bond: Bond
    bond_id: UUID | None
    """Of what the two have said; none behind one door."""


OF = """
SELECT m.id, m.number, m.name, 'household' AS bond, NULL::uuid AS bond_id
  FROM member me JOIN member m ON m.household_id = me.household_id AND m.id <> me.id AND m.state = 'active' WHERE me.id = $1
UNION ALL
SELECT m.id, m.number, m.name,
       CASE WHEN r.confirmed_at IS NOT NULL THEN 'named' WHEN r.member_id = $1 THEN 'asked' ELSE 'asks' END, r.id
  FROM relative r JOIN member m ON m.id = CASE WHEN r.member_id = $1 THEN r.relative_id ELSE r.member_id END
 WHERE $1 IN (r.member_id, r.relative_id) AND r.ended_at IS NULL AND m.state = 'active'
 ORDER BY bond, number
"""
ARE = """
SELECT EXISTS (SELECT FROM member a JOIN member b ON b.household_id = a.household_id WHERE a.id = $1 AND b.id = $2)
    OR EXISTS (SELECT FROM relative WHERE ended_at IS NULL AND confirmed_at IS NOT NULL
                AND (member_id, relative_id) IN (($1, $2), ($2, $1)))
"""


async def of(member_id: UUID) -> list[Relative]:
    """Everybody in the household and everybody named, with those who have yet to say yes."""
    return [Relative(**dict(row)) for row in await sql.rows(OF, member_id)]


async def are(one_id: UUID, other_id: UUID) -> bool:
    """Whether the two are relatives now. Locks nothing."""
    return bool(await sql.value(ARE, one_id, other_id))


async def name(member_id: UUID, relative_id: UUID, now: datetime) -> UUID:
    """One member says so of the other, who has to say yes. Raises NamedAlready."""
    made = uuid4()
    # Two who name each other at once: the pair's key lets one through.
    if not await sql.rows(
        "INSERT INTO relative (id, member_id, relative_id, named_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        made,
        member_id,
        relative_id,
        now,
    ):
        raise NamedAlready()
    return made


async def confirm(bond_id: UUID, relative_id: UUID, now: datetime) -> UUID:
    """The one who was named says yes: who had asked. Safe to repeat. Raises NotFound."""
    found = await sql.value(
        "UPDATE relative SET confirmed_at = coalesce(confirmed_at, $3) WHERE id = $1 AND relative_id = $2 AND ended_at IS NULL "
        "RETURNING member_id",
        bond_id,
        relative_id,
        now,
    )
    if found is None:
        raise NotFound(what="relative")
    return UUID(str(found))


async def end(bond_id: UUID, by: UUID, now: datetime) -> None:
    """Either of the two says no, or no longer. Safe to repeat. Raises NotFound."""
    if not await sql.rows(
        "UPDATE relative SET ended_at = coalesce(ended_at, $3), ended_by = coalesce(ended_by, $2) "
        "WHERE id = $1 AND $2 IN (member_id, relative_id) RETURNING 1",
        bond_id,
        by,
        now,
    ):
        raise NotFound(what="relative")
