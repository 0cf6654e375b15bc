"""People whom the holder of a booking has named: they may check in as well (booking-94)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import Refusal

MOST = 30


class NobodyOfThatPhone(Refusal):
    """Facts: none."""


class PartyFull(Refusal):
    """The list is full. Facts: most."""


class Named(msgspec.Struct, frozen=True):
    person_id: UUID
    added_at: datetime


async def of(booking_id: UUID) -> list[Named]:
    """In the order in which they were named."""
    found = await sql.rows(
        "SELECT person_id, added_at FROM booking_party WHERE booking_id = $1 ORDER BY added_at, person_id", booking_id
    )
    return [Named(**dict(row)) for row in found]


async def add(booking_id: UUID, person_id: UUID, by: UUID, now: datetime) -> None:
    """Safe to repeat. Raises PartyFull where the list is full."""
    if len(await of(booking_id)) >= MOST:
        raise PartyFull(most=MOST)
    await sql.rows(
        "INSERT INTO booking_party (booking_id, person_id, added_by, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        booking_id,
        person_id,
        by,
        now,
    )


async def remove(booking_id: UUID, person_id: UUID) -> None:
    """Safe to repeat."""
    await sql.rows("DELETE FROM booking_party WHERE booking_id = $1 AND person_id = $2", booking_id, person_id)
