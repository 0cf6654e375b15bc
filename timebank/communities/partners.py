"""Partner organisations that host activities together with a community."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal

Kind = Literal["public", "business", "charity", "school", "clinic", "other"]
KINDS: tuple[Kind, ...] = ("public", "business", "charity", "school", "clinic", "other")


class PartnerKnown(Refusal):
    """The community has a partner of this name. Facts: field."""


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """`contact` is for staff only; `activities` counts the published ones that it hosts."""

    id: UUID
    community_id: UUID
    community: str
    community_en: str
    name: str
    name_en: str
    kind: Kind
    contact: str
    ended_at: datetime | None
    activities: int


class Host(msgspec.Struct, frozen=True):
    """A partner as everybody sees it on an activity."""

    name: str
    name_en: str
    kind: Kind


FOUND = """
SELECT p.id, p.community_id, c.name AS community, c.name_en AS community_en, p.name, p.name_en, p.kind, p.contact, p.ended_at,
       (SELECT count(*) FROM activity_partner l JOIN activity a ON a.id = l.activity_id
         WHERE l.partner_id = p.id AND a.state = 'published') AS activities
  FROM partner p JOIN community c ON c.id = p.community_id
"""


async def one(partner_id: UUID) -> Partner:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE p.id = $1", partner_id)
    if row is None:
        raise NotFound(what="partner")
    return Partner(**dict(row))


async def known_at(ancestor_ids: Sequence[UUID]) -> list[Partner]:
    """Partners of a node and of those above, in use, by name."""
    found = await sql.rows(
        f"{FOUND} WHERE p.community_id = ANY($1) AND p.ended_at IS NULL ORDER BY p.name_en, p.name", list(ancestor_ids)
    )
    return [Partner(**dict(row)) for row in found]


async def in_reach(node_ids: Sequence[UUID]) -> list[Partner]:
    """Partners of these nodes and of those below; those that ended last."""
    found = await sql.rows(
        f"{FOUND} WHERE c.ancestor_ids && $1::uuid[] ORDER BY p.ended_at IS NOT NULL, p.name_en, p.name", list(node_ids)
    )
    return [Partner(**dict(row)) for row in found]


async def hosts(activity_id: UUID) -> list[Host]:
    """Who hosts an activity together with the community, by name."""
    found = await sql.rows(
        "SELECT p.name, p.name_en, p.kind FROM activity_partner l JOIN partner p ON p.id = l.partner_id "
        "WHERE l.activity_id = $1 ORDER BY p.name_en, p.name",
        activity_id,
    )
    return [Host(*row) for row in found]


async def add(community_id: UUID, name: str, name_en: str, kind: Kind, contact: str, by_id: UUID, now: datetime) -> UUID:
    """A new partner; its id. Raises PartnerKnown."""
    made = await sql.value(
        "INSERT INTO partner (id, community_id, name, name_en, kind, contact, made_by, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (community_id, name) DO NOTHING RETURNING id",
        uuid4(),
        community_id,
        name.strip(),
        name_en.strip(),
        kind,
        contact.strip(),
        by_id,
        now,
    )
    if made is None:
        raise PartnerKnown(field="name")
    return UUID(str(made))


async def change(partner_id: UUID, name: str, name_en: str, kind: Kind, contact: str) -> None:
    """Activities keep it as their host. Raises NotFound, PartnerKnown. Safe to repeat."""
    if await sql.rows(
        "SELECT 1 FROM partner a JOIN partner b ON b.community_id = a.community_id AND b.id <> a.id "
        "WHERE a.id = $1 AND b.name = $2",
        partner_id,
        name.strip(),
    ):
        raise PartnerKnown(field="name")
    if not await sql.rows(
        "UPDATE partner SET name = $2, name_en = $3, kind = $4, contact = $5 WHERE id = $1 RETURNING 1",
        partner_id,
        name.strip(),
        name_en.strip(),
        kind,
        contact.strip(),
    ):
        raise NotFound(what="partner")


async def end(partner_id: UUID, now: datetime | None) -> None:
    """No longer offered to organisers, or (`now` none) offered again. Safe to repeat."""
    await sql.rows("UPDATE partner SET ended_at = $2 WHERE id = $1", partner_id, now)
