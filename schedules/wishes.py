"""What somebody asks for, what is known about it, and the verdict: the judgement on its facts, without booking anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import free, opening, quotas, rules, sql, walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.facts import Asked, Broken, Facts, Lent, Own
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.quotas import Limit
from schedules.spaces import Space
from schedules.walltimes import NoSuchTime, When


class NotBookable(Refusal):
    """The booking breaks rules; nothing was stored.

    Facts: space_id, space, space_en, time_zone, broken (every broken rule, as facts.Broken), alternatives (Intervals near the
    asked time that this person can book), other_rooms (OtherRooms that this person can book at exactly that time).
    """


class Borrowed(msgspec.Struct, frozen=True):
    """So many of something that can be borrowed with a room."""

    accessory_id: UUID
    quantity: int


class Wish(msgspec.Struct, frozen=True):
    """A use of a space that somebody asks for. `counts` is False where it is for the house and takes no quota (booking-62)."""

    space_id: UUID
    when: When
    purpose: str = ""
    people: int = 1
    counts: bool = True
    units: int = 1
    """How many units of a space that has several."""
    team_id: UUID | None = None
    """The team for which it is; its quota is used then, and not the household's."""
    accessories: tuple[Borrowed, ...] = ()


class OtherRoom(msgspec.Struct, frozen=True):
    """A room of the same branch that would do at the very same time."""

    id: UUID
    name: str
    name_en: str
    seats: int


class Verdict(msgspec.Struct, frozen=True):
    """What would become of a wish. `use` is None where the local time does not exist.

    `quota_left` is the household's in the week of the wish, before it; None without a limit or without a household.
    """

    space: Space
    quota_left: int | None
    use: Interval | None
    broken: Sequence[Broken]
    alternatives: Sequence[Interval]
    other_rooms: Sequence[OtherRoom] = ()
    """Only where `other_rooms.find` was asked."""


class Document(msgspec.Struct, frozen=True):
    """The answer of the SQL function `booking_facts`."""

    space: Space
    windows: list[Window]
    taken: list[Occupied]
    own: list[Own]
    limits: list[Limit]
    lent: list[Lent]


MIN = datetime.min.replace(tzinfo=UTC)
DOCUMENT = msgspec.json.Decoder(Document)


async def look(
    space_id: UUID,
    household_id: UUID | None,
    within: Interval,
    now: datetime,
    *,
    person_id: UUID | None = None,
    group_ids: Sequence[UUID] | None = None,
    accessories: Sequence[UUID] = (),
) -> Facts:
    """All that the rules ask about around a time; the groups are the person's unless others are given. Locks nothing.

    Raises NotFound for a space that is unknown or retired.
    """
    asked = await ask(
        "booking_facts",
        space_id,
        household_id,
        within,
        now,
        person_id=person_id,
        group_ids=group_ids,
        accessories=accessories,
    )
    return facts_of(asked, within)


async def lock(
    person_id: UUID, household_id: UUID, wish: Wish, within: Interval, now: datetime, *, without: UUID | None = None
) -> Facts:
    """The same for a booking that is about to be made, or changed: then `without` is the booking as it was.

    Locks the household, then the team, then what is borrowed; lets go of what has expired. Raises NotFound.
    """
    asked = await ask(
        "lock_booking_facts",
        wish.space_id,
        household_id,
        within,
        now,
        person_id=person_id,
        team_id=wish.team_id,
        accessories=[one.accessory_id for one in wish.accessories],
        without=without,
    )
    return facts_of(asked, within)


async def judge(
    person_id: UUID | None,
    household_id: UUID | None,
    wish: Wish,
    now: datetime,
    *,
    group_ids: Sequence[UUID] | None = None,
    without: UUID | None = None,
) -> Verdict:
    """Every rule that the wish would break now, and the nearest times that would do: "why not?" without booking. Locks nothing.

    `without` is a booking that is to be changed: it is judged as though it did not exist. Raises NotFound, and Malformed for an
    empty time.
    """
    rough = walltimes.rough(wish.when)
    wide = Interval(rough.starts_at - timedelta(days=2), rough.ends_at + timedelta(days=9))
    asked = await ask(
        "booking_facts",
        wish.space_id,
        household_id,
        wide,
        now,
        person_id=person_id,
        group_ids=group_ids,
        team_id=wish.team_id,
        accessories=[one.accessory_id for one in wish.accessories],
        without=without,
    )
    facts = facts_of(asked, wide)
    use, broken = judged(person_id, wish, facts, now)
    day = walltimes.day_of((use or rough).starts_at, facts.space.time_zone)
    left = quota_left(facts, day) if household_id else None
    nearest = free.nearest(asked_of(wish, use, person_id), facts, now) if use and broken else []
    return Verdict(facts.space, left, use, broken, nearest)


