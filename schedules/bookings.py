"""Residents' use of spaces: look, judge, take, cancel.

Order inside the one short transaction (booking.md A4): lock the household, let expired holds go, judge, take. The constraint
of the occupancy table protects the space, the household's lock protects its quota.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import opening, rules, spaces, sql, walltimes, wishes
from schedules.errors import NotFound, Refusal
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.rules import Broken

State = Literal[
    "offered",
    "pending",
    "confirmed",
    "in_use",
    "done",
    "cancelled_by_user",
    "cancelled_by_house",
    "rejected",
    "lapsed",
    "released",
    "ended_early",
]
CANCELLED = ("cancelled_by_user", "cancelled_by_house", "rejected", "lapsed")


class BookingBegun(Refusal):
    """It has begun, so it cannot be cancelled any more. Facts: starts_at, time_zone."""


class Holder(msgspec.Struct, frozen=True):
    """Whose booking it is, and who makes it: the person, or who helps."""

    person_id: UUID
    household_id: UUID
    made_by: UUID


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    person_id: UUID
    household_id: UUID
    made_by: UUID
    purpose: str
    people: int
    starts_at: datetime
    ends_at: datetime
    counts: bool
    state: State
    sequence: int
    """Rises with every change; calendars go by it."""
    made_at: datetime
    changed_at: datetime
    reason: str
    """Why the house cancelled it."""

    @property
    def is_cancelled(self) -> bool:
        return self.state in CANCELLED

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


BOOKING = """
SELECT b.id, b.space_id, s.name AS space, s.name_en AS space_en, s.time_zone, b.person_id, b.household_id, b.made_by,
       b.purpose, b.people, b.starts_at, b.ends_at, b.counts, b.state, b.sequence, b.made_at, b.changed_at, b.reason
  FROM booking b JOIN space s ON s.id = b.space_id
"""
# One statement: where the time is taken meanwhile, there is no row of either table.
TAKE = """
WITH taken AS (
    INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until)
    VALUES ($1, $2, 'booking', true, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING booking_id)
INSERT INTO booking (id, space_id, person_id, household_id, made_by, purpose, people, starts_at, ends_at, counts, terms, state,
                     made_at, changed_at, changed_by)
SELECT booking_id, $6, $7, $8, $9, $10, $11, $3, $4, $12, $13, 'confirmed', $14, $14, $9 FROM taken RETURNING id
"""
CANCEL = """
WITH b AS (
    UPDATE booking SET state = $2, sequence = sequence + 1, changed_at = $3, changed_by = $4, reason = $5
     WHERE id = $1 AND state = 'confirmed' AND $3 < CASE $2 WHEN 'cancelled_by_house' THEN ends_at ELSE starts_at END
 RETURNING id)
UPDATE occupancy SET active = false WHERE booking_id IN (SELECT id FROM b) AND active
"""


async def book(holder: Holder, wish: wishes.Wish, now: datetime) -> Booking:
    """Takes the time or raises NotBookable with every broken rule; `wishes.judge` finds alternatives after the rollback.

    Locks the household's row. Raises NotFound, and Malformed for an empty time. The rules that hold now are frozen into it.
    """
    within = walltimes.rough(wish.when)
    facts = wishes.facts_of(await wishes.ask("lock_booking_facts", wish.space_id, holder.household_id, within, now), within)
    use, broken = wishes.judged(holder.person_id, wish, facts, now)
    if use is None or broken:
        raise wishes.refusal(facts.space, broken)
    made = uuid4()
    # The judgement saw a free time; only the constraint can tell whether it still is.
    if not await sql.rows(
        TAKE,
        made,
        facts.space.key,
        use.starts_at,
        use.ends_at,
        use.ends_at + rules.pause(facts.space),
        wish.space_id,
        holder.person_id,
        holder.household_id,
        holder.made_by,
        wish.purpose,
        wish.people,
        wish.counts,
        msgspec.json.encode(spaces.rules_of(facts.space)).decode(),
        now,
    ):
        raise wishes.refusal(facts.space, [Broken("taken")])
    return Booking(
        id=made,
        space_id=wish.space_id,
        space=facts.space.name,
        space_en=facts.space.name_en,
        time_zone=facts.space.time_zone,
        person_id=holder.person_id,
        household_id=holder.household_id,
        made_by=holder.made_by,
        purpose=wish.purpose,
        people=wish.people,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        counts=wish.counts,
        state="confirmed",
        sequence=0,
        made_at=now,
        changed_at=now,
        reason="",
    )


async def one(booking_id: UUID) -> Booking:
    """Raises NotFound."""
    found = await sql.row(f"{BOOKING} WHERE b.id = $1", booking_id)
    if found is None:
        raise NotFound(what="booking")
    return Booking(**dict(found.items()))


async def cancel(booking_id: UUID, by: UUID, now: datetime, *, house_reason: str = "") -> Booking:
    """Gives the time back at once, and the quota with it. Cancelling twice changes nothing and is safe.

    Giving back is possible until the start, however short the notice. With a reason the house cancels, which it may until the
    end. Raises NotFound and BookingBegun.
    """
    await sql.rows(CANCEL, booking_id, "cancelled_by_house" if house_reason else "cancelled_by_user", now, by, house_reason)
    booking = await one(booking_id)
    if not booking.is_cancelled:
        raise BookingBegun(starts_at=booking.starts_at, time_zone=booking.time_zone)
    return booking


async def of_household(household_id: UUID, since: datetime, limit: int = 200) -> list[Booking]:
    """Bookings of the household's members that end after `since`, cancelled ones too, in order of time."""
    found = await sql.rows(
        f"{BOOKING} WHERE b.household_id = $1 AND b.ends_at > $2 ORDER BY b.starts_at, b.id LIMIT $3",
        household_id,
        since,
        limit,
    )
    return [Booking(**dict(row.items())) for row in found]


async def of_person(
    person_id: UUID, since: datetime, after: tuple[datetime, UUID] | None = None, limit: int = 200
) -> list[Booking]:
    """A person's own bookings that end after `since`, cancelled ones too, in order of time, from behind `after` (start, id)."""
    found = await sql.rows(
        f"{BOOKING} WHERE b.person_id = $1 AND b.ends_at > $2 "
        "AND ($3::timestamptz IS NULL OR (b.starts_at, b.id) > ($3, $4::uuid)) ORDER BY b.starts_at, b.id LIMIT $5",
        person_id,
        since,
        *(after or (None, None)),
        limit,
    )
    return [Booking(**dict(row.items())) for row in found]


async def of_space(space_id: UUID, since: datetime, limit: int = 500) -> list[Booking]:
    """What is still to come in a space, for its staff, in order of time; cancelled ones left out."""
    found = await sql.rows(
        f"{BOOKING} WHERE b.space_id = $1 AND b.ends_at > $2 AND b.state <> ALL ($3) ORDER BY b.starts_at, b.id LIMIT $4",
        space_id,
        since,
        list(CANCELLED),
        limit,
    )
    return [Booking(**dict(row.items())) for row in found]


def outside_hours(found: Sequence[Booking], windows: Sequence[Window]) -> list[Booking]:
    """Bookings that lie outside the opening hours as they are now: still valid, but staff should see them (booking-32)."""
    return [
        booking
        for booking in found
        if not any(part.covers(booking.use) for part in opening.around(windows, booking.use, booking.time_zone))
    ]
