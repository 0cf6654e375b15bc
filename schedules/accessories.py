"""Chairs, projectors and the like, lent with a room: so many of each, counted over the time of the bookings (booking.md B).

How many are left is protected by a lock on the accessory's row, which `wishes.lock` takes: the table of occupancy does not
know them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import Malformed, NotFound
from schedules.wishes import Borrowed

MOST = 10_000


class Accessory(msgspec.Struct, frozen=True, kw_only=True):
    """Of a community, for all its rooms and those below it; or kept in one room, then `space_id` is set."""

    id: UUID
    community_id: UUID
    space_id: UUID | None
    name: str
    name_en: str
    quantity: int


class BorrowedShown(msgspec.Struct, frozen=True):
    """What a booking has borrowed."""

    accessory_id: UUID
    name: str
    name_en: str
    quantity: int


COLUMNS = ", ".join(f"a.{name}" for name in Accessory.__struct_fields__)


async def of_space(space_id: UUID) -> list[Accessory]:
    """What can be borrowed with a space, by name."""
    found = await sql.rows(
        f"SELECT {COLUMNS} FROM accessory a, space s WHERE s.id = $1 AND a.ended_at IS NULL "
        "AND (a.space_id = s.id OR a.space_id IS NULL AND a.community_id = ANY (branch_of(s.community_id))) ORDER BY a.name",
        space_id,
    )
    return [Accessory(**dict(row.items())) for row in found]


async def one(accessory_id: UUID) -> Accessory:
    """Raises NotFound."""
    found = await sql.row(f"SELECT {COLUMNS} FROM accessory a WHERE a.id = $1 AND a.ended_at IS NULL", accessory_id)
    if found is None:
        raise NotFound(what="accessory")
    return Accessory(**dict(found.items()))


async def add(community_id: UUID, space_id: UUID | None, name: str, name_en: str, quantity: int, *, now: datetime) -> UUID:
    """Something that can be borrowed; its id. Raises Malformed."""
    _check(name, quantity)
    made = uuid4()
    await sql.rows(
        "INSERT INTO accessory (id, community_id, space_id, name, name_en, quantity, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        made,
        community_id,
        space_id,
        name,
        name_en,
        quantity,
        now,
    )
    return made


async def change(accessory_id: UUID, name: str, name_en: str, quantity: int) -> None:
    """From now on; bookings keep what they borrowed. Safe to repeat. Raises Malformed, NotFound."""
    _check(name, quantity)
    statement = "UPDATE accessory SET name = $2, name_en = $3, quantity = $4 WHERE id = $1 AND ended_at IS NULL RETURNING id"
    if not await sql.rows(statement, accessory_id, name, name_en, quantity):
        raise NotFound(what="accessory")


async def end(accessory_id: UUID, now: datetime) -> None:
    """Nobody can borrow it any more; bookings keep what they borrowed. Safe to repeat."""
    await sql.rows("UPDATE accessory SET ended_at = coalesce(ended_at, $2) WHERE id = $1", accessory_id, now)


def _check(name: str, quantity: int) -> None:
    if not name.strip():
        raise Malformed(field="name", reason="it needs a name")
    if not 0 <= quantity <= MOST:
        raise Malformed(field="quantity", reason=f"0 to {MOST}")


async def borrow(booking_id: UUID, wanted: Sequence[Borrowed]) -> None:
    """Writes down what a booking has, after the judgement under `wishes.lock`. Nothing wanted: no statement."""
    if wanted:
        await sql.rows(
            "INSERT INTO booking_accessory (booking_id, accessory_id, quantity) "
            "SELECT $1, * FROM unnest($2::uuid[], $3::int[]) "
            "ON CONFLICT (booking_id, accessory_id) DO UPDATE SET quantity = EXCLUDED.quantity",
            booking_id,
            [one.accessory_id for one in wanted],
            [one.quantity for one in wanted],
        )


async def of_booking(booking_id: UUID) -> list[BorrowedShown]:
    """What a booking has borrowed, by name."""
    found = await sql.rows(
        "SELECT a.id AS accessory_id, a.name, a.name_en, b.quantity FROM booking_accessory b "
        "JOIN accessory a ON a.id = b.accessory_id WHERE b.booking_id = $1 ORDER BY a.name",
        booking_id,
    )
    return [BorrowedShown(**dict(row.items())) for row in found]


async def wanted(booking_id: UUID) -> tuple[Borrowed, ...]:
    """The same as a wish, for a booking that is about to be changed."""
    return tuple(Borrowed(one.accessory_id, one.quantity) for one in await of_booking(booking_id))
