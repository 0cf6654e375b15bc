"""What the desks left to look at: of one session, and of all within reach; in words, with what resolves it."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.conflict_lists import Choice
from schedules.errors import Refusal
from timebank.actions.uploads.see_conflicts import note_seen, see_conflicts, see_session_conflicts
from timebank.actions.uploads.undo import annul
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web import conflicts
from timebank.web.access import needs
from timebank.web.door_log import Words
from timebank.web.request import Now, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]


class Place(msgspec.Struct):
    """Which page of the list a form stood on."""

    session: UUID | None = None
    kind: Short = ""
    shown: Short = ""
    after: Short = ""


class Seen(Place, kw_only=True):
    conflict: UUID
    note: Long = ""


class Annulled(Place, kw_only=True):
    scan: int
    reason: Long = ""
    about: UUID | None = None


@get("/organise/conflicts", guards=runs)
async def show_all(
    request: Ask,
    caller: Who,
    kind: FromQuery[str] = "",
    shown: FromQuery[str] = "",
    after: FromQuery[str] = "",
    undone: FromQuery[bool] = False,
) -> Response[str]:
    """Of all sessions within reach: what nobody has looked at yet, unless asked otherwise."""
    return await list_page(request, caller, Place(None, kind, shown, after), is_undone=undone)


@get("/organise/sessions/{session_id:uuid}/conflicts", guards=runs)
async def show_conflicts(
    session_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    kind: FromQuery[str] = "",
    shown: FromQuery[str] = "",
    after: FromQuery[str] = "",
    undone: FromQuery[bool] = False,
) -> Response[str]:
    return await list_page(request, caller, Place(session_id, kind, shown, after), is_undone=undone)


@post("/organise/conflicts/seen", guards=runs)
async def send_seen(data: URLEncodedBody[Seen], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await note_seen(caller, data.conflict, data.note[:500], now)
    except Refusal as refusal:
        return await list_page(request, caller, data, refusal, data.conflict, data.note)
    return go(address(data))


@post("/organise/conflicts/annul", guards=runs)
async def send_annul(data: URLEncodedBody[Annulled], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """One of the scans counts no more."""
    try:
        await annul(caller, data.scan, data.reason[:500], now)
    except Refusal as refusal:
        return await list_page(request, caller, data, refusal, data.about, data.reason)
    return go(address(data, undone=1))


def address(place: Place, **more: int) -> str:
    path = f"/organise/sessions/{place.session}/conflicts" if place.session else "/organise/conflicts"
    asked = {name: value for name in ("kind", "shown", "after") if (value := getattr(place, name))} | more
    return path + ("?" + urlencode(asked) if asked else "")


def _choice(place: Place) -> Choice:
    return conflicts.read(place.kind, place.shown, place.after, "all" if place.session else "open")


async def list_page(
    request: Ask,
    caller: Caller,
    place: Place,
    refusal: Refusal | None = None,
    about: UUID | None = None,
    typed: str = "",
    is_undone: bool = False,
) -> Response[str]:
    """`about`: the line whose form was refused, with what was typed."""
    choice, language = _choice(place), language_of(request)
    context = {
        "words": Words(language),
        "choice": choice,
        "query": partial(conflicts.query, choice),
        "kinds": list(conflicts.SHORT),
        "kind_name": partial(conflicts.name, language=language),
        "state_name": partial(conflicts.state, language=language),
        "told_after": conflicts.told_after,
        "about": about,
        "typed": typed,
        "is_undone": is_undone,
    }
    if place.session:
        found = await see_session_conflicts(caller, place.session, choice)
        return draw(request, "door_log/conflicts.html", refusal, session=found.session, listed=found, **context)
    return draw(request, "door_log/all.html", refusal, listed=await see_conflicts(caller, choice), **context)


routes: list[Any] = [show_all, show_conflicts, send_seen, send_annul]
