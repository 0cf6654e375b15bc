"""Changing a booking: another time, another room, other words. Released and taken again in one transaction (booking.md A6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import accessories, bookings, new_bookings, overrides, rules, spaces, sql, walltimes, wishes
from schedules.bookings import Booking, BookingBegun, BookingOver, State
from schedules.facts import Broken
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.walltimes import When
from schedules.wishes import Verdict, Wish

CHANGEABLE = ("pending", "confirmed", "in_use")


class Change(msgspec.Struct, frozen=True):
    """What is to be different; None stays as it is."""

    space_id: UUID | None = None
    when: When | None = None
    purpose: str | None = None
    people: int | None = None


class Moved(msgspec.Struct, frozen=True):
    """A booking before and after a change."""

    before: Booking
    after: Booking

    @property
    def is_elsewhere(self) -> bool:
        """Another time or another room, so that the old one is free for others."""
        return (self.before.space_id, self.before.use) != (self.after.space_id, self.after.use)


async def move(
    booking_id: UUID, change: Change, by: UUID, now: datetime, *, is_staff: bool = False, against: str = ""
) -> Moved:
    """Changes a booking, judged as though the old version did not exist; its check-in is cleared (booking-97).

    Where the space asks for approval again, it becomes a request (booking-89), unless staff move it. Staff may move it until
    its end and, with a reason in `against`, against the rules. Who loses a race keeps the old version: a refusal rolls back.
    Locks the household, then the booking. Raises NotFound, BookingBegun, BookingOver, NotBookable, Malformed.
    """
    before = await locked(booking_id)
    check(before, now, is_staff)
    wish = msgspec.structs.replace(wish_of(before, change), accessories=await accessories.wanted(before.id))
    stood = await step_aside(before)
    within = walltimes.rough(wish.when)
    facts = await wishes.lock(before.person_id, before.household_id, wish, within, now, without=before.id)
    use, broken = wishes.judged(before.person_id, wish, facts, now)
    is_there = (use, wish.space_id) == (before.use, before.space_id)
    if is_there:
        broken = _of_words(broken)
    standing = overrides.binding(broken, against)
    if use is None or standing:
        raise wishes.refusal(facts.space, standing)
    after = _changed(before, wish, use, facts.space, now, is_staff, against)
    if bookings.kind_of(after, facts.space):
        await wishes.make_way(facts, after.id, use, wish.units)
    pause = stood if is_there and stood is not None else await overrides.fit_turnaround(facts, use, against)
    if not await _put_back(after, facts.space, by, pause, keeps_terms=after.space_id == before.space_id):
        raise wishes.refusal(facts.space, [Broken("taken")])
    return Moved(before, after)


async def judge(booking: Booking, change: Change, now: datetime) -> Verdict:
    """What would become of a change: the same rules, judged as though the old version did not exist. Locks nothing."""
    wish = wish_of(booking, change)
    verdict = await wishes.judge(booking.person_id, booking.household_id, wish, now, without=booking.id)
    if (verdict.space.id, verdict.use) == (booking.space_id, booking.use):
        return msgspec.structs.replace(verdict, broken=_of_words(verdict.broken), alternatives=[])
    return verdict


def _of_words(broken: Sequence[Broken]) -> list[Broken]:
    """What matters where only words change: the time was granted long ago."""
    return [one for one in broken if one.code == "too_many_people"]


async def locked(booking_id: UUID) -> Booking:
    """The booking as it is under its lock and its household's. Raises NotFound."""
    found = await bookings.one(booking_id)
    await sql.rows("SELECT lock_booking_household($1)", found.household_id)
    await sql.rows("SELECT FROM booking WHERE id = $1 FOR NO KEY UPDATE", booking_id)
    return await bookings.one(booking_id)


def wish_of(booking: Booking, change: Change) -> Wish:
    """The whole wish that a change stands for."""
    wish = Wish(
        change.space_id or booking.space_id,
        booking.use if change.when is None else change.when,
        booking.purpose if change.purpose is None else change.purpose,
        booking.people if change.people is None else change.people,
        booking.counts,
        booking.units,
        booking.team_id,
    )
    wishes.check(wish)
    return wish


def check(booking: Booking, now: datetime, is_staff: bool) -> None:
    """Whether it can still be changed. Raises BookingOver, BookingBegun."""
    if booking.state_at(now) not in CHANGEABLE or booking.ends_at <= now:
        raise BookingOver(state=booking.state_at(now))
    if booking.starts_at <= now and not is_staff:
        raise BookingBegun(starts_at=booking.starts_at, time_zone=booking.time_zone)


