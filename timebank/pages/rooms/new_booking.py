"""Booking a room in four taps: until when, is it right, booked; without JavaScript, and also with a time that was typed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import accessories, free, overrides, walltimes
from schedules.errors import Malformed, Refusal
from schedules.facts import Broken
from schedules.wishes import Borrowed, NotBookable
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.book_space import book_space, may_book, member_of_phone
from timebank.actions.rooms.booking_terms import terms
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.pages.rooms.booking_form import Choice, borrowed_of, instant, wish_of
from timebank.people import teams
from timebank.people.callers import Caller, Right
from timebank.web import why_not
from timebank.web.access import signed_in
from timebank.web.request import Now, Reads, Who, request_key
from timebank.web.words import Language


@get("/spaces/{space_id:uuid}/book", guards=[signed_in])
async def ask_end_or_confirm(
    space_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    starts_at: FromQuery[str] = "",
    ends_at: FromQuery[str] = "",
    day: FromQuery[str] = "",
    start: FromQuery[str] = "",
    end: FromQuery[str] = "",
    people: FromQuery[str] = "1",
) -> Response[str]:
    """A start was tapped: until when? A whole time was chosen or typed: is it right? Nothing is booked by looking."""
    typed = Choice(starts_at=starts_at, ends_at=ends_at, day=day, start=start, end=end, people=people)
    try:
        if starts_at and not ends_at:
            return await _ask_end(request, caller, space_id, typed, now, language)
        return await _confirm(request, caller, space_id, typed, now, language)
    except Malformed as malformed:
        if _is_about(malformed, "people"):
            return await _confirm(request, caller, space_id, typed, now, language, malformed)
        is_blank = not (starts_at or start or end)
        return await _ask_again(request, caller, space_id, typed, now, None if is_blank else malformed)


async def _ask_again(
    request: Ask, caller: Caller, space_id: UUID, typed: Choice, now: datetime, refused: Malformed | None
) -> Response[str]:
    """The form for a time, with what was typed and what is wrong with it."""
    found = await find_rooms.days_of(caller, space_id, None, 1, now)
    return draw(request, "spaces/type.html", refused, room=found, space=found.space, typed=typed)


async def _ask_end(
    request: Ask, caller: Caller, space_id: UUID, typed: Choice, now: datetime, language: Language
) -> Response[str]:
    """Every end that can be chosen from this start; where none can, why."""
    starts_at = instant(typed.starts_at)
    zone = (await find_rooms.days_of(caller, space_id, None, 1, now)).space.time_zone
    found = await find_rooms.days_of(caller, space_id, walltimes.day_of(starts_at, zone), 1, now)
    start = next((each for each in found.days[0].starts if each.starts_at == starts_at), None)
    if start is None:
        ends_at = starts_at + free.shortest_use(found.space)
        whole = msgspec.structs.replace(typed, ends_at=ends_at.isoformat())
        return await _confirm(request, caller, space_id, whole, now, language)
    ends = free.ends(start, found.space)
    return draw(request, "spaces/ends.html", room=found, space=found.space, starts_at=starts_at, ends=ends)


async def _confirm(
    request: Ask,
    caller: Caller,
    space_id: UUID,
    typed: Choice,
    now: datetime,
    language: Language,
    refused: Refusal | None = None,
    borrowed: tuple[Borrowed, ...] = (),
) -> Response[str]:
    """The last page before booking; what cannot be booked is told here, with times that can. Raises Malformed."""
    unread = {field: "1" for field in ("people", "units") if _is_about(refused, field)}
    verdict = await may_book(caller, wish_of(space_id, msgspec.structs.replace(typed, **unread), borrowed), now)
    told = refused if isinstance(refused, NotBookable) else None
    said = told or verdict
    answer = draw(
        request,
        "spaces/confirm.html",
        None if told else refused,
        space=verdict.space,
        use=verdict.use,
        on=walltimes.day_of(verdict.use.starts_at, verdict.space.time_zone) if verdict.use else None,
        broken=said.broken,
        alternatives=said.alternatives,
        other_rooms=said.other_rooms,
        quota_left=verdict.quota_left,
        typed=typed,
        why=lambda one: why_not.sentence(one, language, verdict.space.time_zone),
        things=await accessories.of_space(space_id),
        borrowed={one.accessory_id: one.quantity for one in borrowed},
        teams=await teams.chosen_for(caller.member()),
        may_keep=caller.may(Right.MANAGE_SPACES),
        terms=await terms(verdict.space, verdict.use, caller.member()) if verdict.use else None,
        may_override=caller.may(Right.MANAGE_SPACES) and _is_overridable(verdict.broken),
    )
    if told or verdict.broken:
        answer.status_code = 409
    return answer


def _is_overridable(broken: Sequence[Broken]) -> bool:
    """Whether staff could set the rules aside; points that are missing stay missing."""
    return any(one.code != "points" for one in broken) and not overrides.binding(broken, "staff")


def _is_about(refused: Refusal | None, field: str) -> bool:
    return isinstance(refused, Malformed) and refused.field == field


@post("/spaces/{space_id:uuid}/book", guards=[signed_in])
async def take_booking(
    space_id: FromPath[UUID], data: URLEncodedBody[Choice], request: Ask, caller: Who, now: Now, language: Reads
) -> Response[Any]:
    """Books; the same form sent twice books once."""
    borrowed: tuple[Borrowed, ...] = ()
    try:
        borrowed = borrowed_of(await request.form())
        wish = wish_of(space_id, data, borrowed)
        member = await member_of_phone(caller, data.for_phone)
        asked = request_key(caller, data.key, (wish, member, data.against), now, "book")
        made = await book_space(caller, wish, now, asked, member, data.against)
    except Malformed as malformed:
        if not any(_is_about(malformed, field) for field in ("people", "units", "for_phone")):
            return await _ask_again(request, caller, space_id, data, now, malformed)
        return await _confirm(request, caller, space_id, data, now, language, malformed, borrowed)
    except Refusal as refusal:
        return await _confirm(request, caller, space_id, data, now, language, refusal, borrowed)
    return go(f"/me/bookings/{made.value.id}")


routes: list[Any] = [ask_end_or_confirm, take_booking]
