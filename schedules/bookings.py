"""Residents' bookings of spaces: one, those of a person, a household or a space, and giving one back.

`new_bookings` makes one, `booking_moves` changes it, `booking_requests` decides on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import opening, sql
from schedules.errors import NotFound, Refusal
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.spaces import Space

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
    """It has begun, so it cannot be cancelled or moved any more. Facts: starts_at, time_zone."""


class OnlyOffered(Refusal):
    """It is not booked, only offered to who waits for the room: offers are declined. Facts: starts_at, time_zone."""


class BookingOver(Refusal):
    """It is over, cancelled or was never granted: nothing about it can be changed. Facts: state."""


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
    """Why the house cancelled or rejected it."""
    decide_by: datetime | None = None
    """Of a request: the first instant at which it has lapsed."""
    decided_at: datetime | None = None
    override_reason: str = ""
    """Why staff booked it against the rules."""
    planned_ends_at: datetime | None = None
    """The end before an early leave."""
    checked_in_at: datetime | None = None
    series_id: UUID | None = None
    series_on: date | None = None
    units: int = 1
    is_priced: bool = False
    team_id: UUID | None = None
    """The team for which it is."""

    @property
    def is_cancelled(self) -> bool:
        """Cancelled, rejected or lapsed: its time is nobody's."""
        return self.state in CANCELLED

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    def state_at(self, now: datetime) -> State:
        """The state as it is to be told: a request has lapsed at its deadline, whether or not a job has said so."""
        has_lapsed = self.state == "pending" and self.decide_by is not None and self.decide_by <= now
        return "lapsed" if has_lapsed else self.state


OWN = ", ".join(f"b.{name}" for name in Booking.__struct_fields__ if name not in ("space", "space_en", "time_zone"))
COLUMNS = f"{OWN}, s.name AS space, s.name_en AS space_en, s.time_zone"
"""Of a booking `b` in its space `s`."""
BOOKING = f"""
SELECT {COLUMNS} FROM booking b JOIN space s ON s.id = b.space_id
"""


def kind_of(booking: Booking, space: Space) -> str | None:
    """What it is in the table of occupancy: a booking, a hold until it is decided, or nothing where requests compete."""
    if booking.state != "pending":
        return "booking"
    return "hold" if space.approval == "holds" else None


async def one(booking_id: UUID) -> Booking:
    """Raises NotFound."""
    found = await sql.row(f"{BOOKING} WHERE b.id = $1", booking_id)
    if found is None:
        raise NotFound(what="booking")
    return Booking(**dict(found.items()))


async def cancel(booking_id: UUID, by: UUID, now: datetime, *, house_reason: str = "") -> Booking:
    """Gives the time back at once, and the quota with it. Cancelling twice changes nothing and is safe.

    Giving back is possible until the start, however short the notice; of a request at any time (booking-90). With a reason the
    house cancels, which it may until the end. Raises NotFound, OnlyOffered and BookingBegun.
    """
    state = "cancelled_by_house" if house_reason else "cancelled_by_user"
    await sql.rows("SELECT cancel_booking($1, $2, $3, $4, $5)", booking_id, state, now, by, house_reason)
    booking = await one(booking_id)
    if booking.state == "offered":
        raise OnlyOffered(starts_at=booking.starts_at, time_zone=booking.time_zone)
    if not booking.is_cancelled:
        raise BookingBegun(starts_at=booking.starts_at, time_zone=booking.time_zone)
    return booking


NO_OFFER = "NOT EXISTS (SELECT FROM room_offer r WHERE r.booking_id = b.id)"
"""What is or was only offered to who waits for the room was never booked; accepted, it is another booking."""


async def of_household(household_id: UUID, since: datetime, limit: int = 200) -> list[Booking]:
    """Bookings of the household's members that end after `since`, cancelled ones too, in order of time."""
    found = await sql.rows(
        f"{BOOKING} WHERE b.household_id = $1 AND b.ends_at > $2 AND {NO_OFFER} ORDER BY b.starts_at, b.id LIMIT $3",
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
        f"{BOOKING} WHERE b.person_id = $1 AND b.ends_at > $2 AND {NO_OFFER} "
        "AND ($3::timestamptz IS NULL OR (b.starts_at, b.id) > ($3, $4::uuid)) ORDER BY b.starts_at, b.id LIMIT $5",
        person_id,
        since,
        *(after or (None, None)),
        limit,
    )
    return [Booking(**dict(row.items())) for row in found]


async def of_space(space_id: UUID, since: datetime, limit: int = 500) -> list[Booking]:
    """What is still to come in a space, for its staff, in order of time; requests, offers and cancelled ones left out."""
    found = await sql.rows(
        f"{BOOKING} WHERE b.space_id = $1 AND b.ends_at > $2 AND b.state <> ALL ($3) ORDER BY b.starts_at, b.id LIMIT $4",
        space_id,
        since,
        [*CANCELLED, "pending", "offered"],
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
