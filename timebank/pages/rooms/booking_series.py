"""The page of a series of bookings: its dates, and giving back, changing, extending and taking them. No JavaScript."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody
from msgspec import Meta

from schedules import booking_patterns, booking_series, rrules
from schedules.booking_series import Mode
from schedules.errors import Malformed, Refusal
from timebank.actions.rooms.book_series import see_series, take_date
from timebank.actions.rooms.change_series import NewTimes, accept_series, cancel_dates, change_dates, extend_series
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.meaning import NO_DAY, NO_TIME, wall_time
from timebank.pages.render import go
from timebank.pages.rooms.booking_series_form import may_come
from timebank.people.callers import Caller, Right
from timebank.web import kept_reasons, rule_words
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language


class Days(msgspec.Struct):
    first: Short = ""
    last: Short = ""


class Times(msgspec.Struct):
    since: Short = ""
    starts: Short = ""
    ends_at: Short = ""
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Short = "1"


class Longer(msgspec.Struct):
    until: Short = ""
    mode: Mode = "all"


class OneDay(msgspec.Struct):
    on: Short = ""
    key: Short = ""


@get("/me/series/{series_id:uuid}", guards=[signed_in])
async def show_series(series_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[str]:
    return await _page(request, caller, series_id, now, language)


async def _page(
    request: Ask, caller: Caller, series_id: UUID, now: datetime, language: Language, refusal: Refusal | None = None
) -> Response[str]:
    """Every date by day: booked, skipped with the reason, given back."""
    seen = await see_series(caller, series_id)
    series = seen.series
    coming = [one for one in seen.bookings if one.state_at(now) in ("pending", "confirmed") and one.starts_at > now]
    return draw(
        request,
        "bookings/series.html",
        refusal,
        seen=seen,
        series=series,
        sentence=rule_words.sentence(rrules.parse(series.rule), series.first_on, language),
        coming=coming,
        skips=[
            (skip, kept_reasons.told(skip.broken, language, series.time_zone))
            for skip in seen.skips
            if skip.state in ("watched", "free")
        ],
        may_come=any(skip.state == "watched" and may_come(skip.broken) for skip in seen.skips),
        others=[one for one in seen.bookings if one not in coming],
        is_mine=caller.member() in (series.person_id, series.made_by),
        may_decide=caller.may(Right.MANAGE_SPACES) and any(one.state_at(now) == "pending" for one in coming),
    )


def _day(text: str, field: str) -> date:
    """Raises Malformed."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Malformed(field=field, reason=NO_DAY) from None


@post("/me/series/{series_id:uuid}/cancel", guards=[signed_in])
async def give_back(
    series_id: FromPath[UUID], data: URLEncodedBody[Days], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    try:
        await cancel_dates(caller, series_id, _day(data.first, "first"), _day(data.last, "last"), now)
    except Refusal as refusal:
        return await _page(request, caller, series_id, now, language, refusal)
    return go(f"/me/series/{series_id}")


@post("/me/series/{series_id:uuid}/change", guards=[signed_in])
async def take_times(
    series_id: FromPath[UUID], data: URLEncodedBody[Times], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """All dates from a day on, or none; the page of the series that they belong to then."""
    try:
        times = _times(data)
        changed = await change_dates(caller, series_id, times, now)
    except Refusal as refusal:
        return await _page(request, caller, series_id, now, language, refusal)
    return go(f"/me/series/{changed.series_id}")


def _times(data: Times) -> NewTimes:
    try:
        starts, ends, people = wall_time(data.starts), wall_time(data.ends_at), int(data.people or "1")
    except ValueError:
        raise Malformed(field="starts", reason=NO_TIME) from None
    return NewTimes(since=_day(data.since, "since"), starts=starts, ends=ends, purpose=data.purpose.strip(), people=people)


@post("/me/series/{series_id:uuid}/extend", guards=[signed_in])
async def take_longer(
    series_id: FromPath[UUID], data: URLEncodedBody[Longer], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    try:
        rule = booking_patterns.until((await booking_series.one(series_id)).rule, _day(data.until, "until"))
        await extend_series(caller, series_id, rule, data.mode, now)
    except Refusal as refusal:
        return await _page(request, caller, series_id, now, language, refusal)
    return go(f"/me/series/{series_id}")


@post("/me/series/{series_id:uuid}/take", guards=[signed_in])
async def take_skipped(
    series_id: FromPath[UUID], data: URLEncodedBody[OneDay], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """A date that was skipped, after all."""
    try:
        await take_date(caller, series_id, _day(data.on, "on"), now)
    except Refusal as refusal:
        return await _page(request, caller, series_id, now, language, refusal)
    return go(f"/me/series/{series_id}")


@post("/office/series/{series_id:uuid}/accept", guards=[needs(Right.MANAGE_SPACES)])
async def accept_all(series_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Every request of the series that nobody else asks for."""
    await accept_series(caller, series_id, now)
    return go(f"/me/series/{series_id}")


routes: list[Any] = [show_series, give_back, take_times, take_longer, take_skipped, accept_all]
