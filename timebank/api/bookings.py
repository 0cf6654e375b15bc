"""Bookings: make, see, cancel, take along as a calendar file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import bookings
from schedules.bookings import Booking
from schedules.errors import Malformed
from schedules.facts import Broken
from schedules.intervals import Interval, proper
from schedules.walltimes import LocalTimes, When
from schedules.wishes import Borrowed, OtherRoom, Wish
from timebank.actions.rooms.book_space import book_space
from timebank.actions.rooms.cancel_booking import cancel_booking, cancel_by_house, see_booking
from timebank.web import booking_calendar, why_not
from timebank.web.access import signed_in
from timebank.web.refusals import plain
from timebank.web.request import Installed, Key, Now, Reads, Who, request_key
from timebank.web.words import Language

Aware = Annotated[datetime, Meta(tz=True, description="An instant, with its offset: 2026-11-27T18:00:00+08:00.")]
Local = Annotated[datetime, Meta(tz=False, description="The room's own wall time, without an offset: 2026-11-27T18:00:00.")]


class NewBooking(msgspec.Struct, forbid_unknown_fields=True):
    """Either the instants `starts_at` and `ends_at`, with an offset, or the room's wall times `starts` and `ends`, without one.

    A wall time that a clock change skips is refused; one that occurs twice is the first.
    """

    space_id: UUID
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    starts: Local | None = None
    ends: Local | None = None
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Annotated[int, Meta(ge=1, le=100_000)] = 1
    for_house: bool = False
    """By staff of the room, for the house: takes nobody's quota."""
    for_member: UUID | None = None
    """By staff of the room, for a member who asked them to."""
    units: Annotated[int, Meta(ge=1, le=200)] = 1
    """How many, of a room that has several alike, such as desks."""
    team_id: UUID | None = None
    """For a team that you are in: it counts for the team."""
    borrow: Annotated[tuple[Borrowed, ...], Meta(max_length=50)] = ()
    """What you want to borrow with it, and how many."""
    against_rules: Annotated[str, Meta(max_length=200)] = ""
    """By staff of the room: why the rules are set aside. What occupies the room never is."""


class Cancelling(msgspec.Struct, forbid_unknown_fields=True):
    """With a reason, staff of the room cancel for the house; without one, the member cancels the own booking."""

    reason: Annotated[str, Meta(max_length=200)] = ""


class Reason(msgspec.Struct):
    """A broken rule: its code, a sentence in the reader's language, and what the sentence was made from."""

    code: str
    sentence: str
    data: dict[str, Any]


class RefusedBooking(msgspec.Struct):
    """The problem document of a booking that cannot be made; nothing was stored. `alternatives` are times that you can have,
    `other_rooms` at most three rooms of the same branch that you can have at exactly that time."""

    type: str
    code: str
    status: int
    title: str
    detail: str
    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    broken: list[Reason]
    alternatives: list[Interval]
    other_rooms: list[OtherRoom]
    instance: str


class Bookings(msgspec.Struct):
    """In order of time. `after` is the cursor of the next page; none: this was the last."""

    bookings: list[Booking]
    after: UUID | None


def wish_of(
    space_id: UUID,
    starts_at: datetime | None,
    ends_at: datetime | None,
    starts: datetime | None,
    ends: datetime | None,
    *,
    purpose: str = "",
    people: int = 1,
    counts: bool = True,
) -> Wish:
    """The wish that a request stands for. Raises Malformed unless it has one whole pair of times."""
    when: When
    if starts_at and ends_at and starts_at.tzinfo and ends_at.tzinfo and not starts and not ends:
        when = proper(starts_at, ends_at)
    elif starts and ends and not starts.tzinfo and not ends.tzinfo and not starts_at and not ends_at:
        when = LocalTimes(starts, ends)
    else:
        raise Malformed(field="starts_at", reason="starts_at and ends_at with an offset, or starts and ends without one")
    return Wish(space_id, when, purpose.strip(), people, counts)


