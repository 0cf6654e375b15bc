"""Rooms that others use by a calendar of their own: staff read it in, bring it up to date, take it out again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import borrowed, foreign, walltimes
from schedules.borrowed import Calendar, Reading
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.spaces import Space
from timebank.actions.action import action
from timebank.actions.rooms import room_line
from timebank.actions.rooms.keep_spaces import reach
from timebank.people import audit
from timebank.people.callers import Caller

AHEAD = 366
"""Days that a calendar is read ahead."""


@action
async def see_calendars(caller: Caller, space_id: UUID, now: datetime) -> tuple[Space, list[Calendar]]:
    """The room and the calendars that shut it. Raises NotAllowed, NotFound."""
    return await reach(caller, space_id), await borrowed.of_space(space_id, now)


async def read_calendar(caller: Caller, space_id: UUID, name: str, file: bytes, now: datetime) -> Reading:
    """Shuts the room at the busy times of the file; under a name that was read before, brings it up to date. Safe to repeat.

    Nothing that stands in the room is pushed aside. Raises NotAllowed, NotFound, Malformed without a name, what `foreign.read`
    refuses with, and SpaceTaken when somebody books in between.
    """
    space = await reach(caller, space_id)
    if not name.strip():
        raise Malformed(field="name", reason="say whose calendar it is: everybody who wants the room reads it")
    within = Interval(now, walltimes.days_later(now, AHEAD, space.time_zone))
    times = await foreign.read(file, within, space.time_zone)
    return await _read(caller, space_id, name.strip(), times, now)


@action
async def _read(caller: Caller, space_id: UUID, name: str, times: list[Interval], now: datetime) -> Reading:
    await reach(caller, space_id)
    return await _take(caller, space_id, name, times, now)


@action
async def take_out(caller: Caller, calendar_id: UUID, now: datetime) -> UUID:
    """Opens the room again at all times of a calendar that are still to come; the room's id. Safe to repeat.

    Raises NotAllowed, NotFound.
    """
    found = await borrowed.find(calendar_id, now)
    await reach(caller, found.space_id)
    await _take(caller, found.space_id, found.name, [], now)
    return found.space_id


async def _take(caller: Caller, space_id: UUID, name: str, times: list[Interval], now: datetime) -> Reading:
    read = await borrowed.take(space_id, name, times, caller.member(), now)
    for time in read.opened:
        await room_line.offer_freed(space_id, time, now)
    await audit.write(
        caller.id,
        "space.calendar_read",
        f"space:{space_id}",
        now,
        calendar=name,
        shut=len(read.shut),
        opened=len(read.opened),
        standing=len(read.standing),
    )
    return read
