"""Calendars of others that shut a room."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.borrowed import Calendar, Reading
from schedules.foreign import LARGEST
from timebank.actions.rooms.borrowed_rooms import read_calendar, see_calendars, take_out
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

staff = [needs(Right.MANAGE_SPACES)]


class ForeignCalendar(msgspec.Struct, forbid_unknown_fields=True):
    """`name` is whose calendar it is: all read it; the same name brings that calendar up to date. `file` is iCalendar text."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    file: Annotated[str, Meta(max_length=LARGEST)]


@get("/api/v1/spaces/{space_id:uuid}/calendars", guards=staff, summary="Calendars of others that shut a room")
async def list_calendars(space_id: FromPath[UUID], caller: Who, now: Now) -> list[Calendar]:
    return (await see_calendars(caller, space_id, now))[1]


@post(
    "/api/v1/spaces/{space_id:uuid}/calendars",
    guards=staff,
    request_max_body_size=2 * LARGEST,
    summary="Read a calendar in: its busy times shut the room; safe to repeat",
)
async def read(space_id: FromPath[UUID], data: JSONBody[ForeignCalendar], caller: Who, now: Now) -> Reading:
    """Times of the year ahead, without titles or names. What stands in the room stays and is named in `standing`."""
    return await read_calendar(caller, space_id, data.name, data.file.encode(), now)


@delete("/api/v1/spaces/calendars/{calendar_id:uuid}", guards=staff, summary="Take a calendar out: the room is open again")
async def remove(calendar_id: FromPath[UUID], caller: Who, now: Now) -> None:
    await take_out(caller, calendar_id, now)


routes: list[Any] = [list_calendars, read, remove]
