"""Rooms for those who keep them: what they are, their hours and rules, who comes, closures."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.closures import InTheWay, Over
from schedules.errors import Malformed, Refusal
from schedules.intervals import Interval, NotAfterStart
from schedules.walltimes import DAY, LocalTimes
from timebank.actions.rooms.booking_groups import member_of_number, published
from timebank.actions.rooms.cancel_booking import cancel_by_house, see_booking
from timebank.actions.rooms.keep_spaces import (
    WrongTime,
    change_space,
    close_space,
    create_space,
    hours_of,
    lift_closure,
    retire_space,
)
from timebank.actions.rooms.see_kept_spaces import communities_for_rooms, kept_space, kept_spaces
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.keeping.room_form import Typed, grids, room_of, rows_of, typed_from, typed_of
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.readers import Reader
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.told.spaces import in_the_way_lines
from timebank.web.words import Language

keepers = [needs(Right.MANAGE_SPACES)]


class Shutting(msgspec.Struct):
    """The closure form: whole days, or with times."""

    key: Short = ""
    first: Short = ""
    opens: Short = ""
    last: Short = ""
    closes: Short = ""
    reason: Short = ""
    exempt: Short = ""
    exempt_group: Short = ""
    over: Over = "refuse"


class Reason(msgspec.Struct):
    reason: Short = ""
    key: Short = ""


class Use(msgspec.Struct):
    is_retired: Short = ""


@get("/office/rooms", guards=keepers)
async def list_kept(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "rooms/list.html", nodes=await kept_spaces(caller))


@get("/office/rooms/new", guards=keepers)
async def ask_room(request: Ask, caller: Who) -> Response[str]:
    return await _new(request, caller, Typed())


async def _new(request: Ask, caller: Caller, typed: Typed, refused: Refusal | None = None) -> Response[str]:
    nodes = await communities_for_rooms(caller)
    return draw(request, "rooms/new.html", refused, typed=typed, nodes=nodes, grids=grids(typed))


@post("/office/rooms/new", guards=keepers)
async def take_room(request: Ask, caller: Who, now: Now) -> Response[Any]:
    typed = typed_from(await request.form())
    try:
        room, community_id = room_of(typed), _id(typed.community_id)
        key = request_key(caller, typed.key, typed, now, "create space")
        made = await create_space.once(key, caller, community_id, room, now)
    except Refusal as refusal:
        return await _new(request, caller, typed, refusal)
    return go(f"/office/rooms/{made.value}")


def _id(text: str, field: str = "community_id") -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field=field, reason="choose one") from error


@get("/office/rooms/{space_id:uuid}", guards=keepers)
async def see_kept(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _kept(request, caller, space_id, now)


async def _kept(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    now: datetime,
    typed: Shutting | None = None,
    refused: Refusal | None = None,
    in_the_way: list[str] | None = None,
) -> Response[str]:
    kept = await kept_space(caller, space_id, now)
    exempt = await published(kept.space.community_id)
    return draw(
        request,
        "rooms/room.html",
        refused,
        kept=kept,
        space=kept.space,
        rows=rows_of([window for window in kept.hours if window.day is None]),
        minute=timedelta(minutes=1),
        groups=exempt,
        exempt_groups=[(str(group.id), group.name) for group in exempt],
        typed=typed or Shutting(first=walltimes.day_of(now, kept.space.time_zone).isoformat()),
        in_the_way=in_the_way or [],
        sessions=refused.sessions if isinstance(refused, InTheWay) else 0,
    )


@get("/office/rooms/{space_id:uuid}/edit", guards=keepers)
async def ask_change(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    kept = await kept_space(caller, space_id, now)
    typed = typed_of(kept.space, kept.hours)
    return draw(request, "rooms/edit.html", space=kept.space, typed=typed, grids=grids(typed))


@post("/office/rooms/{space_id:uuid}/edit", guards=keepers)
async def take_change(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    typed = typed_from(await request.form())
    try:
        weekly = [window for window in await hours_of(space_id) if window.day is None]
        await change_space(caller, space_id, msgspec.structs.replace(room_of(typed), hours=tuple(weekly)), now)
    except Refusal as refusal:
        kept = await kept_space(caller, space_id, now)
        return draw(request, "rooms/edit.html", refusal, space=kept.space, typed=typed, grids=grids(typed))
    return go(f"/office/rooms/{space_id}?done=1")


@post("/office/rooms/{space_id:uuid}/use", guards=keepers)
async def take_use(space_id: FromPath[UUID], data: URLEncodedBody[Use], caller: Who, now: Now) -> Response[Any]:
    """Out of use, or into use again."""
    await retire_space(caller, space_id, bool(data.is_retired), now)
    return go(f"/office/rooms/{space_id}")


@post("/office/rooms/{space_id:uuid}/closures", guards=keepers)
async def take_closure(
    space_id: FromPath[UUID], data: URLEncodedBody[Shutting], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """Shuts the room; where something stands there, staff choose what becomes of it."""
    zone = (await kept_space(caller, space_id, now)).space.time_zone
    try:
        key = request_key(caller, data.key, (space_id, data), now, "close space")
        people = [await member_of_number(caller, number) for number in data.exempt.replace(",", " ").split()]
        groups = [_id(data.exempt_group, "exempt_group")] if data.exempt_group else []
        await close_space.once(key, caller, space_id, _whole(data, zone), data.reason, data.over, now, people, groups)
    except Refusal as refusal:
        return await _kept(request, caller, space_id, now, data, refusal, _lines(refusal, language))
    return go(f"/office/rooms/{space_id}")


def _lines(refusal: Refusal, language: Language) -> list[str]:
    """What stands in the way, a sentence each."""
    return in_the_way_lines(refusal, Reader(language, refusal.time_zone)) if isinstance(refusal, InTheWay) else []


def _whole(typed: Shutting, time_zone: str) -> Interval:
    """The time that was typed: whole days where no clock was. Raises Malformed, which names the field."""
    first = _day("first", typed.first)
    last = _day("last", typed.last) if typed.last else first
    try:
        opens = time.fromisoformat(typed.opens) if typed.opens else walltimes.MIDNIGHT
        closes = (
            datetime.combine(last, time.fromisoformat(typed.closes)) if typed.closes else datetime.combine(last + DAY, time(0))
        )
    except ValueError as error:
        raise WrongTime(field="opens", reason="not a time") from error
    if closes <= datetime.combine(first, opens):
        raise NotAfterStart(field="last", reason="the end must lie after the start")
    return walltimes.resolve(LocalTimes(datetime.combine(first, opens), closes), time_zone)


def _day(field: str, text: str) -> date:
    try:
        return walltimes.of_our_days(date.fromisoformat(text), field)
    except ValueError as error:
        raise WrongTime(field=field, reason="not a day") from error


@post("/office/closures/{closure_id:uuid}/lift", guards=keepers)
async def take_lift(closure_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    return go(f"/office/rooms/{await lift_closure(caller, closure_id, now)}")


@get("/office/bookings/{booking_id:uuid}/cancel", guards=keepers)
async def ask_house_cancel(booking_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """Why does the house take it back? The person reads it."""
    return draw(request, "rooms/cancel.html", booking=await see_booking(caller, booking_id), typed="")


@post("/office/bookings/{booking_id:uuid}/cancel", guards=keepers)
async def take_house_cancel(
    booking_id: FromPath[UUID], data: URLEncodedBody[Reason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        booking = await cancel_by_house(caller, booking_id, data.reason, now)
    except Refusal as refusal:
        kept = await see_booking(caller, booking_id)
        return draw(request, "rooms/cancel.html", refusal, booking=kept, typed=data.reason)
    return go(f"/office/rooms/{booking.space_id}")


routes: list[Any] = [
    list_kept,
    ask_room,
    take_room,
    see_kept,
    ask_change,
    take_change,
    take_use,
    take_closure,
    take_lift,
    ask_house_cancel,
    take_house_cancel,
]
