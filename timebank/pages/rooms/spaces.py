"""Rooms: which there are and what is free, one room's day and week, and booking in four taps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from itertools import groupby
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules import accessories, free, lottery_rounds, overrides, walltimes
from schedules.errors import Malformed, NotFound, Refusal
from schedules.facts import Broken
from schedules.intervals import NotAfterStart, proper
from schedules.walltimes import DAY, LocalTimes, When
from schedules.wishes import Borrowed, NotBookable, Wish
from timebank.actions.rooms import find_rooms
from timebank.actions.rooms.book_space import book_space, may_book, member_of_phone
from timebank.actions.rooms.booking_terms import terms
from timebank.actions.rooms.find_rooms import RoomToday
from timebank.actions.rooms.keep_spaces import WrongTime
from timebank.pages.forms import Ask, Short, chosen, draw
from timebank.pages.keeping.room_form import figure
from timebank.pages.render import go
from timebank.people import teams
from timebank.people.callers import Caller, Right
from timebank.web import why_not
from timebank.web.access import anyone, signed_in
from timebank.web.request import Installed, Now, Reads, Who, request_key
from timebank.web.words import Language

T = TypeVar("T")


class Choice(msgspec.Struct):
    """What the booking form sends: instants that were tapped, or wall times that were typed."""

    key: Short = ""
    starts_at: Short = ""
    ends_at: Short = ""
    day: Short = ""
    start: Short = ""
    end: Short = ""
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Short = "1"
    units: Short = "1"
    team: Short = ""
    for_house: Short = ""
    for_phone: Short = ""
    against: Annotated[str, Meta(max_length=200)] = ""


@get("/spaces", guards=[anyone])
async def list_rooms(
    request: Ask,
    caller: Who,
    now: Now,
    settings: Installed,
    day: FromQuery[str] = "",
    community: FromQuery[str] = "",
) -> Response[str]:
    """All rooms with what is free on a day, the reader's own community first."""
    today = walltimes.day_of(now, settings.time_zone)
    shown_on = walltimes.of_our_days(chosen("day", day, date.fromisoformat) or today)
    only = chosen("community", community, UUID)
    rooms = await find_rooms.rooms_on(shown_on, now, caller.community_id)
    shown = [room for room in rooms if only in (None, room.space.community_id)]
    return draw(
        request,
        "spaces/list.html",
        groups=_groups(shown),
        communities=_groups(rooms),
        chosen=only,
        day=shown_on,
        today=today,
        before=shown_on - DAY,
        after=shown_on + DAY,
    )


def _groups(rooms: Sequence[RoomToday]) -> list[list[RoomToday]]:
    """Rooms of one community together, in the order in which they come."""
    return [list(found) for _, found in groupby(rooms, key=lambda room: room.space.community_id)]


@get("/spaces/{space_id:uuid}", guards=[anyone])
async def see_room(
    space_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    now: Now,
    language: Reads,
    day: FromQuery[str] = "",
    view: FromQuery[str] = "day",
    seen_as: FromQuery[str] = "",
) -> Response[str]:
    """One room on a day, or in the week of that day: what you can book, and why not the rest.

    Staff of the room may look as a member sees it, by their number (booking-127); nothing can be booked from there.
    """
    seen = await find_rooms.seen_as(caller, space_id, seen_as) if seen_as else None
    viewer = seen or caller
    is_week = view == "week"
    on = chosen("day", day, date.fromisoformat)
    first = walltimes.monday_of(walltimes.of_our_days(on)) if is_week and on else on
    found = await find_rooms.days_of(viewer, space_id, first, 7 if is_week else 1, now)
    today = walltimes.day_of(now, found.space.time_zone)
    if is_week and on is None:
        found = await find_rooms.days_of(viewer, space_id, walltimes.monday_of(today), 7, now)
    return draw(
        request,
        "spaces/week.html" if is_week else "spaces/day.html",
        room=found,
        space=found.space,
        rounds=await lottery_rounds.open_in(space_id, now),
        today=today,
        day=found.days[0].day,
        why=_why(language, found.space.time_zone),
        before=found.days[0].day - (7 if is_week else 1) * DAY,
        after=found.days[-1].day + DAY,
        seen=seen,
        viewer=viewer,
        seen_as=f"&seen_as={seen_as}" if seen else "",
    )


