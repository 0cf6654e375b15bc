"""Bookings that somebody has to decide on: which wait, with what they overlap, accepted, rejected, lapsed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import booking_moves, bookings, spaces, sql, wishes
from schedules.bookings import BOOKING, COLUMNS, Booking
from schedules.errors import Refusal
from schedules.facts import Broken


class Decided(Refusal):
    """The request was decided, cancelled, or has lapsed. Facts: state (now)."""


class OthersWouldLose(Refusal):
    """Other requests overlap, and accepting this one rejects them; say that you mean it. Facts: rivals (Bookings)."""


class Waiting(msgspec.Struct, frozen=True):
    """A request with the requests that overlap it. `is_taken`: something else stands there meanwhile; it cannot be granted."""

    booking: Booking
    rivals: Sequence[Booking]
    is_taken: bool


class Accepted(msgspec.Struct, frozen=True):
    """The request that became a booking, and those that lost to it."""

    booking: Booking
    rejected: Sequence[Booking]


PENDING = f"{BOOKING} WHERE b.state = 'pending' AND b.decide_by > $1 AND b.space_id = ANY ($2) ORDER BY b.starts_at, b.id"
# Of the space itself, the whole that it is a part of, and its parts: whatever shares a leaf with it.
RIVALS = f"""
SELECT mine.id AS mine, {COLUMNS}
  FROM booking mine
  JOIN booking b ON b.id <> mine.id AND b.state = 'pending' AND b.decide_by > $2
   AND b.space_id IN (SELECT o.space_id FROM space_part p JOIN space_part o ON o.part_id = p.part_id
                       WHERE p.space_id = mine.space_id)
  JOIN space s ON s.id = b.space_id AND s.units = 1
 WHERE mine.id = ANY ($1) AND b.starts_at < mine.ends_at + make_interval(mins => s.turnaround)
   AND b.ends_at + make_interval(mins => s.turnaround) > mine.starts_at
 ORDER BY b.id
"""
TAKEN = """
SELECT b.id
  FROM booking b JOIN space s ON s.id = b.space_id
  LEFT JOIN LATERAL
       occupied(ARRAY[s.key], tstzrange(b.starts_at, b.ends_at + make_interval(mins => s.turnaround)), $2) o ON true
 WHERE b.id = ANY ($1)
 GROUP BY b.id, b.units, s.units
HAVING coalesce(sum(o.units) FILTER (WHERE o.booking_id IS DISTINCT FROM b.id), 0) + b.units > s.units
"""


async def waiting(space_ids: Sequence[UUID], now: datetime) -> list[Waiting]:
    """Requests for these spaces that can still be decided, in order of time. Three statements, however many there are."""
    found = [Booking(**dict(row.items())) for row in await sql.rows(PENDING, now, list(space_ids))]
    ids = [one.id for one in found]
    taken = {row["id"] for row in await sql.rows(TAKEN, ids, now)}
    others = await _rivals_of(ids, now)
    return [Waiting(one, others.get(one.id, ()), one.id in taken) for one in found]


async def rivals(booking_id: UUID, now: datetime) -> list[Booking]:
    """Other requests that cannot be granted together with this one, in order of their ids. Units are alike: none where a space
    has several, and who comes too late finds it taken.
    """
    return (await _rivals_of([booking_id], now)).get(booking_id, [])


async def _rivals_of(booking_ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Booking]]:
    found = dict[UUID, list[Booking]]()
    for row in await sql.rows(RIVALS, list(booking_ids), now):
        fields = dict(row.items())
        found.setdefault(fields.pop("mine"), []).append(Booking(**fields))
    return found


async def accept(booking_id: UUID, losers: Collection[UUID], by: UUID, now: datetime) -> Accepted:
    """Makes a request a booking and rejects the requests that overlap it, which the caller has to have named (booking-86).

    Takes the time under the same constraint as booking does: what was taken meanwhile is refused (booking-87). Locks the
    requests in order of their ids. Raises NotFound, Decided, OthersWouldLose, and NotBookable with the code `taken`.
    """
    others = await rivals(booking_id, now)
    # Two who accept two overlapping requests lock both in one order; the second then finds its own rejected.
    all_of_them = [booking_id, *(one.id for one in others)]
    await sql.rows("SELECT FROM booking WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", all_of_them)
    booking = await bookings.one(booking_id)
    if booking.state_at(now) != "pending":
        raise Decided(state=booking.state_at(now))
    others = await rivals(booking_id, now)
    if {one.id for one in others} - set(losers):
        raise OthersWouldLose(rivals=others)
    rejected = [await reject(one.id, by, "", now) for one in others]
    return Accepted(await _grant(booking, by, now), rejected)


async def _grant(booking: Booking, by: UUID, now: datetime) -> Booking:
    space = await spaces.one(booking.space_id)
    await sql.rows(
        "UPDATE booking SET state = 'confirmed', decided_by = $2, decided_at = $3, sequence = sequence + 1, changed_at = $3, "
        "changed_by = $2 WHERE id = $1",
        booking.id,
        by,
        now,
    )
    granted = await bookings.one(booking.id)
    held = "UPDATE occupancy SET kind = 'booking', expires_at = NULL WHERE booking_id = $1 AND active AND kind = 'hold'"
    if await sql.rows(f"{held} RETURNING 1", booking.id):
        return granted
    await sql.rows(
        "SELECT expire_occupancy(ARRAY[key], tstzrange($3, $4::timestamptz + make_interval(mins => turnaround)), $2) "
        "FROM space WHERE id = $1",
        space.id,
        now,
        granted.starts_at,
        granted.ends_at,
    )
    if not await booking_moves.take(granted, space):
        raise wishes.refusal(space, [Broken("taken")])
    return granted


async def reject(booking_id: UUID, by: UUID, reason: str, now: datetime) -> Booking:
    """Says no; the time is free at once. Without a reason another request got it. Safe to repeat.

    Raises NotFound, and Decided where it was decided otherwise.
    """
    await _end(booking_id, "rejected", by, reason, now)
    booking = await bookings.one(booking_id)
    if booking.state != "rejected":
        raise Decided(state=booking.state_at(now))
    return booking


async def lapse(booking_id: UUID, now: datetime) -> Booking | None:
    """Writes down that a request was not decided in time; None where somebody was faster. Safe to repeat and at once."""
    if not await _end(booking_id, "lapsed", None, "", now):
        return None
    return await bookings.one(booking_id)


async def _end(booking_id: UUID, state: str, by: UUID | None, reason: str, now: datetime) -> bool:
    """The conditional update: of two who end a request, one does."""
    ended = await sql.rows(
        "UPDATE booking SET state = $2, decided_by = $3, decided_at = $5, reason = $4, sequence = sequence + 1, "
        "changed_at = $5, changed_by = coalesce($3, changed_by) "
        "WHERE id = $1 AND state = 'pending' AND (decide_by > $5) = ($2 <> 'lapsed') RETURNING id",
        booking_id,
        state,
        by,
        reason,
        now,
    )
    if ended:
        await sql.rows("UPDATE occupancy SET active = false WHERE booking_id = $1 AND active", booking_id)
    return bool(ended)


async def overdue(now: datetime, at_most: int = 200) -> list[UUID]:
    """Requests that have lapsed and are not written down as such, oldest first; those that the job gave a rest are left out."""
    found = await sql.rows(
        "SELECT id FROM booking WHERE state = 'pending' AND decide_by <= $1 AND NOT is_resting('lapse requests', id::text, $1) "
        "ORDER BY decide_by LIMIT $2",
        now,
        at_most,
    )
    return [row["id"] for row in found]
