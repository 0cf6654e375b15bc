"""Spaces that consist of others, and spaces with several units that are alike, such as desks (booking.md B, "Spaces")."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import spaces, sql
from schedules.errors import Malformed, Refusal
from schedules.spaces import Space


class PartsTaken(Refusal):
    """A use to come would not find its time free under the new division. Facts: starts_at, time_zone."""


class TooFewUnits(Refusal):
    """More units are in use at a time than there would be. Facts: units, starts_at, time_zone."""


class NoPart(Malformed):
    """It cannot be a part or have parts: it is the space itself, divided, a part, or has units. Facts: field, reason."""


async def of(space_id: UUID) -> list[Space]:
    """The parts of a divided space, by name; empty for one that is not."""
    return await _linked("p.space_id = $1 AND s.id = p.part_id", space_id)


async def wholes(space_id: UUID) -> list[Space]:
    """The spaces of which this one is a part."""
    return await _linked("p.part_id = $1 AND s.id = p.space_id", space_id)


async def _linked(by: str, space_id: UUID) -> list[Space]:
    columns = ", ".join(f"s.{name}" for name in Space.__struct_fields__)
    found = await sql.rows(f"SELECT {columns} FROM space_part p, space s WHERE {by} AND s.id <> $1 ORDER BY s.name", space_id)
    return [Space(**dict(row.items())) for row in found]


async def divide(space_id: UUID, part_ids: Sequence[UUID], now: datetime) -> None:
    """The space consists of these others from now on; without any, of itself again. What is planned in it moves along.

    Raises NoPart, NotFound, and PartsTaken, after which the caller rolls back. Locks the spaces. Safe to repeat.
    """
    whole = await spaces.one(space_id)
    chosen = sorted(set(part_ids))
    if chosen:
        if whole.units > 1 or await wholes(space_id):
            raise NoPart(field="parts", reason="this space has units, or is a part itself")
        for part_id in chosen:
            await _check(await spaces.one(part_id), whole)
    clash = await sql.value("SELECT divide_space($1, $2, $3)", space_id, chosen, now)
    if clash is not None:
        raise PartsTaken(starts_at=clash, time_zone=whole.time_zone)


async def _check(part: Space, whole: Space) -> None:
    if part.id == whole.id or part.units > 1 or await of(part.id):
        raise NoPart(field="parts", reason="a part is another space, without parts or units")
    if (part.community_id, part.time_zone) != (whole.community_id, whole.time_zone):
        raise NoPart(field="parts", reason="a part is of the same community")


async def set_units(space_id: UUID, units: int, now: datetime) -> None:
    """How many units of it there are from now on. Bookings move to the units that stay. Locks the space. Safe to repeat.

    Raises NoPart for a divided space or a part, NotFound, Malformed, and TooFewUnits, after which the caller rolls back.
    """
    space = await spaces.one(space_id)
    if not 1 <= units <= 200:
        raise Malformed(field="units", reason="1 to 200")
    if units > 1 and (await of(space_id) or await wholes(space_id)):
        raise NoPart(field="units", reason="a space with parts, or a part, has no units")
    clash = await sql.value("SELECT set_units($1, $2, $3)", space_id, units, now)
    if clash is not None:
        raise TooFewUnits(units=units, starts_at=clash, time_zone=space.time_zone)
