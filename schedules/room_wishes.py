"""Waiting for a room: some minutes, somewhere in a stretch of time, in any of some rooms; and one's place in the line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
from asyncpg import Record

from schedules import room_fits, rules, spaces, sql, walltimes, wishes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.facts import Broken
from schedules.free import shortest_use
from schedules.intervals import Interval, proper
from schedules.room_fits import Looking
from schedules.spaces import Space

MOST_SPACES, MOST_DAYS, MOST_WAITING = 10, 14, 5
"""Rooms of one wish, days of its stretch, and wishes of a household that wait at a time."""

State = Literal["waiting", "offered", "met", "withdrawn", "over"]


class TooManyWishes(Refusal):
    """The household waits for as much as it may already. Facts: most."""


class DoesNotFitThere(Malformed):
    """The length does not fit into the stretch, which is too short, too long or over. Facts: field, reason."""


class NothingToWaitFor(Refusal):
    """It is free: book it. Facts: space_id, space, space_en, starts_at, ends_at, time_zone."""


class NewWish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody waits for: `minutes` without a break, between the ends of `within`, in whichever of the rooms."""

    space_ids: Sequence[UUID]
    within: Interval
    minutes: int
    people: int = 1
    purpose: str = ""
    accepts_at_once: bool = False
    """Take what comes without asking me."""


