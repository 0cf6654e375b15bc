"""Places where rewards lie: a shelf in a service centre, the cupboard beside a kiosk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound


class PlaceNameNeeded(Malformed):
    """Facts: field, reason."""


class Place(msgspec.Struct, frozen=True):
    """`ancestor_ids` are those of its community, from the root down to the community itself."""

    id: UUID
    community_id: UUID
    name: str
    name_en: str
    time_zone: str
    ancestor_ids: tuple[UUID, ...]

    def today(self, now: datetime) -> date:
        """The day there, for a policy in force."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()


COLUMNS = "p.id, p.community_id, p.name, p.name_en, c.time_zone, c.ancestor_ids"


async def add(place_id: UUID, community_id: UUID, name: str, name_en: str = "") -> None:
    """A new place with nothing in it."""
    await sql.rows(
        "INSERT INTO place (id, community_id, name, name_en) VALUES ($1, $2, $3, $4)", place_id, community_id, name, name_en
    )


async def find(place_id: UUID) -> Place:
    """Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM place p JOIN community c ON c.id = p.community_id WHERE p.id = $1", place_id)
    if found is None:
        raise NotFound(what="place")
    return msgspec.convert(dict(found), Place)


async def below(nodes: Sequence[UUID]) -> list[Place]:
    """The places of these communities and of all below them, by name."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM place p JOIN community c ON c.id = p.community_id "
        "WHERE c.ancestor_ids && $1::uuid[] ORDER BY p.name, p.id",
        list(nodes),
    )
    return [msgspec.convert(dict(row), Place) for row in found]


async def near(member_id: UUID) -> list[Place]:
    """The places of a member's whole sub-district: those of their own community first, then by name."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM member m JOIN community own ON own.id = m.community_id "
        "JOIN community c ON c.ancestor_ids[1] = own.ancestor_ids[1] JOIN place p ON p.community_id = c.id WHERE m.id = $1 "
        "ORDER BY array_position(own.ancestor_ids, c.id) DESC NULLS LAST, p.name, p.id",
        member_id,
    )
    return [msgspec.convert(dict(row), Place) for row in found]
