"""Series of bookings: made, looked at beforehand, changed, given back, decided."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from schedules import booking_series
from schedules.booking_patterns import Pattern
from schedules.booking_series import Mode, NewSeries, Series
from schedules.booking_skips import Skip
from schedules.bookings import Booking
from schedules.facts import Broken
from timebank.actions.preview import preview as look
from timebank.actions.rooms.book_series import Made, Seen, begin_series, book_series, see_series, take_date
from timebank.actions.rooms.change_series import Changed, NewTimes, accept_series, cancel_dates, change_dates, extend_series
from timebank.people.callers import Right
from timebank.web import kept_reasons
from timebank.web.access import needs, signed_in
from timebank.web.refusals import plain
from timebank.web.request import Key, Now, Reads, Who, request_key
from timebank.web.words import Language

Wall = Annotated[time, Meta(tz=False, description="On the wall of the room: 18:00:00.")]


class AskedSeries(msgspec.Struct, forbid_unknown_fields=True):
    """`rule` is an RRULE with COUNT or UNTIL (the last day counts), or RDATE with days; times are the room's wall times.

    `mode` all: every date or nothing. free: what can be had; the other dates are kept, watched, and told when they are free.
    """

    space_id: UUID
    rule: Annotated[str, Meta(max_length=16_000)]
    first_on: date
    starts: Wall
    ends: Wall
    mode: Mode = "all"
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Annotated[int, Meta(ge=1, le=100_000)] = 1
    units: Annotated[int, Meta(ge=1, le=200)] = 1
    for_house: bool = False
    team_id: UUID | None = None


class DateShown(msgspec.Struct):
    """One date: the booking, or why it cannot be had."""

    on: date
    booking_id: UUID | None
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    reasons: list[str]


class SeriesMade(msgspec.Struct):
    series_id: UUID
    units: int
    dates: list[DateShown]


class SeriesShown(msgspec.Struct):
    series: Series
    bookings: list[Booking]
    skips: list[Skip]


class Days(msgspec.Struct, forbid_unknown_fields=True):
    """Both are included."""

    first: date
    last: date


class Longer(msgspec.Struct, forbid_unknown_fields=True):
    rule: Annotated[str, Meta(max_length=16_000)]
    mode: Mode = "all"


class OtherTimes(msgspec.Struct, forbid_unknown_fields=True):
    """From the date `since` on; earlier dates stay as they are."""

    since: date
    starts: Wall
    ends: Wall
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Annotated[int, Meta(ge=1, le=100_000)] = 1


class OneDay(msgspec.Struct, forbid_unknown_fields=True):
    on: date


def wanted(data: AskedSeries) -> NewSeries:
    return NewSeries(
        space_id=data.space_id,
        pattern=Pattern(rule=data.rule, first_on=data.first_on, starts=data.starts, ends=data.ends),
        purpose=data.purpose,
        people=data.people,
        units=data.units,
        counts=not data.for_house,
        team_id=data.team_id,
    )


async def made_view(made: Made, language: Language) -> SeriesMade:
    zone = next((one.booking.time_zone for one in made.dates if one.booking), "UTC")
    dates = [
        DateShown(
            one.on,
            one.booking.id if one.booking else None,
            one.booking.state if one.booking else "skipped",
            one.booking.starts_at if one.booking else None,
            one.booking.ends_at if one.booking else None,
            [kept_reasons.told([broken], language, zone) for broken in one.broken],
        )
        for one in made.dates
    ]
    return SeriesMade(made.series_id, made.units, dates)


def shown(seen: Seen) -> SeriesShown:
    skips = [
        msgspec.structs.replace(skip, broken=[Broken(one.code, plain(one.data)) for one in skip.broken]) for skip in seen.skips
    ]
    return SeriesShown(seen.series, list(seen.bookings), skips)


@post("/api/v1/bookings/series", guards=[signed_in], summary="Book a room again and again")
async def make(
    data: JSONBody[AskedSeries], caller: Who, now: Now, key: Key, language: Reads, preview: FromQuery[bool] = False
) -> Response[SeriesMade]:
    """With `preview=true` the answer is what would happen, and nothing is kept. A replay of the same key answers 200."""
    if preview:
        return Response(
            await made_view(await look(begin_series, caller, wanted(data), data.mode, now), language), status_code=200
        )
    done = await book_series(caller, wanted(data), data.mode, now, request_key(caller, key, data, now, "book series"))
    return Response(await made_view(done.value, language), status_code=200 if done.is_replay else 201)


@get("/api/v1/me/series", guards=[signed_in], summary="My series of bookings with something to come")
async def mine(caller: Who, now: Now) -> list[Series]:
    return await booking_series.of_person(caller.member(), now)


@get("/api/v1/bookings/series/{series_id:uuid}", guards=[signed_in], summary="A series with every date")
async def one(series_id: FromPath[UUID], caller: Who) -> SeriesShown:
    return shown(await see_series(caller, series_id))


@post("/api/v1/bookings/series/{series_id:uuid}/cancel", guards=[signed_in], status_code=200, summary="Give dates back")
async def cancel(series_id: FromPath[UUID], data: JSONBody[Days], caller: Who, now: Now) -> list[Booking]:
    """Only the dates from `first` to `last` that have not begun; safe to repeat."""
    return await cancel_dates(caller, series_id, data.first, data.last, now)


@post(
    "/api/v1/bookings/series/{series_id:uuid}/change", guards=[signed_in], status_code=200, summary="Other times from a date on"
)
async def change(
    series_id: FromPath[UUID], data: JSONBody[OtherTimes], caller: Who, now: Now, key: Key, preview: FromQuery[bool] = False
) -> Changed:
    """All of these dates or none; what is past stays. A booking that was changed alone stays as it is, and is named."""
    times = NewTimes(since=data.since, starts=data.starts, ends=data.ends, purpose=data.purpose, people=data.people)
    if preview:
        return await look(change_dates, caller, series_id, times, now)
    asked = request_key(caller, key, [series_id, data], now, "change series")
    return (await change_dates.once(asked, caller, series_id, times, now)).value


@post(
    "/api/v1/bookings/series/{series_id:uuid}/extend",
    guards=[signed_in],
    status_code=200,
    summary="More dates by a longer rule",
)
async def extend(
    series_id: FromPath[UUID], data: JSONBody[Longer], caller: Who, now: Now, key: Key, language: Reads
) -> SeriesMade:
    """A date that was cancelled stays so."""
    asked = request_key(caller, key, [series_id, data], now, "extend series")
    return await made_view((await extend_series.once(asked, caller, series_id, data.rule, data.mode, now)).value, language)


@post("/api/v1/bookings/series/{series_id:uuid}/take", guards=[signed_in], summary="Book a skipped date after all")
async def take(series_id: FromPath[UUID], data: JSONBody[OneDay], caller: Who, now: Now, key: Key) -> Booking:
    asked = request_key(caller, key, [series_id, data], now, "take date")
    return (await take_date.once(asked, caller, series_id, data.on, now)).value


@post(
    "/api/v1/bookings/series/{series_id:uuid}/accept",
    guards=[needs(Right.MANAGE_SPACES)],
    status_code=200,
    summary="Accept every request of a series that nobody else asks for",
)
async def accept(series_id: FromPath[UUID], caller: Who, now: Now) -> list[Booking]:
    return await accept_series(caller, series_id, now)


routes: list[Any] = [make, mine, one, cancel, change, extend, take, accept]
