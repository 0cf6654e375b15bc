"""Beside the review list: two neighbours who exchange help with each other and nobody else, month by month, for a talk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from schedules.errors import Malformed, NotFound, Refusal
from timebank.actions.hours.pairs import note_pair, see_pairs
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

reads = [needs(Right.READ_REVIEW)]


class Typed(msgspec.Struct):
    one: Short = ""
    other: Short = ""
    month: Short = ""
    note: Long = ""
    key: Short = ""


@get("/office/review/pairs", guards=reads)
async def show_pairs(request: Ask, caller: Who, now: Now, month: FromQuery[str] = "") -> Response[str]:
    return await _draw(request, caller, now, month, Typed())


async def _draw(
    request: Ask, caller: Caller, now: Now, month: str, typed: Typed, refusal: Refusal | None = None
) -> Response[str]:
    seen = await see_pairs(caller, month, now)
    before, after = _neighbours(seen.month)
    return draw(request, "review/pairs.html", refusal, seen=seen, before=before, after=after, typed=typed)


def _neighbours(first: date) -> tuple[str, str]:
    """The month before and the one after."""
    return str(first - timedelta(days=1))[:7], str(first + timedelta(days=31))[:7]


@post("/office/review/pairs", guards=reads)
async def take_note(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        one, other = _id(data.one), _id(data.other)
        key = request_key(caller, data.key, data, now, "note pair")
        await note_pair.once(key, caller, one, other, data.month, data.note, now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draw(request, caller, now, data.month, data, refusal)
    return go(f"/office/review/pairs?month={data.month}")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field="one", reason="not an id") from error


routes: list[Any] = [show_pairs, take_note]
