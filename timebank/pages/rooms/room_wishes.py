"""Waiting for a room: the form, my place in the line, and the offers that want an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import spaces, walltimes
from schedules.errors import Malformed, Refusal
from schedules.free import shortest_use
from schedules.room_wishes import MOST_SPACES, NewWish
from schedules.spaces import Space
from schedules.walltimes import LocalTimes
from schedules.wishes import NotBookable
from timebank.actions.rooms.booking_terms import terms
from timebank.actions.rooms.keep_spaces import WrongTime
from timebank.actions.rooms.room_line import accept_offer, decline_offer, see_waiting, stop_waiting, wait_for_room
from timebank.pages.forms import Ask, Short, draw, figure
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web import kept_reasons, why_not
from timebank.web.access import signed_in
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.words import Language


class WishTyped(msgspec.Struct):
    """The form as text. `others` are further rooms of the same community that would do as well."""

    key: Short = ""
    day: Short = ""
    earliest: Short = "08:00"
    latest: Short = "21:00"
    minutes: Short = "60"
    people: Short = "1"
    purpose: Short = ""
    accepts: Short = ""
    others: list[UUID] = []


class Key(msgspec.Struct):
    key: Short = ""


@get("/spaces/{space_id:uuid}/wait", guards=[signed_in])
async def ask_wish(
    space_id: FromPath[UUID],
    request: Ask,
    now: Now,
    language: Reads,
    day: FromQuery[str] = "",
    starts_at: FromQuery[str] = "",
    ends_at: FromQuery[str] = "",
) -> Response[str]:
    """For which day and how long? A time that was refused a moment ago is filled in."""
    space = await spaces.one(space_id)
    return await _form(request, space, _first(space, day, starts_at, ends_at, now), language)


def _first(space: Space, day: str, starts_at: str, ends_at: str, now: datetime) -> WishTyped:
    shortest = shortest_use(space) // timedelta(minutes=1)
    typed = WishTyped(day=day or walltimes.day_of(now, space.time_zone).isoformat(), minutes=str(max(60, shortest)))
    try:
        start, end = (datetime.fromisoformat(text) for text in (starts_at, ends_at))
        local = [walltimes.local_of(moment, space.time_zone) for moment in (start, end)]
    except (ValueError, TypeError):
        return typed
    clocks = {name: f"{moment:%H:%M}" for name, moment in zip(("earliest", "latest"), local, strict=True)}
    minutes = str((end - start) // timedelta(minutes=1))
    return msgspec.structs.replace(typed, day=local[0].date().isoformat(), minutes=minutes, **clocks)


async def _form(
    request: Ask, space: Space, typed: WishTyped, language: Language, refused: Refusal | None = None
) -> Response[str]:
    beside = [one for one in await spaces.in_use([space.community_id]) if one.id != space.id]
    broken = refused.broken if isinstance(refused, NotBookable) else []
    return draw(
        request,
        "room_doors/wish.html",
        refused,
        space=space,
        typed=typed,
        beside=beside[: MOST_SPACES - 1],
        lengths=_lengths(space),
        broken=[why_not.sentence(one, language, space.time_zone) for one in broken],
    )


def _lengths(space: Space) -> Sequence[int]:
    """Minutes that the room can be had for, as many as a list holds."""
    step, first = space.grid, shortest_use(space) // timedelta(minutes=1)
    return range(first, min(space.longest, first + 24 * step) + 1, step)


@post("/spaces/{space_id:uuid}/wait", guards=[signed_in])
async def take_wish(space_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[Any]:
    """Joins the line; the same form sent twice joins once."""
    space, typed = await spaces.one(space_id), _typed(await request.form())
    try:
        new = _wish(space, typed)
        await wait_for_room.once(request_key(caller, typed.key, (space_id, new), now, "wait for room"), caller, new, now)
    except Refusal as refusal:
        return await _form(request, space, typed, language, refusal)
    return go("/me/waiting")


def _typed(form: Any) -> WishTyped:
    texts = {name: str(form.get(name, ""))[:200] for name in WishTyped.__struct_fields__ if name != "others"}
    return WishTyped(**texts, others=[_id(one) for one in form.getall("others", [])])


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(field="others", reason="rooms of the list") from error


def _wish(space: Space, typed: WishTyped) -> NewWish:
    """What was typed, in the room's own time; a latest end at or before the earliest start is on the next day.

    Raises Malformed, which names the field.
    """
    try:
        day = walltimes.of_our_days(date.fromisoformat(typed.day.strip()))
    except ValueError as error:
        raise WrongTime(field="day", reason="not a day") from error
    earliest, latest = _clock("earliest", typed.earliest), _clock("latest", typed.latest)
    last = day if latest > earliest else day + walltimes.DAY
    when = LocalTimes(datetime.combine(day, earliest), datetime.combine(last, latest))
    return NewWish(
        space_ids=(space.id, *typed.others),
        within=walltimes.resolve(when, space.time_zone),
        minutes=figure("minutes", typed.minutes, 1, 20_160),
        people=figure("people", typed.people, 1, 10_000),
        purpose=typed.purpose.strip(),
        accepts_at_once=bool(typed.accepts),
    )


def _clock(field: str, text: str) -> time:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError as error:
        raise WrongTime(field=field, reason="not a time") from error


@get("/me/waiting", guards=[signed_in])
async def my_waiting(request: Ask, caller: Who, now: Now, language: Reads) -> Response[str]:
    return await _waiting(request, caller, now, language)


async def _waiting(
    request: Ask, caller: Caller, now: datetime, language: Language, refused: Refusal | None = None
) -> Response[str]:
    mine = await see_waiting(caller, now)
    broken = refused.broken if isinstance(refused, NotBookable) else []
    zone = refused.time_zone if isinstance(refused, NotBookable) else "UTC"
    return draw(
        request,
        "room_doors/waiting.html",
        refused,
        offers=[(one, await terms(await spaces.one(one.space_id), one.use, one.person_id)) for one in mine.offers],
        waiting=[wish for wish in mine.wishes if wish.state_at(now) in ("waiting", "offered")],
        before=[wish for wish in mine.wishes if wish.state_at(now) not in ("waiting", "offered")],
        broken=[why_not.sentence(one, language, zone) for one in broken],
        why=partial(kept_reasons.told, language=language),
    )


@post("/me/waiting/{wish_id:uuid}/withdraw", guards=[signed_in])
async def take_withdrawal(wish_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Waits no longer; sent twice, it is done once."""
    await stop_waiting(caller, wish_id, now)
    return go("/me/waiting")


@post("/me/offers/{booking_id:uuid}/accept", guards=[signed_in])
async def take_offer(
    booking_id: FromPath[UUID], data: URLEncodedBody[Key], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """Yes: it is booked. The same form sent twice books once."""
    try:
        key = request_key(caller, data.key, booking_id, now, "accept room offer")
        made = await accept_offer(caller, booking_id, now, key)
    except Refusal as refusal:
        return await _waiting(request, caller, now, language, refusal)
    return go(f"/me/bookings/{made.value.id}")


@post("/me/offers/{booking_id:uuid}/decline", guards=[signed_in])
async def refuse_offer(booking_id: FromPath[UUID], request: Ask, caller: Who, now: Now, language: Reads) -> Response[Any]:
    """No, not this time: the next in the line is asked."""
    try:
        await decline_offer(caller, booking_id, now)
    except Refusal as refusal:
        return await _waiting(request, caller, now, language, refusal)
    return go("/me/waiting")


routes: list[Any] = [ask_wish, take_wish, my_waiting, take_withdrawal, take_offer, refuse_offer]