def _why(language: Language, time_zone: str) -> Any:
    """For templates: a broken rule as a sentence."""

    def say(broken: Broken) -> str:
        return why_not.sentence(broken, language, time_zone)

    return say


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
    starts_at = _aware(typed.starts_at)
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
    known = msgspec.structs.replace(typed, people="1") if _is_about(refused, "people") else typed
    wish = _wish(space_id, msgspec.structs.replace(known, units="1") if _is_about(refused, "units") else known, borrowed)
    verdict = await may_book(caller, wish, now)
    told = refused if isinstance(refused, NotBookable) else None
    answer = draw(
        request,
        "spaces/confirm.html",
        None if told else refused,
        space=verdict.space,
        use=verdict.use,
        on=walltimes.day_of(verdict.use.starts_at, verdict.space.time_zone) if verdict.use else None,
        broken=told.broken if told else verdict.broken,
        alternatives=told.alternatives if told else verdict.alternatives,
        other_rooms=told.other_rooms if told else verdict.other_rooms,
        quota_left=verdict.quota_left,
        typed=typed,
        why=_why(language, verdict.space.time_zone),
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
        borrowed = _borrowed(await request.form())
        wish = _wish(space_id, data, borrowed)
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


def _wish(space_id: UUID, typed: Choice, borrowed: tuple[Borrowed, ...] = ()) -> Wish:
    """Raises Malformed, which names the field."""
    return Wish(
        space_id,
        when_of(typed),
        typed.purpose.strip(),
        figure("people", typed.people, 1, 10_000),
        counts=not typed.for_house,
        units=figure("units", typed.units, 1, 200),
        team_id=_team(typed.team),
        accessories=borrowed,
    )


def _team(text: str) -> UUID | None:
    """Raises NotFound."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound(what="team") from None


def _borrowed(form: Any) -> tuple[Borrowed, ...]:
    """What is to be borrowed: one field for each thing, `borrow_<its id>`. Raises WrongFigure."""
    found = []
    for name, value in form.multi_items():
        if name.startswith("borrow_") and str(value).strip() not in ("", "0"):
            thing = _read("borrow", UUID, name.removeprefix("borrow_"))
            found.append(Borrowed(thing, figure("borrow", str(value), 0, 10_000)))
    return tuple(found)


def when_of(typed: Choice) -> When:
    """Tapped instants, or typed wall times; an end before the start is on the next day."""
    if typed.starts_at and typed.ends_at:
        return proper(_aware(typed.starts_at), _aware(typed.ends_at))
    day, start, end = _read("day", date.fromisoformat, typed.day), _clock("start", typed.start), _clock("end", typed.end)
    if end == start:
        raise NotAfterStart(field="end", reason="the end must lie after the start")
    last = day if end > start else walltimes.of_our_days(day) + DAY
    return LocalTimes(datetime.combine(day, start), datetime.combine(last, end))


def _clock(field: str, text: str) -> time:
    return _read(field, time.fromisoformat, text).replace(tzinfo=None)


def _aware(text: str) -> datetime:
    moment = _read("start", datetime.fromisoformat, text)
    if moment.tzinfo is None:
        raise WrongTime(field="start", reason="an instant with its offset")
    walltimes.of_our_days(moment.date(), "start")
    return moment


def _read(field: str, how: Callable[[str], T], text: str) -> T:
    try:
        return how(text.strip())
    except ValueError as error:
        raise WrongTime(field=field, reason="not a day or a time") from error


routes: list[Any] = [list_rooms, see_room, ask_end_or_confirm, take_booking]
