"""Rooms: what there is, what is free, and for the coordinator how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import spaces
from schedules.closures import Closed, Over
from schedules.free import Day, Stretch
from schedules.intervals import Interval, proper
from schedules.opening import Window
from schedules.spaces import Space
from schedules.wishes import OtherRoom
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.book_space import may_book
from timebank.actions.rooms.booking_prices import Quote, quote
from timebank.actions.rooms.find_rooms import RoomDays, RoomToday
from timebank.actions.rooms.keep_spaces import (
    Room,
    change_space,
    close_space,
    create_space,
    hours_of,
    lift_closure,
    retire_space,
)
from timebank.api.bookings import Aware, Reason, reasons, wish_of
from timebank.people.callers import Caller, Right
from timebank.points.prices import Priced
from timebank.web.access import anyone, needs
from timebank.web.request import Key, Now, Reads, Who, request_key
from timebank.web.words import Language

staff = [needs(Right.MANAGE_SPACES)]


class SpaceLine(msgspec.Struct):
    """A room on one day. `free` is open time in which nothing stands, long enough to book; whether for you, `/free` says."""

    id: UUID
    name: str
    name_en: str
    community_id: UUID
    community: str
    community_en: str
    seats: int
    time_zone: str
    is_free_now: bool
    open: list[Interval]
    free: list[Interval]


class SpaceLines(msgspec.Struct):
    spaces: list[SpaceLine]


class SpaceShown(msgspec.Struct):
    """A room with its rules and opening hours (local; Monday is 0)."""

    space: Space
    hours: list[Window]


class Standing(msgspec.Struct):
    """What stands there: a session by its title, a closure by its reason, a booking without a name.

    `is_yours`: your household has it.
    """

    kind: str
    label: str
    label_en: str
    is_yours: bool


class Start(msgspec.Struct):
    starts_at: datetime
    latest_end_at: datetime


class Part(msgspec.Struct):
    """`state`: free (`starts` can be booked, by you where you are signed in), taken (`standing`), not (`why`)."""

    starts_at: datetime
    ends_at: datetime
    state: str
    starts: list[Start]
    standing: Standing | None
    why: Reason | None
    units_left: int | None
    """Of a free part of a room with several units: how many are free all through it, at the least."""


class DayShown(msgspec.Struct):
    day: date
    open: list[Interval]
    parts: list[Part]


class FreeTimes(msgspec.Struct):
    """`grid` and `shortest` in minutes. A booking ends on the grid, after `shortest` or more, by `latest_end_at`.

    `prices` hold for the open times of all days, cut where the price changes; none: the room costs nothing.
    """

    space_id: UUID
    time_zone: str
    grid: int
    shortest: int
    quota_left: int | None
    days: list[DayShown]
    prices: Sequence[Priced]


class VerdictShown(msgspec.Struct):
    """`may` is what booking would answer now; `broken` names every rule that says no; `price` none: it costs nothing.

    `other_rooms`: where it is no, at most three rooms of the same branch that you can have at exactly that time.
    """

    may: bool
    broken: list[Reason]
    alternatives: list[Interval]
    other_rooms: list[OtherRoom]
    price: Quote | None


class NewSpace(msgspec.Struct, forbid_unknown_fields=True):
    community_id: UUID
    room: Room


class Made(msgspec.Struct):
    id: UUID


class Shutting(msgspec.Struct, forbid_unknown_fields=True):
    """`over` says what becomes of what stands there: refuse (the answer names it), around (closed is what is left), cancel
    (bookings are cancelled by the house with this reason; sessions never are).
    """

    starts_at: Aware
    ends_at: Aware
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    over: Over = "refuse"
    exempt_people: Annotated[tuple[UUID, ...], Meta(max_length=100)] = ()
    """Members who may book in it all the same: their booking cuts the closure."""
    exempt_groups: Annotated[tuple[UUID, ...], Meta(max_length=20)] = ()


class Use(msgspec.Struct, forbid_unknown_fields=True):
    """`state` retired: nobody can book it any more; what was booked stays."""

    is_retired: bool


@get("/api/v1/spaces", guards=[anyone])
async def get_spaces(now: Now, day: FromQuery[date | None] = None, community_id: FromQuery[UUID | None] = None) -> SpaceLines:
    """All rooms that can be booked, by community and name, with what is free on a day (none: today in UTC)."""
    found = await find_rooms.rooms_on(day or now.date(), now)
    return SpaceLines([_line(room) for room in found if community_id in (None, room.space.community_id)])


def _line(room: RoomToday) -> SpaceLine:
    space = room.space
    return SpaceLine(
        space.id,
        space.name,
        space.name_en,
        space.community_id,
        room.community,
        room.community_en,
        space.seats,
        space.time_zone,
        room.is_free_now,
        list(room.open),
        list(room.free),
    )


@get("/api/v1/spaces/{space_id:uuid}", guards=[anyone])
async def get_space(space_id: FromPath[UUID]) -> SpaceShown:
    """A room, its rules and its hours."""
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


@get("/api/v1/spaces/{space_id:uuid}/free", guards=[anyone])
async def get_free(
    space_id: FromPath[UUID],
    caller: Who,
    now: Now,
    language: Reads,
    day: FromQuery[date | None] = None,
    days: Annotated[int, QueryParameter(ge=1, le=find_rooms.MOST_DAYS)] = 1,
) -> FreeTimes:
    """Free times of a day (none: today), or of several: what you can book, and why not the rest. Past times are left out."""
    return _free(await find_rooms.days_of(caller, space_id, day, days, now), caller, language)


def _free(found: RoomDays, caller: Caller, language: Language) -> FreeTimes:
    space = found.space
    days = [_day(day, caller, language, space.time_zone) for day in found.days]
    return FreeTimes(space.id, space.time_zone, space.grid, space.shortest, found.quota_left, days, found.prices)


def _day(day: Day, caller: Caller, language: Language, time_zone: str) -> DayShown:
    return DayShown(day.day, list(day.open), [_part(part, caller, language, time_zone) for part in day.stretches])


def _part(part: Stretch, caller: Caller, language: Language, time_zone: str) -> Part:
    taken = part.taken
    is_yours = taken is not None and taken.household_id is not None and taken.household_id == caller.household_id
    standing = Standing(taken.kind, taken.label, taken.label_en, is_yours) if taken else None
    why = reasons([part.why], language, time_zone)[0] if part.why else None
    starts = [Start(start.starts_at, start.latest_end_at) for start in part.starts if start.latest_end_at]
    return Part(part.starts_at, part.ends_at, part.state, starts, standing, why, part.left[0] if part.left else None)


@get("/api/v1/spaces/{space_id:uuid}/verdict", guards=[anyone])
async def get_verdict(
    space_id: FromPath[UUID],
    caller: Who,
    now: Now,
    language: Reads,
    starts_at: FromQuery[datetime | None] = None,
    ends_at: FromQuery[datetime | None] = None,
    starts: FromQuery[datetime | None] = None,
    ends: FromQuery[datetime | None] = None,
    people: Annotated[int, QueryParameter(ge=1, le=100_000)] = 1,
) -> VerdictShown:
    """What booking would answer, without booking. Times as in booking: instants, or the room's own wall times."""
    verdict = await may_book(caller, wish_of(space_id, starts_at, ends_at, starts, ends, people=people), now)
    told = reasons(verdict.broken, language, verdict.space.time_zone)
    price = await quote(verdict.space, verdict.use)
    return VerdictShown(not verdict.broken, told, list(verdict.alternatives), list(verdict.other_rooms), price)


