"""Other people's calendars that shut a room, in the office: read in from a file, brought up to date, taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from schedules.borrowed import Reading
from schedules.errors import Refusal
from schedules.foreign import LARGEST
from timebank.actions.rooms.borrowed_rooms import read_calendar, see_calendars, take_out
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

keepers = [needs(Right.MANAGE_SPACES)]
FORM = 20_000
"""Bytes of a form beside its file."""


class Sent(msgspec.Struct):
    file: UploadFile | None = None
    name: str = ""


@get("/office/rooms/{space_id:uuid}/calendars", guards=keepers)
async def see(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _draw(request, caller, space_id, now)


async def _draw(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    name: str = "",
    reading: Reading | None = None,
) -> Response[str]:
    space, calendars = await see_calendars(caller, space_id, now)
    return draw(request, "rooms/calendars.html", refusal, space=space, calendars=calendars, name=name, reading=reading)


@post("/office/rooms/{space_id:uuid}/calendars", guards=keepers, request_max_body_size=LARGEST + FORM)
async def read(
    space_id: FromPath[UUID],
    data: Annotated[Sent, Body(media_type=RequestEncodingType.MULTI_PART)],
    request: Ask,
    caller: Who,
    now: Now,
) -> Response[Any]:
    """What was read and what it changed stands above the list."""
    name = data.name[:200]
    try:
        reading = await read_calendar(caller, space_id, name, await data.file.read() if data.file else b"", now)
    except Refusal as refusal:
        return await _draw(request, caller, space_id, now, refusal, name)
    return await _draw(request, caller, space_id, now, reading=reading)


@post("/office/calendars/{calendar_id:uuid}/take-out", guards=keepers)
async def remove(calendar_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    return go(f"/office/rooms/{await take_out(caller, calendar_id, now)}/calendars")


routes: list[Any] = [see, read, remove]
