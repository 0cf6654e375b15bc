"""The scan log of a session, and what its desks left to look at: in words, with what resolves it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.see_door_log import note_seen, see_conflicts, see_log, see_open_conflicts, take_log
from timebank.actions.undo import annul
from timebank.pages.forms import Ask, Long, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web import door_log, sheets
from timebank.web.access import needs
from timebank.web.door_log import Words
from timebank.web.request import Now, Reads, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]


class Seen(msgspec.Struct):
    conflict: UUID
    note: Long = ""
    session: UUID | None = None


class Annulled(msgspec.Struct):
    """`about` is the conflict, or None from the log."""

    scan: int
    reason: Long = ""
    session: UUID | None = None
    about: UUID | None = None


@get("/organise/conflicts", guards=runs)
async def show_open(request: Ask, caller: Who) -> Response[str]:
    """Of all sessions within reach: what nobody has looked at yet."""
    return await open_page(request, caller)


@get("/organise/sessions/{session_id:uuid}/conflicts", guards=runs)
async def show_conflicts(session_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await session_page(request, caller, session_id)


@post("/organise/conflicts/seen", guards=runs)
async def send_seen(data: URLEncodedBody[Seen], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await note_seen(caller, data.conflict, data.note[:500], now)
    except Refusal as refusal:
        return await back(request, caller, data.session, refusal, data.conflict, data.note)
    return go(address(data.session))


@post("/organise/conflicts/annul", guards=runs)
async def send_annul(data: URLEncodedBody[Annulled], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """One of the scans counts no more."""
    try:
        await annul(caller, data.scan, data.reason[:500], now)
    except Refusal as refusal:
        return await back(request, caller, data.session, refusal, data.about, data.reason)
    return go(address(data.session))


@get("/organise/sessions/{session_id:uuid}/scans", guards=runs)
async def show_log(
    session_id: FromPath[UUID], request: Ask, caller: Who, only: FromQuery[str] = "", before: FromQuery[int | None] = None
) -> Response[str]:
    """The log, the last scan first; refusals alone with `only=refused`."""
    log = await see_log(caller, session_id, only_refused=only == "refused", before=before)
    asked = {"only": "refused"} if only == "refused" else {}
    older = "?" + urlencode(asked | {"before": log.older}) if log.older else ""
    words = Words(language_of(request))
    return draw(request, "door_log/log.html", log=log, words=words, only=only, older=older, before=before)


@get("/organise/sessions/{session_id:uuid}/scans/{kind:str}", guards=runs)
async def take_along(
    session_id: FromPath[UUID], kind: FromPath[str], caller: Who, now: Now, language: Reads, only: FromQuery[str] = ""
) -> Response[bytes]:
    """The log as a file: csv, xlsx or ods."""
    log = await take_log(caller, session_id, now, only_refused=only == "refused")
    sheet = door_log.table(log, language)
    return sheets.answer(sheet, kind, sheet.title)


def address(session_id: UUID | None) -> str:
    return f"/organise/sessions/{session_id}/conflicts" if session_id else "/organise/conflicts"


async def back(
    request: Ask, caller: Caller, session_id: UUID | None, refusal: Refusal, about: UUID | None, typed: str
) -> Response[str]:
    """The page that the form stood on, with what was typed."""
    if session_id:
        return await session_page(request, caller, session_id, refusal, about, typed)
    return await open_page(request, caller, refusal, about, typed)


async def open_page(
    request: Ask, caller: Caller, refusal: Refusal | None = None, about: UUID | None = None, typed: str = ""
) -> Response[str]:
    found = await see_open_conflicts(caller)
    words = Words(language_of(request))
    return draw(request, "door_log/open.html", refusal, shown=found, words=words, about=about, typed=typed)


async def session_page(
    request: Ask,
    caller: Caller,
    session_id: UUID,
    refusal: Refusal | None = None,
    about: UUID | None = None,
    typed: str = "",
) -> Response[str]:
    doors = await see_conflicts(caller, session_id)
    words = Words(language_of(request))
    context = {"session": doors.session, "shown": doors.conflicts, "words": words, "about": about, "typed": typed}
    return draw(request, "door_log/conflicts.html", refusal, **context)


routes: list[Any] = [show_open, show_conflicts, send_seen, send_annul, show_log, take_along]
