"""What the household does about a booking on its day: leave, give back, say that it is coming, name who else may check in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import room_stays
from schedules.errors import Refusal
from timebank.actions.rooms.leave_room import give_back, leave_room, say_coming
from timebank.actions.rooms.room_door import own
from timebank.actions.rooms.room_parties import guests, name_guest, remove_guest
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who


class GuestTyped(msgspec.Struct):
    phone: Short = ""


@post("/me/bookings/{booking_id:uuid}/leave", guards=[signed_in])
async def take_leave(booking_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """We leave now; sent twice, it is done once."""
    await leave_room(caller, booking_id, now)
    return go(f"/me/bookings/{booking_id}")


@post("/me/bookings/{booking_id:uuid}/give-back", guards=[signed_in])
async def take_give_back(booking_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Nobody comes to what has begun."""
    await give_back(caller, booking_id, now)
    return go(f"/me/bookings/{booking_id}")


@post("/me/bookings/{booking_id:uuid}/coming", guards=[signed_in])
async def take_coming(booking_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await say_coming(caller, booking_id, now)
    return go(f"/me/bookings/{booking_id}")


@post("/me/bookings/{booking_id:uuid}/guests", guards=[signed_in])
async def take_guest(
    booking_id: FromPath[UUID], data: URLEncodedBody[GuestTyped], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await name_guest(caller, booking_id, data.phone, now)
    except Refusal as refusal:
        return await _guests(request, caller, booking_id, data.phone, refusal)
    return go(f"/me/bookings/{booking_id}#guests")


@get("/me/bookings/{booking_id:uuid}/guests", guards=[signed_in])
async def see_guests(booking_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """Where the language switch leads after a refusal."""
    return await _guests(request, caller, booking_id)


async def _guests(
    request: Ask, caller: Caller, booking_id: UUID, phone: str = "", refused: Refusal | None = None
) -> Response[str]:
    await own(caller, booking_id)
    named = await guests(caller, booking_id)
    return draw(request, "room_doors/guests.html", refused, stay=await room_stays.one(booking_id), guests=named, phone=phone)


@post("/me/bookings/{booking_id:uuid}/guests/{person_id:uuid}/remove", guards=[signed_in])
async def take_removal(booking_id: FromPath[UUID], person_id: FromPath[UUID], caller: Who) -> Response[Any]:
    await remove_guest(caller, booking_id, person_id)
    return go(f"/me/bookings/{booking_id}#guests")


routes: list[Any] = [take_leave, take_give_back, take_coming, take_guest, see_guests, take_removal]
