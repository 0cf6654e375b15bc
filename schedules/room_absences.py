"""Bookings to which nobody came: they fade by themselves, and staff may forgive one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody came to this booking. It counts until `counts_until`, unless it was forgiven."""

    booking_id: UUID
    person_id: UUID
    household_id: UUID
    space_id: UUID
    starts_at: datetime
    ends_at: datetime
    noted_at: datetime
    counts_until: datetime
    forgiven_at: datetime | None
    reason: str

    def counts(self, now: datetime) -> bool:
        return self.forgiven_at is None and now < self.counts_until


ABSENCE = """
SELECT n.booking_id, n.person_id, n.household_id, n.space_id, b.starts_at, b.ends_at, n.noted_at, n.counts_until,
       n.forgiven_at, n.reason
  FROM room_no_show n JOIN booking b ON b.id = n.booking_id
"""


async def of_space(space_id: UUID, limit: int = 100) -> list[Absence]:
    """The newest first, faded and forgiven ones too."""
    found = await sql.rows(f"{ABSENCE} WHERE n.space_id = $1 ORDER BY n.noted_at DESC, n.booking_id LIMIT $2", space_id, limit)
    return [Absence(**dict(row)) for row in found]


async def of_household(household_id: UUID, now: datetime) -> list[Absence]:
    """Those that count now, the newest first."""
    found = await sql.rows(
        f"{ABSENCE} WHERE n.household_id = $1 AND n.counts_until > $2 AND n.forgiven_at IS NULL ORDER BY n.noted_at DESC",
        household_id,
        now,
    )
    return [Absence(**dict(row)) for row in found]


async def one(booking_id: UUID) -> Absence:
    """Raises NotFound."""
    found = await sql.row(f"{ABSENCE} WHERE n.booking_id = $1", booking_id)
    if found is None:
        raise NotFound(what="no_show")
    return Absence(**dict(found))


async def forgive(booking_id: UUID, by: UUID, reason: str, now: datetime) -> None:
    """It counts no more. Safe to repeat: the first reason stays."""
    await sql.rows(
        "UPDATE room_no_show SET forgiven_at = $2, forgiven_by = $3, reason = $4 WHERE booking_id = $1 AND forgiven_at IS NULL",
        booking_id,
        now,
        by,
        reason,
    )
