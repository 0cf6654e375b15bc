"""What is free in a room, for whom, and why not the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from schedules.free import Day, Stretch
from schedules.intervals import Interval
from schedules.wishes import OtherRoom
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.book_space import may_book
from timebank.actions.rooms.booking_prices import Quote, quote
from timebank.actions.rooms.find_rooms import RoomDays
from timebank.api.bookings import Reason, reasons, wish_of
from timebank.people.callers import Caller
from timebank.points.prices import Priced
from timebank.web.access import anyone
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language


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


routes: list[Any] = [get_free, get_verdict]
