"""Who comes to a room: the bookings that a person at its door may mean, and the check-in.

Whether somebody is too early or too late is judged by the time, never by whether a job has run (booking-99).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from asyncpg import Record

from schedules import sql
from schedules.bookings import State
from schedules.errors import NotFound, Refusal
from schedules.intervals import Interval


class CheckInTooEarly(Refusal):
    """Facts: opens_at, starts_at, ends_at, time_zone."""


class CheckInTooLate(Refusal):
    """The time to check in is over; the rest is free for others. Facts: closed_at, starts_at, ends_at, time_zone."""


class OtherRoom(Refusal):
    """The code of this room, but the booking is in another (booking-95).

    Facts: space_id, space, space_en, starts_at, ends_at, time_zone.
    """


class NotYourBooking(Refusal):
    """Somebody else has the room now (booking-94). Facts: ends_at, time_zone."""


class NoBookingHere(Refusal):
    """Nobody has booked the room now, and the caller has nothing here today. Facts: space_id."""


class NotThere(Refusal):
    """Nobody has checked in, or it is over: there is nothing to leave. Facts: state."""


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """A booking as its door sees it. `check_in_until` is inclusive; `space_id` is the room that was booked."""

    id: UUID
    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    grid: int
    """Minutes; as frozen into the booking."""
    person_id: UUID
    household_id: UUID
    units: int
    counts: bool
    state: State
    starts_at: datetime
    ends_at: datetime
    planned_ends_at: datetime | None
    check_in_from: datetime
    check_in_until: datetime
    is_waited_for: bool
    """Released when nobody checks in."""
    checked_in_at: datetime | None
    said_coming_at: datetime | None
    is_here: bool = False
    """The door that was asked about belongs to it."""

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)

    def may_check_in(self, now: datetime) -> bool:
        return self.state == "confirmed" and self.check_in_from <= now <= self.check_in_until and now < self.ends_at

    def is_soon(self, now: datetime) -> bool:
        """So near that it means something to say that one is coming."""
        return self.starts_at - timedelta(days=1) <= now < self.starts_at

    def is_late(self, now: datetime) -> bool:
        """Released, or about to be: nobody came in time. The booking is not over."""
        missed = self.state == "confirmed" and now > self.check_in_until
        return now < self.ends_at and (missed or (self.state == "released" and self.is_waited_for))


STAY = """
SELECT b.id, b.space_id, s.name AS space, s.name_en AS space_en, s.time_zone,
       coalesce((b.terms ->> 'grid')::int, s.grid) AS grid, b.person_id, b.household_id, b.units, b.counts, b.state,
       b.starts_at, b.ends_at, b.planned_ends_at, b.starts_at - make_interval(mins => b.check_in_before) AS check_in_from,
       check_in_until(b) AS check_in_until, b.check_in_after IS NOT NULL AS is_waited_for, b.checked_in_at, b.said_coming_at,
       {here} AS is_here
  FROM booking b JOIN space s ON s.id = b.space_id
"""
# A hall's booking is checked in at the door of each of its parts, a part's booking also at the door of the hall.
HERE = """EXISTS (SELECT FROM space_part door JOIN space_part p ON p.part_id = door.part_id
                   WHERE door.space_id = {door} AND p.space_id = b.space_id)"""
ONE = STAY.format(here="true")
OF_PERSON = f"""
{STAY.format(here=HERE.format(door="$3"))}
 WHERE (b.person_id = $1 OR b.household_id = $2
        OR EXISTS (SELECT FROM booking_party y WHERE y.booking_id = b.id AND y.person_id = $1))
   AND b.state IN ('confirmed', 'in_use', 'released', 'ended_early') AND b.ends_at > $4 AND b.starts_at < $4 + interval '1 day'
 ORDER BY b.starts_at, b.id
"""
STANDING = f"""
{STAY.format(here="true")}
 WHERE {HERE.format(door="$1")} AND b.state IN ('confirmed', 'in_use', 'ended_early') AND b.starts_at <= $2 AND b.ends_at > $2
 ORDER BY b.starts_at LIMIT 1