def reasons(broken: Sequence[Broken], language: Language, time_zone: str) -> list[Reason]:
    """Broken rules as a program reads them."""
    return [Reason(one.code, why_not.sentence(one, language, time_zone), plain(one.data)) for one in broken]


@post(
    "/api/v1/bookings",
    guards=[signed_in],
    responses={
        200: ResponseSpec(Booking, description="The booking that this Idempotency-Key made before.", generate_examples=False),
        409: ResponseSpec(
            RefusedBooking,
            description="Every broken rule, and times that you can have.",
            media_type="application/problem+json",
            generate_examples=False,
        ),
    },
)
async def post_booking(data: JSONBody[NewBooking], caller: Who, now: Now, key: Key = None) -> Response[Booking]:
    """Books a room, or answers 409 with every broken rule, the nearest times and other rooms that you can have.

    201 with the booking; 200 with the same booking where the Idempotency-Key was used before. Its state is `pending` where the
    room asks for approval. What it costs is set aside at once; too few points are the broken rule `points`.
    """
    wish = wish_of(
        data.space_id,
        data.starts_at,
        data.ends_at,
        data.starts,
        data.ends,
        purpose=data.purpose,
        people=data.people,
        counts=not data.for_house,
    )
    wish = msgspec.structs.replace(wish, units=data.units, team_id=data.team_id, accessories=data.borrow)
    asked = request_key(caller, key, (wish, data.for_member, data.against_rules), now, "book")
    answer = await book_space(caller, wish, now, asked, data.for_member, data.against_rules)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/bookings", guards=[signed_in])
async def get_bookings(
    caller: Who,
    now: Now,
    after: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
) -> Bookings:
    """Your own bookings that are not over for more than ninety days, cancelled ones too."""
    last = await see_booking(caller, after) if after else None
    found = await bookings.of_person(
        caller.member(), now - booking_calendar.KEPT, (last.starts_at, last.id) if last else None, limit
    )
    return Bookings(found, found[-1].id if len(found) == limit else None)


@get("/api/v1/bookings/{booking_id:uuid}", guards=[signed_in])
async def get_booking(booking_id: FromPath[UUID], caller: Who) -> Booking:
    """A booking of your household, or in a room that you keep."""
    return await see_booking(caller, booking_id)


@post("/api/v1/bookings/{booking_id:uuid}/cancel", guards=[signed_in], status_code=200)
async def post_cancel(
    booking_id: FromPath[UUID], data: JSONBody[Cancelling], caller: Who, now: Now, key: Key = None
) -> Booking:
    """Gives the time back until the start. With a reason staff do it for the house. Safe to repeat: it is cancelled once."""
    asked = request_key(caller, key, (booking_id, data), now, "cancel booking")
    if data.reason.strip():
        return (await cancel_by_house.once(asked, caller, booking_id, data.reason, now)).value
    return (await cancel_booking.once(asked, caller, booking_id, now)).value


@get("/api/v1/bookings/calendar", guards=[signed_in])
async def get_calendar(caller: Who, now: Now, language: Reads, settings: Installed) -> Response[bytes]:
    """Your own bookings as an iCalendar file. Cancelled ones stay in it as cancelled. Reading changes nothing."""
    found = await bookings.of_person(caller.member(), now - booking_calendar.KEPT)
    return booking_calendar.answer(found, language, settings.base_url)


@get("/api/v1/bookings/{booking_id:uuid}/calendar", guards=[signed_in])
async def get_booking_calendar(
    booking_id: FromPath[UUID], caller: Who, language: Reads, settings: Installed
) -> Response[bytes]:
    """One booking as an iCalendar file."""
    return booking_calendar.answer([await see_booking(caller, booking_id)], language, settings.base_url)


routes: list[Any] = [post_booking, get_bookings, get_booking, post_cancel, get_calendar, get_booking_calendar]