async def with_alternatives(
    refused: NotBookable, person_id: UUID, household_id: UUID, wish: Wish, now: datetime, without: UUID | None = None
) -> NotBookable:
    """The same refusal as things stand now, with times that would do; what has become free meanwhile is the first of them."""
    verdict = await judge(person_id, household_id, wish, now, without=without)
    facts = refused.facts | {"broken": list(verdict.broken) or refused.broken, "alternatives": list(verdict.alternatives)}
    if not verdict.broken and verdict.use is not None:
        facts["alternatives"] = [verdict.use]
    return NotBookable(**facts)


def check(wish: Wish) -> None:
    """Raises Malformed for a wish that needs no look at the room: an empty or reversed time, nobody (booking-10)."""
    walltimes.rough(wish.when)
    if wish.people < 1:
        raise Malformed(field="people", reason="at least one person")
    if wish.units < 1:
        raise Malformed(field="units", reason="at least one unit")
    borrowed = [one.accessory_id for one in wish.accessories]
    if len(set(borrowed)) < len(borrowed) or any(not 0 < one.quantity <= 10_000 for one in wish.accessories):
        raise Malformed(field="borrow", reason="each thing once, and how many of it")


def asked_of(wish: Wish, use: Interval, person_id: UUID | None) -> Asked:
    """The wish as the rules look at it."""
    accessories = tuple((one.accessory_id, one.quantity) for one in wish.accessories)
    return Asked(use, person_id, wish.people, wish.counts, wish.units, wish.team_id, accessories)


def refusal(space: Space, broken: Sequence[Broken], alternatives: Sequence[Interval] = ()) -> NotBookable:
    """The facts of NotBookable."""
    return NotBookable(
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        broken=list(broken),
        alternatives=list(alternatives),
        other_rooms=[],
    )


def quota_left(facts: Facts, on: date) -> int | None:
    """Bookings that the household may still make here in the week of a local day; None without a limit."""
    left = [
        quotas.left_in(limit, facts.used(limit, Asked(Interval(MIN, MIN))), on)
        for limit in facts.quotas
        if limit.per == "household" and limit.period == "week" and limit.kind == "bookings" and limit.is_always
    ]
    return min((amount for amount in left if amount is not None), default=None)


async def ask(
    function: str,
    space_id: UUID,
    household_id: UUID | None,
    within: Interval,
    now: datetime,
    *,
    person_id: UUID | None = None,
    group_ids: Sequence[UUID] | None = None,
    team_id: UUID | None = None,
    accessories: Sequence[UUID] = (),
    without: UUID | None = None,
) -> Document:
    """What the SQL function answers; its caller says what it locks. Raises NotFound where the space is unknown or retired."""
    found = await sql.value(
        f"SELECT {function}($1, $2, tstzrange($3, $4), $5, $6, $7, $8, $9, $10)",
        space_id,
        household_id,
        within.starts_at,
        within.ends_at,
        now,
        person_id,
        None if group_ids is None else list(group_ids),
        team_id,
        list(accessories),
        without,
    )
    if found is None:
        raise NotFound(what="space")
    return DOCUMENT.decode(found)


def facts_of(found: Document, within: Interval) -> Facts:
    open_times = opening.around(found.windows, within, found.space.time_zone)
    return Facts(found.space, open_times, found.taken, found.own, found.limits, found.windows, found.lent)


async def make_way(facts: Facts, booking_id: UUID, use: Interval, units: int = 1) -> None:
    """Before the time is taken: a booking by somebody whom closures let in cuts them (booking.md A10). Else no statement."""
    busy = Interval(use.starts_at, use.ends_at + rules.pause(facts.space))
    found = {one.closure_id for one in facts.taken if one.is_exempt and one.busy.overlaps(busy)}
    if found:
        await sql.rows(
            "SELECT cut_closures($1, $2, $3, tstzrange($4, $5), $6)",
            list(found),
            facts.space.id,
            booking_id,
            busy.starts_at,
            busy.ends_at,
            units,
        )


def judged(person_id: UUID | None, wish: Wish, facts: Facts, now: datetime) -> tuple[Interval | None, list[Broken]]:
    """The instants that are meant and every rule that they break; a local time that does not exist can break no other."""
    try:
        use = walltimes.resolve(wish.when, facts.space.time_zone)
    except NoSuchTime as error:
        return None, [Broken("no_such_time", {"local": error.local, "next_at": error.next_at})]
    return use, rules.judge(asked_of(wish, use, person_id), facts, now)
