"""Booking a room again and again: the form with a look beforehand, and the page of a series. No JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules import booking_patterns, booking_series, recurrence, room_doors, rrules, spaces, walltimes
from schedules.booking_patterns import Pattern
from schedules.booking_series import Dated, Mode, NewSeries, SeriesNotBookable
from schedules.errors import Malformed, Refusal
from schedules.facts import Broken
from schedules.room_doors import DoorRules
from schedules.spaces import Space
from timebank.actions.preview import preview
from timebank.actions.rooms.book_series import Made, begin_series, book_series, see_series, take_date
from timebank.actions.rooms.change_series import NewTimes, accept_series, cancel_dates, change_dates, extend_series
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.organise.plan_meaning import NO_DAY, NO_TIME, Faults, in_words
from timebank.pages.organise.series_form import read, seal, wall_time
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.points import wallets
from timebank.web import kept_reasons, rule_form, rule_words, why_not
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Reads, Who, language_of, request_key
from timebank.web.rule_form import RuleForm
from timebank.web.words import Language, _, say

LABELS = {
    "first_on": _("It begins on"),
    "starts": _("Starts"),
    "ends_at": _("Ends"),
    "every": _("How often"),
    "weekday-0": _("Weekdays"),
    "dates": _("Days"),
    "text": _("Rule"),
    "until": _("Last day"),
    "count": _("Number of times"),
    "people": _("How many people?"),
}


class Typed(msgspec.Struct):
    """Everything as typed."""

    rule: RuleForm
    first_on: str = ""
    starts: str = ""
    ends_at: str = ""
    people: str = "1"
    purpose: str = ""


STAYS = {"past", "grid", "too_short", "too_long", "notice", "too_many_people", "no_such_time", "out_of_season"}
"""Reasons that waiting does not change."""


def _may_come(broken: Sequence[Broken]) -> bool:
    return not any(one.code in STAYS for one in broken)


class Looked(msgspec.Struct, frozen=True):
    """What the form means, before it is booked."""

    seal: str
    sentence: str
    dates: Sequence[Dated]
    units: int
    short_months: list[str]
    door: DoorRules
    available: int

    @property
    def may_come(self) -> bool:
        """Whether time alone can still give one of the dates that cannot be had."""
        return any(one.booking is None and _may_come(one.broken) for one in self.dates)

    @property
    def free(self) -> int:
        return sum(one.booking is not None for one in self.dates)


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


@get("/spaces/{space_id:uuid}/series", guards=[signed_in])
async def ask_series(
    space_id: FromPath[UUID], request: Ask, now: Now, starts_at: FromQuery[str] = "", ends_at: FromQuery[str] = ""
) -> Response[str]:
    """The form, begun with the time that was chosen."""
    space = await spaces.one(space_id)
    return _form(request, space, _begun(space, starts_at, ends_at, now))


def _begun(space: Space, starts_at: str, ends_at: str, now: datetime) -> Typed:
    start, end = (_local(text, space.time_zone) for text in (starts_at, ends_at))
    first = (start or now).date()
    rule = rule_form.blank(first)
    rule.ends = "until"
    hours = [f"{each:%H:%M}" if each else "" for each in (start, end)]
    return Typed(rule, str(first), *hours)


def _local(text: str, time_zone: str) -> datetime | None:
    try:
        return walltimes.local_of(datetime.fromisoformat(text.replace(" ", "+")), time_zone)
    except ValueError:
        return None


@post("/spaces/{space_id:uuid}/series", guards=[signed_in])
async def take_series(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Shows what would be booked, date by date; books when that was shown."""
    space, sent = await spaces.one(space_id), await request.form()
    typed = _typed(sent)
    try:
        wanted = _wanted(space_id, typed)
        mode: Mode = "all" if str(sent.get("do")) == "all" else "free"
        if str(sent.get("do")) not in ("all", "free") or str(sent.get("seal")) != seal(wanted):
            return _form(
                request, space, typed, looked=await _looked(request, caller, wanted, await _foresee(caller, wanted, now))
            )
        key = request_key(caller, str(sent.get("key", "")), [wanted, mode], now, "book series")
        made = await book_series(caller, wanted, mode, now, key)
    except SeriesNotBookable as refused:
        looked = await _looked(request, caller, wanted, Made(space_id, refused.dates))
        return _form(request, space, typed, looked=looked, refusal=refused)
    except (Faults, Refusal) as wrong:
        return _form(request, space, typed, refusal=wrong)
    return go(f"/me/series/{made.value.series_id}")


