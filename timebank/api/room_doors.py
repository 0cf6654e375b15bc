"""Doors of rooms: check in with the code, leave, give back, name guests; and what a room is at this moment."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules import room_codes
from schedules.room_absences import Absence
from schedules.room_doors import Door, DoorRules
from schedules.room_stays import Stay
from timebank.actions.rooms import room_door
from timebank.actions.rooms.keep_doors import KeptDoor, change_door, forgive_absence, kept_door, renew_code
from timebank.actions.rooms.leave_room import give_back, leave_room, say_coming
from timebank.actions.rooms.room_parties import Guest, guests, name_guest, remove_guest
from timebank.actions.rooms.see_room_now import RoomNow, see_room_now
from timebank.people.callers import Right
from timebank.web.access import anyone, needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]


class AtDoor(msgspec.Struct, forbid_unknown_fields=True):
    """`code`: the address in the QR at the door, or the eight characters under it."""

    code: Annotated[str, Meta(min_length=1, max_length=500)]
    take_again: bool = False
    """You are late: take what is left of your time again, if it is still free."""


class NewGuest(msgspec.Struct, forbid_unknown_fields=True):
    """The phone number with which the guest is a member here."""

    phone: Annotated[str, Meta(min_length=1, max_length=40)]


class Guests(msgspec.Struct):
    guests: list[Guest]


class DoorSet(DoorRules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of the door's rules; they hold for bookings and offers made from now on."""


class Renewal(msgspec.Struct, forbid_unknown_fields=True):
    what: Literal["poster", "display"]


class Forgiving(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


@post("/api/v1/room-check-ins", guards=[signed_in], status_code=200)
async def post_check_in(data: JSONBody[AtDoor], caller: Who, now: Now, key: Key = None) -> Stay:
    """Checks you in to the booking that you, your household or who named you has at this door. Safe to repeat.

    Refused too early and too late, at the wrong door (which says which room is yours), and where somebody else has the room.
    """
    code = room_codes.read(data.code)
    if isinstance(code, str):
        code = room_codes.read(await room_door.find_typed(caller, code, now))
    enter = room_door.take_again if data.take_again else room_door.check_in
    return (await enter.once(request_key(caller, key, data, now, "room check-in"), caller, code, None, now)).value


@post("/api/v1/bookings/{booking_id:uuid}/leave", guards=[signed_in], status_code=200)
async def post_leave(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Stay:
    """You leave before the end: the end moves to now, rounded up to the room's grid, and the rest is free. Safe to repeat."""
    return (await leave_room.once(request_key(caller, key, booking_id, now, "leave room"), caller, booking_id, now)).value


@post("/api/v1/bookings/{booking_id:uuid}/give-back", guards=[signed_in], status_code=200)
async def post_give_back(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Stay:
    """Nobody will come to a booking that has begun: the rest is free and no no-show is noted. Before the start, cancel it."""
    return (await give_back.once(request_key(caller, key, booking_id, now, "give back"), caller, booking_id, now)).value


@post("/api/v1/bookings/{booking_id:uuid}/coming", guards=[signed_in], status_code=200)
async def post_coming(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Stay:
    """The answer to a reminder: we are still coming. Safe to repeat."""
    return (await say_coming.once(request_key(caller, key, booking_id, now, "coming"), caller, booking_id, now)).value


@post("/api/v1/bookings/{booking_id:uuid}/check-in", guards=staff, status_code=200)
async def post_check_in_for(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Stay:
    """Staff of the room let somebody in who has no phone. Safe to repeat."""
    asked = request_key(caller, key, booking_id, now, "check in for")
    return (await room_door.check_in_for.once(asked, caller, booking_id, now)).value


@get("/api/v1/bookings/{booking_id:uuid}/guests", guards=[signed_in])
async def get_guests(booking_id: FromPath[UUID], caller: Who) -> Guests:
    """Who besides your household may check in."""
    return Guests(list(await guests(caller, booking_id)))


@post("/api/v1/bookings/{booking_id:uuid}/guests", guards=[signed_in], status_code=200)
async def post_guest(booking_id: FromPath[UUID], data: JSONBody[NewGuest], caller: Who, now: Now) -> Guest:
    """Names somebody who may check in. Safe to repeat."""
    return await name_guest(caller, booking_id, data.phone, now)


@delete("/api/v1/bookings/{booking_id:uuid}/guests/{person_id:uuid}", guards=[signed_in])
async def delete_guest(booking_id: FromPath[UUID], person_id: FromPath[UUID], caller: Who) -> None:
    """Takes somebody off the list. Safe to repeat."""
    await remove_guest(caller, booking_id, person_id)


@get("/api/v1/spaces/{space_id:uuid}/now", guards=[anyone])
async def get_now(space_id: FromPath[UUID], now: Now) -> RoomNow:
    """What the room is at this moment, until when, and what comes next. No names."""
    return await see_room_now(space_id, now)


@get("/api/v1/spaces/{space_id:uuid}/door", guards=staff)
async def get_door(space_id: FromPath[UUID], caller: Who, now: Now) -> KeptDoor:
    """The door's rules and codes, who is expected, who waits, who did not come."""
    return await kept_door(caller, space_id, now)


@put("/api/v1/spaces/{space_id:uuid}/door", guards=staff)
async def put_door(space_id: FromPath[UUID], data: JSONBody[DoorSet], caller: Who, now: Now) -> Door:
    """Replaces the door's rules. Safe to repeat."""
    return await change_door(caller, space_id, data, now)


@post("/api/v1/spaces/{space_id:uuid}/door/renew", guards=staff, status_code=200)
async def post_renew(
    space_id: FromPath[UUID], data: JSONBody[Renewal], caller: Who, now: Now, key: Key = None
) -> Response[Door]:
    """Makes the poster or the display's address that are in use void; `GET .../door` tells the new ones."""
    asked = request_key(caller, key, (space_id, data), now, "renew door")
    return Response((await renew_code.once(asked, caller, space_id, data.what, now)).value)


@post("/api/v1/no-shows/{booking_id:uuid}/forgive", guards=staff, status_code=200)
async def post_forgive(booking_id: FromPath[UUID], data: JSONBody[Forgiving], caller: Who, now: Now) -> Absence:
    """A no-show counts no more. Safe to repeat."""
    return await forgive_absence(caller, booking_id, data.reason, now)


routes: list[Any] = [
    post_check_in,
    post_leave,
    post_give_back,
    post_coming,
    post_check_in_for,
    get_guests,
    post_guest,
    delete_guest,
    get_now,
    get_door,
    put_door,
    post_renew,
    post_forgive,
]
