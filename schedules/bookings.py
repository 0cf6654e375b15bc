"""Residents' use of spaces: look, judge, take, cancel. `booking_moves` changes one, `booking_requests` decides on them.

Order inside the one short transaction (booking.md A4): lock the household, let expired holds go, judge, take. The constraint
of the occupancy table protects the space, the household's lock protects its quota.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import accessories, facts, occupancy, opening, rules, spaces, sql, walltimes, wishes
from schedules.errors import NotFound, Refusal
from schedules.facts import Broken
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


NEVER_OVERRIDDEN = frozenset({"taken", "past", "no_such_time", "too_many_people", "no_units", "accessories"})
"""Rules that staff cannot set aside: what occupies the room, what the clock says, how many the room may hold. The turnaround
beside a use is not the use: it can be (booking-47)."""

OWN = ", ".join(f"b.{name}" for name in Booking.__struct_fields__ if name not in ("space", "space_en", "time_zone"))
BOOKING = f"""
SELECT {OWN}, s.name AS space, s.name_en AS space_en, s.time_zone FROM booking b JOIN space s ON s.id = b.space_id
"""
# One statement: where the time is taken meanwhile, there is no row of either table. A request that competes takes nothing yet.
TAKE = """
WITH taken AS MATERIALIZED (
    SELECT $1::uuid AS id WHERE $2::text IS NULL OR take_space($3, $2, $1, $4, $5, $6, $7, $8))
INSERT INTO booking (id, space_id, person_id, household_id, made_by, purpose, people, starts_at, ends_at, counts, terms, state,
                     made_at, changed_at, changed_by, decide_by, override_reason, units, is_priced, team_id)
SELECT id, $3, $9, $10, $11, $12, $13, $4, $5, $14, $15, $16, $17, $17, $11, $18, $19, $8, $20, $21 FROM taken RETURNING id
"""


async def book(holder: Holder, wish: wishes.Wish, now: datetime, *, against: str = "", waived: Collection[str] = ()) -> Booking:
    """Takes the time or raises NotBookable with every broken rule; `wishes.judge` finds alternatives after the rollback.

    Where the space asks for approval, what a resident makes is a request (`pending`); what staff make for a member or for the
    house is decided. With a reason in `against`, staff set rules aside, never what occupies the room. What a draw has given is
    decided too, and the rules named in `waived` do not hold for it. Locks the household's row. Raises NotFound, and Malformed
    for an empty time. The rules that hold now are frozen into it.
    """
    within = walltimes.rough(wish.when)
    facts = await wishes.lock(holder.person_id, holder.household_id, wish, within, now)
    use, broken = wishes.judged(holder.person_id, wish, facts, now)
    standing = [one for one in binding(broken, against) if one.code not in waived]
    if use is None or standing:
        raise wishes.refusal(facts.space, standing)
    is_decided = holder.made_by != holder.person_id or bool(against or waived)
    is_request = facts.space.approval != "none" and wish.counts and not is_decided
    made = _made(holder, wish, use, facts.space, now, against, is_request)
    if kind_of(made, facts.space):
        await wishes.make_way(facts, made.id, use, made.units)
    elif asked := await _asked_already(made, now):
        raise wishes.refusal(facts.space, [Broken("asked_already", {"starts_at": asked.starts_at, "ends_at": asked.ends_at})])
    # The judgement saw a free time; only the constraint can tell whether it still is.
    pause = await pause_after(facts, use, against)
    if not await _write(made, facts.space, made.ends_at + pause):
        raise wishes.refusal(facts.space, [Broken("taken")])
    await accessories.borrow(made.id, wish.accessories)
    return made


async def _asked_already(made: Booking, now: datetime) -> Interval | None:
    """The time of a request of the same household that competes for the same time: nobody stands in line twice.

    The household is locked, so two at once are seen one after the other.
    """
    found = await sql.row(
        "SELECT starts_at, ends_at FROM booking WHERE household_id = $1 AND space_id = $2 AND state = 'pending' "
        "AND decide_by > $3 AND starts_at < $5 AND ends_at > $4",
        made.household_id,
        made.space_id,
        now,
        made.starts_at,
        made.ends_at,
    )
    return Interval(found["starts_at"], found["ends_at"]) if found else None


def binding(broken: Sequence[Broken], against: str) -> list[Broken]:
    """The broken rules that still say no when staff give a reason to book against the rules."""
    return [one for one in broken if not against or (one.code in NEVER_OVERRIDDEN and not one.data.get("only_turnaround"))]


async def pause_after(facts: facts.Facts, use: Interval, against: str) -> timedelta:
    """The turnaround after a use that is about to be taken.

    Against the rules, the turnaround before the use gives way, and its own does where the next use begins (booking-47).
    """
    if not against:
        return rules.pause(facts.space)
    await occupancy.cut_turnaround(facts.space.id, use.starts_at)
    after = [found.starts_at - use.ends_at for found in rules.blocks(facts) if found.starts_at >= use.ends_at]
    return min([rules.pause(facts.space), *after])


def decide_by(space: Space, starts_at: datetime, now: datetime) -> datetime:
    """When a request lapses: the space's time to decide, and at its start at the latest."""
    return min(now + timedelta(minutes=space.decide_within), starts_at)


def _made(
    holder: Holder, wish: wishes.Wish, use: Interval, space: Space, now: datetime, against: str, is_request: bool
) -> Booking:
    return Booking(
        id=uuid4(),
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        person_id=holder.person_id,
        household_id=holder.household_id,
        made_by=holder.made_by,
        purpose=wish.purpose,
        people=wish.people,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        counts=wish.counts,
        state="pending" if is_request else "confirmed",
        sequence=0,
        made_at=now,
        changed_at=now,
        reason="",
        decide_by=decide_by(space, use.starts_at, now) if is_request else None,
        override_reason=against,
        units=wish.units,
        team_id=wish.team_id,
        is_priced=space.is_priced and wish.counts,
    )


def kind_of(booking: Booking, space: Space) -> str | None:
    """What it is in the table of occupancy: a booking, a hold until it is decided, or nothing where requests compete."""
    if booking.state != "pending":
        return "booking"
    return "hold" if space.approval == "holds" else None


async def _write(made: Booking, space: Space, busy_until: datetime) -> bool:
    kind = kind_of(made, space)
    return bool(
        await sql.rows(
            TAKE,
            made.id,
            kind,
            made.space_id,
            made.starts_at,
            made.ends_at,
            busy_until,
            made.decide_by if kind == "hold" else None,
            made.units,
            made.person_id,
            made.household_id,
            made.made_by,
            made.purpose,
            made.people,
            made.counts,
            msgspec.json.encode(spaces.rules_of(space)).decode(),
            made.state,
            made.made_at,
            made.decide_by,
            made.override_reason,
            made.is_priced,
            made.team_id,
        )
    )


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
