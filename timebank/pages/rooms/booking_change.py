"""Changing a booking: typed as wall times of the room, looked at with its price, then done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules import spaces, walltimes
from schedules.booking_moves import Change
from schedules.bookings import Booking
from schedules.errors import Malformed, Refusal
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.wishes import NotBookable
from timebank.actions.rooms.cancel_booking import see_booking
from timebank.actions.rooms.move_booking import may_move, move_booking
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.render import go
from timebank.pages.rooms.booking_form import Choice, when_of
from timebank.people.callers import Caller, Right
from timebank.web import why_not
from timebank.web.access import caller_of, signed_in
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.words import Language


class Typed(msgspec.Struct):
    """The form as text: wall times of the room."""

    room: Short = ""
    day: Short = ""
    start: Short = ""
    end: Short = ""
    people: Short = ""
    purpose: Annotated[str, Meta(max_length=200)] = ""
    against: Annotated[str, Meta(max_length=200)] = ""
    key: Short = ""


def typed_of(booking: Booking) -> Typed:
    """The form of a booking as it stands."""
    day, start, end = _clocks(booking.use, booking.time_zone)
    return Typed(str(booking.space_id), day, start, end, str(booking.people), booking.purpose)


def _clocks(use: Interval, zone: str) -> tuple[str, str, str]:
    """Day, start and end as the form takes them."""
    start, end = (walltimes.local_of(moment, zone) for moment in (use.starts_at, use.ends_at))
    return start.date().isoformat(), f"{start:%H:%M}", f"{end:%H:%M}"


def change_of(typed: Typed) -> Change:
    """What the form stands for. Raises Malformed, which names the field."""
    try:
        room = UUID(typed.room)
    except ValueError as error:
        raise Malformed(field="room", reason="choose a room") from error
    when = when_of(Choice(day=typed.day, start=typed.start, end=typed.end))
    return Change(room, when, typed.purpose.strip(), figure("people", typed.people, 1, 10_000))


@get("/me/bookings/{booking_id:uuid}/change", guards=[signed_in])
async def ask_change(booking_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """The form, as the booking stands."""
    booking = await see_booking(caller, booking_id)
    return await _form(request, booking, typed_of(booking))


async def _form(request: Ask, booking: Booking, typed: Typed, refused: Refusal | None = None, **told: Any) -> Response[str]:
    context: dict[str, Any] = {"why": [], "alternatives": []} | told
    rooms = await _rooms(booking)
    may_keep = (await caller_of(request)).may(Right.MANAGE_SPACES)
    return draw(
        request, "bookings/change.html", refused, booking=booking, typed=typed, rooms=rooms, may_keep=may_keep, **context
    )


async def _rooms(booking: Booking) -> Sequence[Space]:
    """Where it could go: the rooms of the same community, its own first."""
    own = await spaces.one(booking.space_id)
    return [own, *(space for space in await spaces.in_use([own.community_id]) if space.id != own.id)]


@get("/me/bookings/{booking_id:uuid}/change/look", guards=[signed_in])
async def look_at_change(
    booking_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    room: FromQuery[str] = "",
    day: FromQuery[str] = "",
    start: FromQuery[str] = "",
    end: FromQuery[str] = "",
    people: FromQuery[str] = "",
    purpose: FromQuery[str] = "",
    against: FromQuery[str] = "",
) -> Response[str]:
    """Before and after, with the price: is it right? Looking changes nothing."""
    typed = Typed(room, day, start, end, people, purpose[:200], against[:200])
    return await _look(request, caller, await see_booking(caller, booking_id), typed, now, language)


async def _look(
    request: Ask, caller: Caller, booking: Booking, typed: Typed, now: datetime, language: Language
) -> Response[str]:
    try:
        found = await may_move(caller, booking.id, change_of(typed), now, typed.against.strip())
    except Refusal as refusal:
        return await _form(request, booking, typed, refusal)
    if found.verdict.broken:
        return await _told(request, booking, typed, found.verdict.broken, found.verdict.alternatives, language)
    return draw(request, "bookings/sure.html", booking=booking, typed=typed, found=found, use=found.verdict.use)


async def _told(
    request: Ask, booking: Booking, typed: Typed, broken: Any, alternatives: Any, language: Language
) -> Response[str]:
    """The form again, with every broken rule and times that would do."""
    why = [why_not.sentence(one, language, booking.time_zone) for one in broken]
    options = [(option, *_clocks(option, booking.time_zone)) for option in alternatives]
    answer = await _form(request, booking, typed, why=why, alternatives=options)
    answer.status_code = 409
    return answer


@post("/me/bookings/{booking_id:uuid}/change", guards=[signed_in])
async def take_change(
    booking_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """Changes it; the same form sent twice changes it once."""
    booking = await see_booking(caller, booking_id)
    try:
        change = change_of(data)
        asked = request_key(caller, data.key, (booking_id, data), now, "change booking")
        await move_booking(caller, booking_id, change, now, asked, data.against)
    except NotBookable as refused:
        return await _told(request, booking, data, refused.broken, refused.alternatives, language)
    except Refusal as refusal:
        return await _form(request, booking, data, refusal)
    return go(f"/me/bookings/{booking_id}")


routes: list[Any] = [ask_change, look_at_change, take_change]