async def step_aside(booking: Booking) -> timedelta | None:
    """The old version takes no time and no quota while the new one is judged; the turnaround that it had, None without time."""
    await sql.rows("UPDATE booking SET state = 'cancelled_by_user' WHERE id = $1", booking.id)
    left = "UPDATE occupancy SET active = false WHERE booking_id = $1 AND active RETURNING busy_until - use_until AS pause"
    return max((row["pause"] for row in await sql.rows(left, booking.id)), default=None)


def _changed(before: Booking, wish: Wish, use: Interval, space: Space, now: datetime, is_staff: bool, against: str) -> Booking:
    is_elsewhere = (space.id, use) != (before.space_id, before.use)
    state = state_after(before, space, is_staff) if is_elsewhere else before.state
    is_request = state == "pending"
    deadline = new_bookings.decide_by(space, use.starts_at, now) if is_elsewhere else before.decide_by
    return msgspec.structs.replace(
        before,
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        purpose=wish.purpose,
        people=wish.people,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        state=state,
        sequence=before.sequence + 1,
        changed_at=now,
        decide_by=deadline if is_request else None,
        decided_at=None if is_request else before.decided_at,
        override_reason=against or before.override_reason,
        checked_in_at=None if is_elsewhere else before.checked_in_at,
        planned_ends_at=None if is_elsewhere else before.planned_ends_at,
        is_priced=before.is_priced if before.space_id == space.id else space.is_priced and before.counts,
    )


def state_after(before: Booking, space: Space, is_staff: bool) -> State:
    """Of a booking that goes elsewhere: approved here before, it stays so only where the space does not ask again."""
    if space.approval == "none" or is_staff or not before.counts:
        return "confirmed"
    was_approved_here = before.state != "pending" and before.space_id == space.id
    return "confirmed" if was_approved_here and not space.again_when_moved else "pending"


WRITE = """
UPDATE booking SET space_id = $2, purpose = $3, people = $4, starts_at = $5, ends_at = $6, state = $7, sequence = $8,
       changed_at = $9, changed_by = $10, decide_by = $11, decided_at = $12, override_reason = $13, checked_in_at = $14,
       decided_by = CASE WHEN $12::timestamptz IS NOT NULL THEN decided_by END,
       checked_in_by = CASE WHEN $14::timestamptz IS NOT NULL THEN checked_in_by END,
       said_coming_at = CASE WHEN starts_at = $5 THEN said_coming_at END, planned_ends_at = $15, is_priced = $16,
       terms = coalesce($17, terms)
 WHERE id = $1
"""


# Another room has another door: its window for checking in is frozen anew.
DOOR = """
UPDATE booking b SET check_in_before = coalesce(d.check_in_before, 10),
       check_in_after = CASE WHEN NOT b.counts THEN NULL WHEN d.space_id IS NULL THEN 15 ELSE d.check_in_after END
  FROM (SELECT) one LEFT JOIN room_door d ON d.space_id = (SELECT space_id FROM booking WHERE id = $1) WHERE b.id = $1
"""


async def _put_back(after: Booking, space: Space, by: UUID, pause: timedelta, keeps_terms: bool) -> bool:
    """Writes the new version and takes its time; False where somebody else has it. Deadlines promised stay (booking-42)."""
    await sql.rows(
        WRITE,
        after.id,
        after.space_id,
        after.purpose,
        after.people,
        after.starts_at,
        after.ends_at,
        after.state,
        after.sequence,
        after.changed_at,
        by,
        after.decide_by,
        after.decided_at,
        after.override_reason,
        after.checked_in_at,
        after.planned_ends_at,
        after.is_priced,
        None if keeps_terms else msgspec.json.encode(spaces.rules_of(space)).decode(),
    )
    if not keeps_terms:
        await sql.rows(DOOR, after.id)
    return await take(after, space, pause)


async def take(booking: Booking, space: Space, pause: timedelta | None = None) -> bool:
    """Occupies the space for a booking that is written already; False where somebody else has the time.

    `pause` is the turnaround after it, the space's unless given.
    """
    kind = bookings.kind_of(booking, space)
    return kind is None or bool(
        await sql.value(
            "SELECT take_space($1, $2, $3, $4, $5, $6, $7, $8)",
            booking.space_id,
            kind,
            booking.id,
            booking.starts_at,
            booking.ends_at,
            booking.ends_at + (rules.pause(space) if pause is None else pause),
            booking.decide_by if kind == "hold" else None,
            booking.units,
        )
    )
