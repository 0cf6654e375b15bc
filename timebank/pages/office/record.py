"""A member's record for who runs activities: training, honours, evaluation; and the calendar of working days."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import walltimes
from schedules.errors import Malformed, Refusal
from schedules.no_shows import SayWhy
from timebank.actions.hours.note_record import note_record, see_noted, see_notes, take_back_note
from timebank.actions.hours.see_due import CalendarNotPossible, keep_calendar, see_calendar
from timebank.communities import tree
from timebank.hours import summaries
from timebank.hours.entries import DayNotPossible
from timebank.hours.record_notes import NewNote
from timebank.hours.working_days import Day
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
RECORDS = 30
DAYS = ("trained_on", "honoured_on", "evaluated_on")
LINE = re.compile(r"(\d{4}-\d{2}-\d{2})\s*([+-]?)\s*(.*)")


class Typed(msgspec.Struct):
    """The fields of all three kinds; `kind` says which of them were sent."""

    kind: Short = ""
    name: Short = ""
    main_content: Long = ""
    learning_minutes: Short = ""
    training_host: Short = ""
    trained_on: Short = ""
    granted_by: Short = ""
    honoured_on: Short = ""
    proof: Short = ""
    record_id: Short = ""
    quality: Short = ""
    words: Long = ""
    evaluated_by: Short = ""
    evaluated_on: Short = ""
    key: Short = ""


class Reason(msgspec.Struct):
    reason: Long = ""


class TypedCalendar(msgspec.Struct):
    days: Long = ""


@get("/office/members/{member_id:uuid}/record", guards=runs)
async def show_record(member_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _page(request, caller, member_id)


async def _page(
    request: Ask, caller: Caller, member_id: UUID, refusal: Refusal | None = None, typed: Typed | None = None
) -> Response[str]:
    member = await see_noted(caller, member_id)
    return draw(
        request,
        "record/member.html",
        refusal,
        member=member,
        zone=(await tree.node(member.community_id)).time_zone,
        sums=await summaries.sums(member_id),
        records=await summaries.of_member(member_id, limit=RECORDS),
        notes=await see_notes(caller, member_id),
        typed=typed or Typed(),
    )


@post("/office/members/{member_id:uuid}/record", guards=runs)
async def take_note(
    member_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        note = _note(data)
        kept = request_key(caller, data.key, [member_id, note], now, "note record")
        await note_record.once(kept, caller, member_id, note, now)
    except Refusal as refusal:
        return await _page(request, caller, member_id, refusal, data)
    return go(f"/office/members/{member_id}/record")


def _note(data: Typed) -> NewNote:
    """Raises Malformed, SayWhy, DayNotPossible, which name the field."""
    typed: dict[str, Any] = {name: text.strip() for name, text in msgspec.structs.asdict(data).items() if text.strip()}
    typed.pop("key", None)
    try:
        note: NewNote = msgspec.convert(typed, NewNote, strict=False)
        return note
    except msgspec.ValidationError as error:
        told = re.search(r"at `\$\.(\w+)`|required field `(\w+)`", str(error))
        field = (told[1] or told[2]) if told else "kind"
        if "missing" in str(error):
            raise SayWhy(field=field) from error
        raise (DayNotPossible if field in DAYS else Malformed)(field=field, reason=str(error)) from error


@post("/office/members/{member_id:uuid}/record/{note_id:uuid}/take-back", guards=runs)
async def take_end(
    member_id: FromPath[UUID], note_id: FromPath[UUID], data: URLEncodedBody[Reason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await take_back_note(caller, note_id, data.reason[:500], now)
    except SayWhy as refusal:
        return await _page(request, caller, member_id, refusal)
    return go(f"/office/members/{member_id}/record")


@get("/office/working-days", guards=[needs(Right.SET_RULES)])
async def show_calendar(
    request: Ask, caller: Who, settings: Installed, now: Now, year: FromQuery[int | None] = None
) -> Response[str]:
    chosen = walltimes.day_of(now, settings.time_zone).year if year is None else year
    days = await see_calendar(chosen)
    return draw(request, "record/calendar.html", year=chosen, days=days, typed="\n".join(map(_spelled, days)))


@post("/office/working-days/{year:int}", guards=[needs(Right.SET_RULES)])
async def take_calendar(
    year: FromPath[int], data: URLEncodedBody[TypedCalendar], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await keep_calendar(caller, year, [_day(line) for line in data.days.splitlines() if line.strip()], now)
    except Malformed as refusal:
        return draw(request, "record/calendar.html", refusal, year=year, days=[], typed=data.days)
    return go(f"/office/working-days?year={year}")


def _spelled(day: Day) -> str:
    return f"{day.on_day} {'+' if day.is_working else '-'} {day.name}".strip()


def _day(line: str) -> Day:
    """`2026-10-01 - National Day`; a plus for a weekend day that is worked. Raises CalendarNotPossible."""
    found = LINE.fullmatch(line.strip())
    try:
        if found:
            return Day(date.fromisoformat(found[1]), found[2] == "+", found[3].strip())
    except ValueError:
        pass
    raise CalendarNotPossible(field="days")


routes: list[Any] = [show_record, take_note, take_end, show_calendar, take_calendar]
