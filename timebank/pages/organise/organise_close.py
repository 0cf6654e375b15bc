"""The close of the day: all sessions of a day from one place, and one page with one confirmation for each."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.hours.close_day import Other, close_day, correct_hours, refuse_correction, see_day
from timebank.actions.hours.see_days import see_days
from timebank.hours.days import Day
from timebank.hours.entries import MinutesNotPossible
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
DAY = timedelta(days=1)


class Correction(msgspec.Struct):
    attendance: UUID
    minutes: Short = ""
    reason: Long = ""
    key: Short = ""


class Refused(msgspec.Struct):
    attendance: UUID
    reason: Long = ""


@get("/organise/close", guards=runs)
async def show_days(
    request: Ask, caller: Who, now: Now, on: FromQuery[date | None] = None, mine: FromQuery[bool | None] = None
) -> Response[str]:
    """Every session of a day, with what is still to be done about it. Who confirms hours starts with everybody's."""
    mine = not caller.may(Right.APPROVE_HOURS) if mine is None else mine
    seen = await see_days(caller, on, now, mine)
    around = (seen.on - DAY, seen.on + DAY) if date.min < seen.on < date.max else (None, None)
    return draw(request, "afterwards/days.html", seen=seen, mine=mine, earlier=around[0], following=around[1])


@get("/organise/sessions/{session_id:uuid}/close", guards=runs)
async def show_day(
    session_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    sent: FromQuery[int | None] = None,
    confirmed: FromQuery[int] = 0,
) -> Response[str]:
    return await day_page(request, caller, session_id, now, sent=sent, confirmed=confirmed)


@post("/organise/sessions/{session_id:uuid}/close", guards=runs)
async def send_day(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """One confirmation for everybody; where the minutes were changed, with their reason."""
    form = await request.form()
    typed = {name: value for name, value in dict(form).items() if isinstance(value, str)}
    try:
        day = await see_day(caller, session_id)
        gone = [_id(each) for each in form.getall("gone", [])]
        made = await close_day(caller, session_id, _others(typed, day), now, gone)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, now, refusal, typed)
    return go(f"/organise/sessions/{session_id}/close?sent={len(made.entry_ids)}&confirmed={made.confirmed}")


@post("/organise/sessions/{session_id:uuid}/close/correct", guards=runs)
async def send_correction(
    session_id: FromPath[UUID], data: URLEncodedBody[Correction], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        minutes = _number(data.minutes, data.attendance)
        kept = request_key(caller, data.key, [data.attendance, minutes, data.reason], now, "correct hours")
        await correct_hours.once(kept, caller, data.attendance, minutes, data.reason, now)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, now, refusal)
    return go(f"/organise/sessions/{session_id}/close?sent=1")


@post("/organise/sessions/{session_id:uuid}/close/refuse", guards=runs)
async def send_refusal(
    session_id: FromPath[UUID], data: URLEncodedBody[Refused], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """The wish of a member whose way out was set by itself is not followed."""
    try:
        await refuse_correction(caller, data.attendance, data.reason, now)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, now, refusal)
    return go(f"/organise/sessions/{session_id}/close")


async def day_page(
    request: Ask,
    caller: Caller,
    session_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    sent: int | None = None,
    confirmed: int = 0,
) -> Response[str]:
    """With the other sessions of the same day and organiser, so that the next one is a tap away."""
    day = await see_day(caller, session_id)
    entries = await audit.about(f"session:{session_id}", 20)
    closed = next((entry for entry in entries if entry.did == "day.closed"), None)
    on = day.starts_at.astimezone(ZoneInfo(day.time_zone)).date()
    others = [each for each in (await see_days(caller, on, now)).days if each.session_id != session_id]
    return draw(
        request,
        "afterwards/close.html",
        refusal,
        day=day,
        on=on,
        others=others,
        typed=typed or {},
        sent=sent,
        confirmed=confirmed,
        closed=closed,
    )


def _others(typed: dict[str, str], day: Day) -> list[Other]:
    """Stays whose minutes were changed; a rejected one is also sent again as it was, where somebody says why."""
    lines = {line.attendance_id: line for line in day.lines}
    found = []
    for name, value in typed.items():
        if not name.startswith("minutes-") or not value.strip():
            continue
        stay_id = _id(name.removeprefix("minutes-"))
        other = Other(stay_id, _number(value, stay_id), typed.get(name.replace("minutes", "reason", 1), ""))
        line = lines.get(other.attendance_id)
        is_said_again = line is not None and line.standing == "rejected" and bool(other.reason.strip())
        if line is None or other.minutes != line.scanned or is_said_again:
            found.append(other)
    return found


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Malformed(field="", reason="not one of this list") from None


def _number(text: str, attendance_id: UUID) -> int:
    cut = text.strip()
    if not cut.isascii() or not cut.isdigit() or len(cut) > 5:
        raise MinutesNotPossible(field="minutes", longest=24 * 60, attendance_id=attendance_id)
    return int(cut)


routes: list[Any] = [show_days, show_day, send_day, send_correction, send_refusal]