"""


async def one(booking_id: UUID) -> Stay:
    """Raises NotFound."""
    found = await sql.row(f"{ONE} WHERE b.id = $1", booking_id)
    if found is None:
        raise NotFound(what="booking")
    return _stay(found)


async def locked(booking_id: UUID) -> Stay:
    """The same under its lock, for whoever is about to change both the booking and the time that it takes. Raises NotFound."""
    # A move gives the booking another row of occupancy: whoever waits for one has to look again, in a statement of its own.
    await sql.rows("SELECT FROM booking WHERE id = $1 FOR NO KEY UPDATE", booking_id)
    return await one(booking_id)


async def of_person(person_id: UUID, household_id: UUID | None, door: UUID, now: datetime) -> list[Stay]:
    """What this person may check in to within a day: their own, the household's, and where they are named; in order of time."""
    return [_stay(row) for row in await sql.rows(OF_PERSON, person_id, household_id, door, now)]


async def standing(door: UUID, now: datetime) -> Stay | None:
    """Whoever has the room now."""
    found = await sql.row(STANDING, door, now)
    return _stay(found) if found else None


def _stay(row: Record) -> Stay:
    return Stay(**dict(row))


def at_door(own: Sequence[Stay], other: Stay | None, door: UUID, now: datetime) -> Stay:
    """The booking that a person at this door means: to check in, or in use, or missed and perhaps to be taken again.

    `own` as `of_person` answers, `other` as `standing`. Pure. Raises CheckInTooEarly, OtherRoom, NotYourBooking, NoBookingHere.
    """
    here = [stay for stay in own if stay.is_here and stay.state != "ended_early"]
    wanted = [stay for stay in here if stay.state == "in_use"] + [stay for stay in here if stay.may_check_in(now)]
    wanted += [stay for stay in here if stay.is_late(now)]
    if wanted:
        return wanted[0]
    elsewhere = [stay for stay in own if not stay.is_here and (stay.state == "in_use" or stay.may_check_in(now))]
    if elsewhere:
        there = elsewhere[0]
        raise OtherRoom(**_times(there), space_id=there.space_id, space=there.space, space_en=there.space_en)
    ahead = [stay for stay in here if stay.state == "confirmed" and stay.check_in_from > now]
    if ahead:
        raise CheckInTooEarly(**_times(ahead[0]), opens_at=ahead[0].check_in_from)
    if other is not None and all(other.id != stay.id for stay in own):
        raise NotYourBooking(ends_at=other.ends_at, time_zone=other.time_zone)
    raise NoBookingHere(space_id=door)


def _times(stay: Stay) -> dict[str, object]:
    return {"starts_at": stay.starts_at, "ends_at": stay.ends_at, "time_zone": stay.time_zone}


CHECK_IN = """
UPDATE booking b SET state = 'in_use', checked_in_at = $2, checked_in_by = $3, changed_at = $2, changed_by = $3
 WHERE b.id = $1 AND b.state = 'confirmed' AND $2 < b.ends_at
   AND b.starts_at - make_interval(mins => b.check_in_before) <= $2 AND $2 <= check_in_until(b) RETURNING b.id
"""


async def check_in(booking_id: UUID, by: UUID, now: datetime) -> tuple[Stay, bool]:
    """The booking, in use, and whether this made it so. Safe to repeat: who is in stays in since the first time.

    Raises CheckInTooEarly, CheckInTooLate (both edges are taken, booking-91), NotThere for one that is over or cancelled.
    """
    # Check-in and release at the same second: both wait for the row, and the second finds another state than it expects.
    is_new = bool(await sql.rows(CHECK_IN, booking_id, now, by))
    stay = await one(booking_id)
    if is_new or (stay.state == "in_use" and now < stay.ends_at):
        return stay, is_new
    if stay.state == "confirmed" and now < stay.check_in_from:
        raise CheckInTooEarly(**_times(stay), opens_at=stay.check_in_from)
    if stay.is_late(now):
        raise CheckInTooLate(**_times(stay), closed_at=stay.check_in_until)
    raise NotThere(state=stay.state)
