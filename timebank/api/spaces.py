"""Rooms: which there are, and for the coordinator how they are kept."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from schedules import spaces
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.spaces import Space
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.find_rooms import RoomToday
from timebank.actions.rooms.keep_spaces import Room, change_space, create_space, hours_of, retire_space
from timebank.people.callers import Right
from timebank.web.access import anyone, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]


class SpaceLine(msgspec.Struct):
    """A room on one day. `free` is open time in which nothing stands, long enough to book; whether for you, `/free` says."""

    id: UUID
    name: str
    name_en: str
    community_id: UUID
    community: str
    community_en: str
    seats: int
    time_zone: str
    is_free_now: bool
    open: list[Interval]
    free: list[Interval]


class SpaceLines(msgspec.Struct):
    spaces: list[SpaceLine]


class SpaceShown(msgspec.Struct):
    """A room with its rules and opening hours (local; Monday is 0)."""

    space: Space
    hours: list[Window]


class NewSpace(msgspec.Struct, forbid_unknown_fields=True):
    community_id: UUID
    room: Room


class Use(msgspec.Struct, forbid_unknown_fields=True):
    """`is_retired`: nobody can book it any more; what was booked stays."""

    is_retired: bool


@get("/api/v1/spaces", guards=[anyone])
async def get_spaces(now: Now, day: FromQuery[date | None] = None, community_id: FromQuery[UUID | None] = None) -> SpaceLines:
    """All rooms that can be booked, by community and name, with what is free on a day (none: today in UTC)."""
    found = await find_rooms.rooms_on(day or now.date(), now)
    return SpaceLines([_line(room) for room in found if community_id in (None, room.space.community_id)])


def _line(room: RoomToday) -> SpaceLine:
    space = room.space
    return SpaceLine(
        space.id,
        space.name,
        space.name_en,
        space.community_id,
        room.community,
        room.community_en,
        space.seats,
        space.time_zone,
        room.is_free_now,
        list(room.open),
        list(room.free),
    )


@get("/api/v1/spaces/{space_id:uuid}", guards=[anyone])
async def get_space(space_id: FromPath[UUID]) -> SpaceShown:
    """A room, its rules and its hours."""
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


@post("/api/v1/spaces", guards=staff)
async def post_space(data: JSONBody[NewSpace], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new room of a community, in the community's time zone."""
    key_of = request_key(caller, key, data, now, "create space")
    answer = await create_space.once(key_of, caller, data.community_id, data.room, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@put("/api/v1/spaces/{space_id:uuid}", guards=staff)
async def put_space(space_id: FromPath[UUID], data: JSONBody[Room], caller: Who, now: Now) -> SpaceShown:
    """What it is, its rules and hours from now on; bookings keep the rules under which they were made. Safe to repeat."""
    await change_space(caller, space_id, data, now)
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


@put("/api/v1/spaces/{space_id:uuid}/use", guards=staff)
async def put_use(space_id: FromPath[UUID], data: JSONBody[Use], caller: Who, now: Now) -> SpaceShown:
    """Takes a room out of use or into use again. Safe to repeat."""
    await retire_space(caller, space_id, data.is_retired, now)
    return SpaceShown(await spaces.one(space_id), list(await hours_of(space_id)))


routes: list[Any] = [get_spaces, get_space, post_space, put_space, put_use]
