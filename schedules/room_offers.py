"""Times that are held for one who waits until they answer: one offer, those of a person, those that are due, and their end."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from schedules.intervals import Interval


class RoomOfferGone(Refusal):
    """It has run out, or was answered. Facts: state."""


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A time that is held for one who waits until `expires_at`, the first instant at which it is not. `id` is the booking's."""

    id: UUID
    wish_id: UUID
    person_id: UUID
    household_id: UUID
    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    people: int
    purpose: str
    accepts_at_once: bool
    state: Literal["open", "accepted", "declined", "expired", "withdrawn"]

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


OFFER = """
SELECT o.booking_id AS id, o.wish_id, b.person_id, b.household_id, b.space_id, s.name AS space, s.name_en AS space_en,
       s.time_zone, b.starts_at, b.ends_at, o.expires_at, b.people, b.purpose, w.accepts_at_once, o.state
  FROM room_offer o JOIN booking b ON b.id = o.booking_id JOIN space s ON s.id = b.space_id JOIN room_wish w ON w.id = o.wish_id
"""


async def of_person(person_id: UUID, now: datetime) -> list[Offer]:
    """What is held for a person now, the most urgent first."""
    found = await sql.rows(
        f"{OFFER} WHERE b.person_id = $1 AND o.state = 'open' AND o.expires_at > $2 ORDER BY o.expires_at, o.booking_id",
        person_id,
        now,
    )
    return [Offer(**dict(row)) for row in found]


async def one(booking_id: UUID) -> Offer:
    """Raises NotFound."""
    found = await sql.row(f"{OFFER} WHERE o.booking_id = $1", booking_id)
    if found is None:
        raise NotFound(what="offer")
    return Offer(**dict(found))


CLOSE = """
WITH o AS (
    UPDATE room_offer SET state = $2, answered_at = $3
     WHERE booking_id = $1 AND state = 'open' AND CASE $2 WHEN 'expired' THEN expires_at <= $3 WHEN 'withdrawn' THEN true
           ELSE expires_at > $3 END RETURNING booking_id),
b AS (
    UPDATE booking SET state = CASE $2 WHEN 'declined' THEN 'cancelled_by_user' ELSE 'lapsed' END, changed_at = $3
     WHERE id IN (SELECT booking_id FROM o) AND state = 'offered' RETURNING id),
y AS (UPDATE occupancy SET active = false WHERE booking_id IN (SELECT id FROM b) AND active RETURNING booking_id)
SELECT (SELECT count(*) FROM b) AS closed, (SELECT count(*) FROM y) AS held
"""


async def close(booking_id: UUID, how: Literal["accepted", "declined", "expired", "withdrawn"], now: datetime) -> bool:
    """Ends an offer, whose time is free from here on for whoever takes it in this transaction; whether this did it.

    Acceptance and expiry at the same second: one changes the row, the other finds it changed. An offer that somebody has
    replaced because it had run out cannot be accepted.
    """
    found = await sql.one(CLOSE, booking_id, how, now)
    if how == "accepted" and not found["held"]:
        return False
    return bool(found["closed"])


async def run_out(now: datetime, limit: int = 200) -> list[UUID]:
    """Offers to which nobody has answered in time."""
    found = await sql.rows(
        "SELECT booking_id FROM room_offer WHERE state = 'open' AND expires_at <= $1 "
        "AND NOT is_resting('move room queues', booking_id::text, $1) ORDER BY expires_at LIMIT $2",
        now,
        limit,
    )
    return [row["booking_id"] for row in found]


AT_ONCE = 200
"""By one run of the job; the next takes what is left."""


async def to_accept(now: datetime) -> list[UUID]:
    """Open offers to those who take what comes."""
    found = await sql.rows(
        "SELECT o.booking_id FROM room_offer o JOIN room_wish w ON w.id = o.wish_id WHERE o.state = 'open' "
        "AND o.expires_at > $1 AND w.accepts_at_once AND NOT is_resting('move room queues', o.booking_id::text, $1) "
        "ORDER BY o.made_at LIMIT $2",
        now,
        AT_ONCE,
    )
    return [row["booking_id"] for row in found]


async def open_in(space_id: UUID, within: Interval, now: datetime) -> list[Offer]:
    """Open offers of times in a space, its parts and the halls it is a part of."""
    found = await sql.rows(
        f"{OFFER} WHERE o.state = 'open' AND o.expires_at > $4 AND b.starts_at < $3 AND b.ends_at > $2 "
        "AND EXISTS (SELECT FROM space_part x JOIN space_part y ON y.part_id = x.part_id "
        "WHERE x.space_id = $1 AND y.space_id = b.space_id) ORDER BY o.booking_id",
        space_id,
        within.starts_at,
        within.ends_at,
        now,
    )
    return [Offer(**dict(row)) for row in found]