class Room(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    name_en: str


class Skip(msgspec.Struct, frozen=True):
    """Somebody behind was asked for this time instead, because of these rules (booking-103)."""

    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    broken: Sequence[Broken]


class RoomWish(msgspec.Struct, frozen=True, kw_only=True):
    """A wish as its owner sees it. `position` counts those who wait for the same and came before, and oneself: 1 is next."""

    id: UUID
    person_id: UUID
    household_id: UUID
    rooms: list[Room]
    time_zone: str
    earliest_at: datetime
    latest_at: datetime
    minutes: int
    people: int
    purpose: str
    accepts_at_once: bool
    state: State
    skipped: Skip | None
    made_at: datetime
    position: int | None
    """None unless it waits."""

    @property
    def within(self) -> Interval:
        return Interval(self.earliest_at, self.latest_at)

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def state_at(self, now: datetime) -> State:
        """As it is to be told: over once nothing of that length can begin any more, whether or not a job has said so."""
        return "over" if self.state == "waiting" and self.latest_at - self.length < now else self.state


WISH = """
SELECT w.id, w.person_id, w.household_id, w.earliest_at, w.latest_at, w.minutes, w.people, w.purpose, w.accepts_at_once,
       w.state, w.skipped, w.made_at,
       (SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'name_en', s.name_en) ORDER BY s.name)
          FROM room_wish_space r JOIN space s ON s.id = r.space_id WHERE r.wish_id = w.id) AS rooms,
       (SELECT min(s.time_zone) FROM room_wish_space r JOIN space s ON s.id = r.space_id WHERE r.wish_id = w.id) AS time_zone,
       CASE w.state WHEN 'waiting' THEN 1 + (
         SELECT count(*) FROM room_wish o
          WHERE o.state = 'waiting' AND o.place < w.place AND o.earliest_at < w.latest_at AND o.latest_at > w.earliest_at
            AND o.latest_at - make_interval(mins => o.minutes) >= $1
            AND EXISTS (SELECT FROM room_wish_space a JOIN space_part x ON x.space_id = a.space_id
                          JOIN space_part y ON y.part_id = x.part_id JOIN room_wish_space b ON b.space_id = y.space_id
                         WHERE a.wish_id = o.id AND b.wish_id = w.id)) END AS position
  FROM room_wish w
"""


async def make(person_id: UUID, household_id: UUID, new: NewWish, now: datetime) -> RoomWish:
    """At the end of the line; what is free already is to be booked. Locks the household's row.

    Raises Malformed and NotBookable for what could never be offered, NothingToWaitFor where it is free already, TooManyWishes,
    NotFound.
    """
    within = proper(new.within.starts_at, new.within.ends_at)
    rooms = [await spaces.one(space_id) for space_id in dict.fromkeys(new.space_ids)]
    _check(new, within, rooms, now)
    await _check_number(household_id, now)
    looking = Looking(person_id, household_id, within, timedelta(minutes=new.minutes), new.people)
    for room in rooms:
        await _check_taken(room, looking, now)
    return await one(await _write(looking, new, rooms, now), now)


async def _check_number(household_id: UUID, now: datetime) -> None:
    # Two wishes of one household at once: counted one after the other.
    await sql.rows("SELECT lock_booking_household($1)", household_id)
    waiting = await sql.value(
        "SELECT count(*) FROM room_wish WHERE household_id = $1 AND state IN ('waiting', 'offered') AND latest_at > $2",
        household_id,
        now,
    )
    if waiting >= MOST_WAITING:
        raise TooManyWishes(most=MOST_WAITING)


async def _check_taken(room: Space, looking: Looking, now: datetime) -> None:
    fit = await room_fits.find(room.id, looking, looking.within, now)
    if fit.use:
        named = {"space": room.name, "space_en": room.name_en, "time_zone": room.time_zone}
        raise NothingToWaitFor(space_id=room.id, **named, starts_at=fit.use.starts_at, ends_at=fit.use.ends_at)


async def _write(looking: Looking, new: NewWish, rooms: Sequence[Space], now: datetime) -> UUID:
    made = uuid4()
    await sql.rows(
        "INSERT INTO room_wish (id, person_id, household_id, earliest_at, latest_at, minutes, people, purpose, "
        "accepts_at_once, state, made_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10, $10)",
        made,
        looking.person_id,
        looking.household_id,
        looking.within.starts_at,
        looking.within.ends_at,
        new.minutes,
        new.people,
        new.purpose,
        new.accepts_at_once,
        now,
    )
    await sql.rows(
        "INSERT INTO room_wish_space (wish_id, space_id) SELECT $1, unnest($2::uuid[])", made, [room.id for room in rooms]
    )
    return made


def _check(new: NewWish, within: Interval, rooms: Sequence[Space], now: datetime) -> None:
    """What no change in a room's calendar would ever mend."""
    if not 1 <= len(rooms) <= MOST_SPACES:
        raise Malformed(field="space_ids", reason=f"one to {MOST_SPACES} rooms")
    if new.people < 1:
        raise Malformed(field="people", reason="at least one person")
    for moment in (within.starts_at, within.ends_at):
        walltimes.of_our_days(moment.date(), "within")
    if within.length > timedelta(days=MOST_DAYS):
        raise DoesNotFitThere(field="latest", reason=f"a stretch of at most {MOST_DAYS} days")
    if new.minutes < 1 or within.length < timedelta(minutes=new.minutes):
        raise DoesNotFitThere(field="latest", reason="the length must fit into the stretch")
    if within.ends_at - timedelta(minutes=new.minutes) < now:
        raise DoesNotFitThere(field="latest", reason="a stretch that is not over")
    for room in rooms:
        broken = _never(new, within, room, now)
        if broken:
            raise wishes.refusal(room, broken)


def _never(new: NewWish, within: Interval, room: Space, now: datetime) -> list[Broken]:
    """The room's own rules that this wish breaks wherever it lies."""
    if room.state != "open":
        raise NotFound(what="space")
    length = timedelta(minutes=new.minutes)
    latest = rules.horizon(room, now)
    found = []
    if new.minutes % room.grid:
        down, up = (
            within.starts_at + timedelta(minutes=new.minutes // room.grid * room.grid + more) for more in (0, room.grid)
        )
        found.append(
            Broken("grid", {"minutes": room.grid, "off_at": within.starts_at + length, "before_at": down, "after_at": up})
        )
    if length < shortest_use(room):
        found.append(Broken("too_short", {"minutes": room.shortest, "ends_at": within.starts_at + shortest_use(room)}))
    if within.starts_at + length > rules.longest_end(room, within.starts_at):
        longest = rules.longest_end(room, within.starts_at)
        found.append(Broken("too_long", {"minutes": room.longest, "ends_at": longest}))
    if within.ends_at > latest:
        opens_at = walltimes.days_later(within.ends_at, -room.horizon, room.time_zone)
        found.append(Broken("horizon", {"days": room.horizon, "latest_end_at": latest, "opens_at": opens_at}))
    if new.people > room.seats:
        found.append(Broken("too_many_people", {"seats": room.seats}))
    return found


async def one(wish_id: UUID, now: datetime) -> RoomWish:
    """Raises NotFound."""
    found = await sql.row(f"{WISH} WHERE w.id = $2", now, wish_id)
    if found is None:
        raise NotFound(what="room_wish")
    return _wish(found)


async def of_person(person_id: UUID, now: datetime, limit: int = 50) -> list[RoomWish]:
    """A person's wishes, those that wait first, and what became of the others of the last two weeks."""
    found = await sql.rows(
        f"{WISH} WHERE w.person_id = $2 AND (w.state IN ('waiting', 'offered') OR w.changed_at > $1 - interval '14 days') "
        "ORDER BY w.state NOT IN ('waiting', 'offered'), w.earliest_at, w.id LIMIT $3",
        now,
        person_id,
        limit,
    )
    return [_wish(row) for row in found]


async def of_space(space_id: UUID, now: datetime, limit: int = 100) -> list[RoomWish]:
    """Who waits for a room, in the order of the line: for its staff."""
    found = await sql.rows(
        f"{WISH} WHERE w.state IN ('waiting', 'offered') AND w.latest_at > $1 "
        "AND EXISTS (SELECT FROM room_wish_space r WHERE r.wish_id = w.id AND r.space_id = $2) ORDER BY w.place LIMIT $3",
        now,
        space_id,
        limit,
    )
    return [_wish(row) for row in found]


def _wish(row: Record) -> RoomWish:
    fields: dict[str, Any] = dict(row)
    fields["rooms"] = msgspec.json.decode(fields["rooms"], type=list[Room])
    fields["skipped"] = msgspec.json.decode(fields["skipped"], type=Skip) if fields["skipped"] else None
    return RoomWish(**fields)
