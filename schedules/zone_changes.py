"""Bookings to come stay where they are on the wall when the rules of a time zone change (booking-84)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schedules import bookings, sql
from schedules.bookings import Booking


class Shifted(msgspec.Struct, frozen=True):
    """What became of a booking. `is_kept`: it stands at its wall time again; else something stands there, and it stayed."""

    booking: Booking
    starts_at: datetime
    is_kept: bool


OUT_OF_STEP = """
SELECT b.id FROM booking b JOIN space s ON s.id = b.space_id
 WHERE b.state IN ('pending', 'confirmed') AND b.starts_at > $1 AND b.starts_at AT TIME ZONE s.time_zone <> b.wall_starts
   AND NOT is_resting('keep wall times', b.id::text, $1)
 ORDER BY b.starts_at, b.id LIMIT $2
"""
AT_ONCE = 200
"""By one run of the job; the next takes what is left."""


async def out_of_step(now: datetime) -> list[UUID]:
    """Bookings to come whose instant is no longer what stood on the wall when they were made."""
    return [row["id"] for row in await sql.rows(OUT_OF_STEP, now, AT_ONCE)]


async def keep(booking_id: UUID, now: datetime) -> Shifted | None:
    """Moves a booking to where it stood on the wall; None where it stands there. Safe to repeat. Locks the booking.

    Where something else stands then, the booking stays at its instant, and the answer says so.
    """
    row = await sql.row(
        "SELECT b.wall_starts AT TIME ZONE s.time_zone AS starts_at FROM booking b JOIN space s ON s.id = b.space_id "
        "WHERE b.id = $1 AND b.state IN ('pending', 'confirmed') AND b.starts_at AT TIME ZONE s.time_zone <> b.wall_starts "
        "FOR NO KEY UPDATE OF b",
        booking_id,
    )
    if row is None:
        return None
    booking = await bookings.one(booking_id)
    is_kept = await _move(booking, row["starts_at"] - booking.starts_at, now)
    return Shifted(await bookings.one(booking_id), row["starts_at"], is_kept)


async def _move(booking: Booking, by: timedelta, now: datetime) -> bool:
    held = await sql.row(
        "SELECT kind, busy_until, expires_at FROM occupancy WHERE booking_id = $1 AND active LIMIT 1", booking.id
    )
    if held is not None:
        await sql.rows("UPDATE occupancy SET active = false WHERE booking_id = $1 AND active", booking.id)
        if not await _take(booking, held, by):
            # Nobody else came between: these rows were ours in this very transaction.
            await _take(booking, held, timedelta())
            return False
    await sql.rows(
        "UPDATE booking SET starts_at = starts_at + $2, ends_at = ends_at + $2, planned_ends_at = planned_ends_at + $2, "
        "sequence = sequence + 1, changed_at = $3 WHERE id = $1",
        booking.id,
        by,
        now,
    )
    return True


async def _take(booking: Booking, held: Any, by: timedelta) -> bool:
    """The time of the booking, later by so much; false where something stands there."""
    return bool(
        await sql.value(
            "SELECT take_space($1, $2, $3, $4, $5, $6, $7, $8)",
            booking.space_id,
            held["kind"],
            booking.id,
            booking.starts_at + by,
            booking.ends_at + by,
            held["busy_until"] + by,
            held["expires_at"],
            booking.units,
        )
    )
