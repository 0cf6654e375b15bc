"""A member's own bookings: the list, one of them, giving it back, and the calendar file."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from schedules import accessories, bookings, room_stays, walltimes
from schedules.bookings import Booking
from schedules.errors import Refusal
from timebank.actions.rooms.booking_prices import owed
from timebank.actions.rooms.cancel_booking import cancel_booking, keeps, see_booking
from timebank.actions.rooms.room_parties import guests
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people import audit, teams
from timebank.points import booking_costs
from timebank.web import booking_calendar
from timebank.web.access import caller_of, signed_in
from timebank.web.request import Installed, Now, Reads, Who


@get("/me/bookings", guards=[signed_in])
async def my_bookings(request: Ask, caller: Who, now: Now) -> Response[str]:
    """What is to come, for me and for others of my household, and what was."""
    mine = await bookings.of_person(caller.member(), now - booking_calendar.KEPT)
    ours = await bookings.of_household(caller.household_id, now) if caller.household_id else []
    coming = [booking for booking in mine if booking.ends_at > now and not booking.is_cancelled]
    return draw(
        request,
        "bookings/mine.html",
        coming=coming,
        others=[booking for booking in ours if booking.person_id != caller.member_id and not booking.is_cancelled],
        before=[booking for booking in reversed(mine) if booking not in coming],
    )


@get("/me/bookings/calendar.ics", guards=[signed_in])
async def my_calendar(caller: Who, now: Now, language: Reads, settings: Installed) -> Response[bytes]:
    """All of them as a file; reading changes nothing."""
    found = await bookings.of_person(caller.member(), now - booking_calendar.KEPT)
    return booking_calendar.answer(found, language, settings.base_url)


@get("/me/bookings/{booking_id:uuid}", guards=[signed_in])
async def see_one(booking_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """One booking: its state, what it costs, what happened to it."""
    booking = await see_booking(caller, booking_id)
    named = await guests(caller, booking_id) if caller.household_id == booking.household_id else []
    return await _one(request, booking, now, stay=await room_stays.one(booking_id), guests=named)


async def _one(
    request: Ask,
    booking: Booking,
    now: datetime,
    template: str = "bookings/booking.html",
    refused: Refusal | None = None,
    **more: Any,
) -> Response[str]:
    price = await booking_costs.of(booking.id)
    cancelled = msgspec.structs.replace(booking, state="cancelled_by_user")
    return draw(
        request,
        template,
        refused,
        booking=booking,
        on=walltimes.day_of(booking.starts_at, booking.time_zone),
        price=price,
        kept=owed(cancelled, price, now) if price and price.state == "held" else 0,
        borrowed=await accessories.of_booking(booking.id),
        team=await teams.one(booking.team_id) if booking.team_id else None,
        entries=await audit.about(f"booking:{booking.id}", 20),
        is_keeper=await keeps(await caller_of(request), booking),
        **more,
    )


@get("/me/bookings/{booking_id:uuid}/calendar.ics", guards=[signed_in])
async def one_calendar(booking_id: FromPath[UUID], caller: Who, language: Reads, settings: Installed) -> Response[bytes]:
    return booking_calendar.answer([await see_booking(caller, booking_id)], language, settings.base_url)


@get("/me/bookings/{booking_id:uuid}/cancel", guards=[signed_in])
async def ask_cancel(booking_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """Are you sure? Asking changes nothing."""
    return await _one(request, await see_booking(caller, booking_id), now, "bookings/cancel.html")


@post("/me/bookings/{booking_id:uuid}/cancel", guards=[signed_in])
async def take_cancel(booking_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Gives the time back; sent twice, it is given back once."""
    booking = await see_booking(caller, booking_id)
    try:
        await cancel_booking(caller, booking_id, now)
    except Refusal as refusal:
        return await _one(request, booking, now, "bookings/cancel.html", refusal)
    return go(f"/me/bookings/{booking_id}")


routes: list[Any] = [my_bookings, my_calendar, see_one, one_calendar, ask_cancel, take_cancel]
