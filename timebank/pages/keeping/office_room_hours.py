"""When a room is open, in the office: the weekly hours, and single days that have others."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.errors import Refusal
from timebank.actions.rooms import set_rules
from timebank.actions.rooms.keep_spaces import WrongTime, hours_of, reach
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.keeping.room_form import SPARE_ROWS, Row, Typed, rows_of, typed_from, windows_of
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

keepers = [needs(Right.MANAGE_SPACES)]


class TypedDay(msgspec.Struct):
    """The form of a single day: other hours, or closed when both times are empty."""

    day: Short = ""
    opens: Short = ""
    closes: Short = ""
    reason: Short = ""


@get("/office/rooms/{space_id:uuid}/hours", guards=keepers)
async def see_hours(space_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await _hours(request, caller, space_id)


async def _hours(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    typed: Typed | None = None,
    day: TypedDay | None = None,
    refused: Refusal | None = None,
) -> Response[str]:
    space, hours = await reach(caller, space_id), await hours_of(space_id)
    weekly = Typed(rows=[*rows_of([window for window in hours if window.day is None]), *[Row()] * SPARE_ROWS])
    return draw(
        request,
        "rooms/hours.html",
        refused,
        space=space,
        typed=typed or weekly,
        days=sorted((window for window in hours if window.day is not None), key=lambda window: (window.day, window.opens)),
        typed_day=day or TypedDay(),
    )


@post("/office/rooms/{space_id:uuid}/hours", guards=keepers)
async def take_hours(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The weekly hours; single days keep theirs."""
    typed = typed_from(await request.form())
    try:
        await set_rules.change_hours(caller, space_id, windows_of(typed), now)
    except Refusal as refusal:
        return await _hours(request, caller, space_id, typed, refused=refusal)
    return go(f"/office/rooms/{space_id}/hours?done=1")


@post("/office/rooms/{space_id:uuid}/days", guards=keepers)
async def take_day(
    space_id: FromPath[UUID], data: URLEncodedBody[TypedDay], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Other hours on one day, or none."""
    try:
        day = _day_of(data.day)
        hours = [(_clock("opens", data.opens), _clock("closes", data.closes))] if data.opens or data.closes else []
        await set_rules.set_day(caller, space_id, day, hours, data.reason, now)
    except Refusal as refusal:
        return await _hours(request, caller, space_id, day=data, refused=refusal)
    return go(f"/office/rooms/{space_id}/hours?done=1#days")


@post("/office/rooms/{space_id:uuid}/days/{day:date}/clear", guards=keepers)
async def take_clear(space_id: FromPath[UUID], day: FromPath[date], caller: Who, now: Now) -> Response[Any]:
    await set_rules.clear_day(caller, space_id, day, now)
    return go(f"/office/rooms/{space_id}/hours?done=1#days")


def _day_of(text: str) -> date:
    try:
        return walltimes.of_our_days(date.fromisoformat(text))
    except ValueError as error:
        raise WrongTime(field="day", reason="not a day") from error


def _clock(field: str, text: str) -> time:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError as error:
        raise WrongTime(field=field, reason="not a time") from error


routes: list[Any] = [see_hours, take_hours, take_day, take_clear]
