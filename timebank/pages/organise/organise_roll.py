"""The roll of a session, for who runs it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import sessions, walltimes
from schedules.decision import STATUS
from schedules.errors import Malformed, Refusal
from schedules.leaving import LeftAtNotPossible
from timebank.actions.hours.call_roll import RollCalled, call_roll, note_fact, see_roll
from timebank.actions.hours.no_shows import report_no_show, see_session_no_shows
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.desk_words import refusals
from timebank.web.request import Now, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]
TOLD = ("already_in", "already_elsewhere")
"""Results of a tick that have a sentence of their own, or none."""


class Fact(msgspec.Struct):
    """`about` is a sign-up and its member, joined by a colon."""

    about: Short = ""
    kind: Short = ""
    reason: Long = ""
    left: Short = ""
    """When somebody left early, on the wall; empty: now."""


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
            kind: Literal["excused", "left_early"] = "left_early" if data.kind == "left_early" else "excused"
            left_at = await _left_at(session_id, data.left) if kind == "left_early" else None
            await note_fact(caller, _id(signup), kind, data.reason, now, left_at)
    except Refusal as refusal:
        return await roll_page(request, caller, session_id, now, refusal)
    return go(f"/organise/sessions/{session_id}/roll")


async def roll_page(
    request: Ask, caller: Caller, session_id: UUID, now: Any, refusal: Refusal | None = None, called: RollCalled | None = None
) -> Response[str]:
    roll = await see_roll(caller, session_id)
    missed = await see_session_no_shows(caller, session_id, now)
    reasons = {
        code: title for code, (title, _) in refusals(language_of(request)).items() if code in STATUS and code not in TOLD
    }
    return draw(request, "afterwards/roll.html", refusal, roll=roll, missed=missed, called=called, reasons=reasons)


async def _left_at(session_id: UUID, typed: str) -> datetime | None:
    """The wall time as an instant: the first such time after the doors opened. Raises LeftAtNotPossible."""
    if not typed.strip():
        return None
    session = await sessions.one(session_id)
    opened = session.opens_at.astimezone(ZoneInfo(session.time_zone))
    try:
        wanted = time.fromisoformat(typed.strip().zfill(5)).replace(tzinfo=None)
    except ValueError:
        raise LeftAtNotPossible(field="left", since=session.starts_at, until=session.ends_at) from None
    day = opened.date() if wanted >= opened.time() else opened.date() + timedelta(days=1)
    return walltimes.near(datetime.combine(day, wanted), session.time_zone)


def _id(text: object) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise Malformed(field="", reason="not one of this list") from None


routes: list[Any] = [
    show_roll,
    show_roll_now,
    send_roll,
    send_fact,
]