async def _foresee(caller: Caller, wanted: NewSeries, now: datetime) -> Made:
    """Every date with its verdict; also where none can be had."""
    try:
        return await preview(begin_series, caller, wanted, "free", now)
    except SeriesNotBookable as refused:
        return Made(wanted.space_id, refused.dates)


def _typed(sent: Mapping[str, Any]) -> Typed:
    plain = {name: str(sent.get(name, ""))[:200] for name in ("first_on", "starts", "ends_at", "people", "purpose")}
    return Typed(rule_form.typed(sent), **plain)


def _wanted(space_id: UUID, typed: Typed) -> NewSeries:
    """Raises Faults with every field that makes no sense, Malformed for a rule that does not."""
    faults: dict[str, str] = {}
    rule = rule_form.rule_of(typed.rule, faults)
    first = read(date.fromisoformat, typed.first_on, "first_on", NO_DAY, faults)
    starts, ends = (
        read(wall_time, text, field, NO_TIME, faults) for field, text in (("starts", typed.starts), ("ends_at", typed.ends_at))
    )
    people = read(int, typed.people or "1", "people", rule_form.NO_NUMBER, faults)
    if faults:
        raise Faults(faults)
    pattern = Pattern(rule=rule, first_on=first, starts=starts, ends=ends)
    try:
        booking_patterns.days_of(pattern)
    except Malformed as wrong:
        raise Faults({"first_on" if wrong.field == "first_on" else "every": wrong.reason}) from wrong
    return NewSeries(space_id=space_id, pattern=pattern, purpose=typed.purpose.strip(), people=people)


async def _looked(request: Ask, caller: Caller, wanted: NewSeries, made: Made) -> Looked:
    language, pattern = language_of(request), wanted.pattern
    rule = rrules.parse(pattern.rule)
    last = max((one.on for one in made.dates), default=pattern.first_on)
    short = recurrence.skipped_months(rule, pattern.first_on, last)
    return Looked(
        seal(wanted),
        rule_words.sentence(rule, pattern.first_on, language),
        made.dates,
        made.units,
        [rule_words.month(each, language) for each in short],
        await room_doors.one(wanted.space_id),
        (await wallets.balance(caller.member())).available,
    )


def _form(
    request: Ask, space: Space, typed: Typed, *, looked: Looked | None = None, refusal: Exception | None = None
) -> Response[str]:
    language = language_of(request)
    faults = in_words(refusal.by_field, language) if isinstance(refusal, Faults) else {}
    told = None if isinstance(refusal, Faults) or looked else refusal
    answer = draw(
        request,
        "bookings/series_form.html",
        told,
        space=space,
        form=typed,
        rule=typed.rule,
        weekdays=rule_words.weekday_names(language),
        must_end=True,
        faults=faults,
        names={field: say(language, LABELS[field]) if field in LABELS else "" for field in faults},
        looked=looked,
        why=_why(language, space.time_zone),
    )
    answer.status_code = 400 if faults else 409 if isinstance(refusal, SeriesNotBookable) else answer.status_code
    return answer


def _why(language: Language, time_zone: str) -> Any:
    def told(dated: Dated) -> str:
        between = " " if language == "en" else ""
        return between.join(why_not.sentence(broken, language, time_zone) for broken in dated.broken)

    return told


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
        may_come=any(skip.state == "watched" and _may_come(skip.broken) for skip in seen.skips),
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


routes: list[Any] = [ask_series, take_series, show_series, give_back, take_times, take_longer, take_skipped, accept_all]