@post("/api/v1/spaces", guards=staff)
async def post_space(data: JSONBody[NewSpace], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new room of a community, in the community's time zone."""
    key_of = request_key(caller, key, data, now, "create space")
    answer = await create_space.once(key_of, caller, data.community_id, data.room, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@put("/api/v1/spaces/{space_id:uuid}", guards=staff)
async def put_space(space_id: FromPath[UUID], data: JSONBody[Room], caller: Who, now: Now) -> SpaceShown:
    """What it is, its rules and hours from now on; bookings keep the rules under which they were made. Safe to repeat."""
    await change_space(caller, space_id, data, now)
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


@put("/api/v1/spaces/{space_id:uuid}/use", guards=staff)
async def put_use(space_id: FromPath[UUID], data: JSONBody[Use], caller: Who, now: Now) -> SpaceShown:
    """Takes a room out of use or into use again. Safe to repeat."""
    await retire_space(caller, space_id, data.is_retired, now)
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


@post("/api/v1/spaces/{space_id:uuid}/closures", guards=staff)
async def post_closure(
    space_id: FromPath[UUID], data: JSONBody[Shutting], caller: Who, now: Now, key: Key = None
) -> Response[Closed]:
    """Shuts a room for a time. Nothing that stands there gives way unless `over` says so."""
    whole = proper(data.starts_at, data.ends_at)
    key_of = request_key(caller, key, (space_id, data), now, "close space")
    answer = await close_space.once(
        key_of, caller, space_id, whole, data.reason, data.over, now, data.exempt_people, data.exempt_groups
    )
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/closures/{closure_id:uuid}/lift", guards=staff, status_code=200)
async def post_lift(closure_id: FromPath[UUID], caller: Who, now: Now) -> Made:
    """Opens the room again; answers the room's id. Safe to repeat."""
    return Made(await lift_closure(caller, closure_id, now))


routes: list[Any] = [
    get_spaces,
    get_space,
    get_free,
    get_verdict,
    post_space,
    put_space,
    put_use,
    post_closure,
    post_lift,
]
