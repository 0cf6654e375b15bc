"""The roll of a session and the close of its day, for who runs it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.call_roll import RollCalled, call_roll, note_fact, see_roll
from timebank.actions.close_day import Other, close_day, correct_hours, refuse_correction, see_day
from timebank.actions.no_shows import report_no_show, see_session_no_shows
from timebank.hours.entries import MinutesNotPossible
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]


class Fact(msgspec.Struct):
    """`about` is a sign-up and its member, joined by a colon."""

    about: Short = ""
    kind: Short = ""
    reason: Long = ""


class Correction(msgspec.Struct):
    attendance: UUID
    minutes: Short = ""
    reason: Long = ""
    key: Short = ""


class Refused(msgspec.Struct):
    attendance: UUID
    reason: Long = ""


@get("/organise/sessions/{session_id:uuid}/roll", guards=runs)
async def show_roll(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await roll_page(request, caller, session_id, now)


@get("/organise/sessions/{session_id:uuid}/roll/now", guards=runs)
async def show_roll_now(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """The part of the page that keeps itself up to date."""
    return draw(request, "afterwards/roll_now.html", roll=await see_roll(caller, session_id))


@post("/organise/sessions/{session_id:uuid}/roll", guards=runs)
async def send_roll(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The ticks; each has its own result, shown above the list."""
    sent = await request.form()
    try:
        called = await call_roll(caller, session_id, [_id(each) for each in sent.getall("present", [])], now)
    except Refusal as refusal:
        return await roll_page(request, caller, session_id, now, refusal)
    return await roll_page(request, caller, session_id, now, called=called)


@post("/organise/sessions/{session_id:uuid}/facts", guards=runs)
async def send_fact(
    session_id: FromPath[UUID], data: URLEncodedBody[Fact], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Excused, left early, or reported as missing."""
    signup, _, member = data.about.partition(":")
    try:
        if data.kind == "missing":
            await report_no_show(caller, session_id, _id(member), data.reason, now)
        else:
            await note_fact(caller, _id(signup), "left_early" if data.kind == "left_early" else "excused", data.reason, now)
    except Refusal as refusal:
        return await roll_page(request, caller, session_id, now, refusal)
    return go(f"/organise/sessions/{session_id}/roll")


async def roll_page(
    request: Ask, caller: Caller, session_id: UUID, now: Any, refusal: Refusal | None = None, called: RollCalled | None = None
) -> Response[str]:
    roll = await see_roll(caller, session_id)
    missed = await see_session_no_shows(caller, session_id, now)
    return draw(request, "afterwards/roll.html", refusal, roll=roll, missed=missed, called=called)


@get("/organise/sessions/{session_id:uuid}/close", guards=runs)
async def show_day(session_id: FromPath[UUID], request: Ask, caller: Who, sent: FromQuery[int | None] = None) -> Response[str]:
    return await day_page(request, caller, session_id, sent=sent)


@post("/organise/sessions/{session_id:uuid}/close", guards=runs)
async def send_day(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """One confirmation for everybody; where the minutes were changed, with their reason."""
    form = dict(await request.form())
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        day = await see_day(caller, session_id)
        scanned = {line.attendance_id: line.scanned for line in day.lines}
        others = [other for other in _others(typed) if other.minutes != scanned.get(other.attendance_id)]
        made = await close_day(caller, session_id, others, now)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, refusal, typed)
    return go(f"/organise/sessions/{session_id}/close?sent={len(made.entry_ids)}")


@post("/organise/sessions/{session_id:uuid}/close/correct", guards=runs)
async def send_correction(
    session_id: FromPath[UUID], data: URLEncodedBody[Correction], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        minutes = _number(data.minutes)
        kept = request_key(caller, data.key, [data.attendance, minutes, data.reason], now, "correct hours")
        await correct_hours.once(kept, caller, data.attendance, minutes, data.reason, now)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}/close?sent=1")


@post("/organise/sessions/{session_id:uuid}/close/refuse", guards=runs)
async def send_refusal(
    session_id: FromPath[UUID], data: URLEncodedBody[Refused], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """The wish of a member whose way out was set by itself is not followed."""
    try:
        await refuse_correction(caller, data.attendance, data.reason, now)
    except Refusal as refusal:
        return await day_page(request, caller, session_id, refusal)
    return go(f"/organise/sessions/{session_id}/close")


async def day_page(
    request: Ask,
    caller: Caller,
    session_id: UUID,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
    sent: int | None = None,
) -> Response[str]:
    day = await see_day(caller, session_id)
    entries = await audit.about(f"session:{session_id}", 20)
    closed = next((entry for entry in entries if entry.did == "day.closed"), None)
    return draw(request, "afterwards/close.html", refusal, day=day, typed=typed or {}, sent=sent, closed=closed)


def _others(typed: dict[str, str]) -> list[Other]:
    return [
        Other(_id(name.removeprefix("minutes-")), _number(value), typed.get(name.replace("minutes", "reason", 1), "").strip())
        for name, value in typed.items()
        if name.startswith("minutes-") and value.strip()
    ]


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Malformed(field="", reason="not one of this list") from None


def _number(text: str) -> int:
    cut = text.strip()
    if not cut.isascii() or not cut.isdigit() or len(cut) > 5:
        raise MinutesNotPossible(field="minutes", longest=24 * 60)
    return int(cut)


routes: list[Any] = [
    show_roll,
    show_roll_now,
    send_roll,
    send_fact,
    show_day,
    send_day,
    send_correction,
    send_refusal,
]
