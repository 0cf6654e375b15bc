"""The form for booking a room again and again, with a look beforehand at every date. No JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from schedules import booking_patterns, recurrence, room_doors, rrules, spaces, walltimes
from schedules.booking_patterns import Pattern
from schedules.booking_series import Dated, Mode, NewSeries, SeriesNotBookable
from schedules.errors import Malformed, Refusal
from schedules.facts import Broken
from schedules.room_doors import DoorRules
from schedules.spaces import Space
from timebank.actions.preview import preview
from timebank.actions.rooms.book_series import Made, begin_series, book_series
from timebank.pages.forms import Ask, draw
from timebank.pages.meaning import NO_DAY, NO_TIME, Faults, in_words, read, seal, wall_time
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.points import wallets
from timebank.web import rule_form, rule_words, why_not
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, language_of, request_key
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


def may_come(broken: Sequence[Broken]) -> bool:
    """Whether time alone can still give a date that broke these rules."""
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
        return any(one.booking is None and may_come(one.broken) for one in self.dates)

    @property
    def free(self) -> int:
        return sum(one.booking is not None for one in self.dates)


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


routes: list[Any] = [ask_series, take_series]
