"""When a room is open: the weekly hours, and single days that have others."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules import opening
from schedules.opening import Window
from timebank.actions.rooms import set_rules
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

staff = [needs(Right.MANAGE_SPACES)]


class Clock(msgspec.Struct, forbid_unknown_fields=True):
    """Local times; closing at or before opening is after midnight."""

    opens: time
    closes: time


class DayHours(msgspec.Struct, forbid_unknown_fields=True):
    """The hours of one day instead of the weekly ones; none: the room is closed that day."""

    hours: Annotated[tuple[Clock, ...], Meta(max_length=10)] = ()
    reason: Annotated[str, Meta(max_length=200)] = ""


@put("/api/v1/spaces/{space_id:uuid}/hours", guards=staff)
async def put_hours(space_id: FromPath[UUID], data: JSONBody[list[Window]], caller: Who, now: Now) -> list[Window]:
    """The weekly hours from now on; single days keep theirs. Safe to repeat."""
    await set_rules.change_hours(caller, space_id, data, now)
    return (await opening.read([space_id]))[space_id]


@put("/api/v1/spaces/{space_id:uuid}/days/{day:date}", guards=staff)
async def put_day(
    space_id: FromPath[UUID], day: FromPath[date], data: JSONBody[DayHours], caller: Who, now: Now
) -> list[Window]:
    """Other hours on one day, or none. Safe to repeat."""
    hours = [(clock.opens, clock.closes) for clock in data.hours]
    await set_rules.set_day(caller, space_id, day, hours, data.reason, now)
    return (await opening.read([space_id]))[space_id]


@delete("/api/v1/spaces/{space_id:uuid}/days/{day:date}", guards=staff, status_code=200)
async def delete_day(space_id: FromPath[UUID], day: FromPath[date], caller: Who, now: Now) -> list[Window]:
    """The day has the weekly hours again. Safe to repeat."""
    await set_rules.clear_day(caller, space_id, day, now)
    return (await opening.read([space_id]))[space_id]


routes: list[Any] = [put_hours, put_day, delete_day]
