"""Households: the people who share quotas. A household lives at one node of the tree and its members with it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound


class Household(msgspec.Struct, frozen=True):
    """`label` is the door number as people say it."""

    id: UUID
    community_id: UUID
    label: str = ""


async def add(community_id: UUID, label: str = "") -> UUID:
    """A new household at this node."""
    made = uuid4()
    await sql.rows("INSERT INTO household (id, community_id, label) VALUES ($1, $2, $3)", made, community_id, label)
    return made


async def add_many(households: Sequence[Household]) -> None:
    """The same for many in one statement, for loading."""
    await sql.rows(
        "INSERT INTO household (id, community_id, label) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[])",
        [each.id for each in households],
        [each.community_id for each in households],
        [each.label for each in households],
    )


async def one(household_id: UUID) -> Household:
    """Raises NotFound."""
    found = await sql.row("SELECT id, community_id, label FROM household WHERE id = $1", household_id)
    if found is None:
        raise NotFound(what="household")
    return Household(**dict(found))


async def share(member_id: UUID, others: Sequence[UUID]) -> bool:
    """Whether the member lives with one of the others, or is one: then the member decides nothing about them."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM member a JOIN member b ON b.household_id = a.household_id "
            "WHERE a.id = $1 AND b.id = ANY ($2))",
            member_id,
            list(others),
        )
    )


async def at(community_id: UUID, label: str) -> UUID:
    """The household behind this door, made where it is new. Without a label always a new one: nobody shares it by accident."""
    if not label:
        return await add(community_id)
    made = uuid4()
    # Two who open one door at once: the second waits for the first and then finds its household.
    if await sql.rows(
        "INSERT INTO household (id, community_id, label) VALUES ($1, $2, $3) "
        "ON CONFLICT (community_id, label) WHERE label <> '' DO NOTHING RETURNING 1",
        made,
        community_id,
        label,
    ):
        return made
    # A statement of its own: the insert's snapshot may not see the row that it gave way to.
    return UUID(str(await sql.value("SELECT id FROM household WHERE community_id = $1 AND label = $2", community_id, label)))
