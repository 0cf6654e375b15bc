"""Requests for rooms, as those see them who decide."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.bookings import Booking
from timebank.actions.rooms.decide_booking import accept_request, reject_request, requests_for
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

staff = [needs(Right.MANAGE_SPACES)]


class RequestShown(msgspec.Struct):
    """A request with the requests that overlap it. `is_taken`: something else stands there, so it cannot be accepted."""

    booking: Booking
    name: str
    rivals: list[Booking]
    is_taken: bool


class Requests(msgspec.Struct):
    """In order of time."""

    requests: list[RequestShown]


class Accepting(msgspec.Struct, forbid_unknown_fields=True):
    """`rejecting` names every request that overlaps, which are rejected by this (booking-86)."""

    rejecting: Annotated[list[UUID], Meta(max_length=500)] = []


class Rejecting(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class AcceptedShown(msgspec.Struct):
    booking: Booking
    rejected: list[Booking]


@get("/api/v1/booking-requests", guards=staff)
async def get_requests(caller: Who, now: Now) -> Requests:
    """Every request that you can decide on now, for all rooms that you keep."""
    return Requests(
        [
            RequestShown(
                one.waiting.booking,
                one.names.get(one.waiting.booking.person_id, ""),
                list(one.waiting.rivals),
                one.waiting.is_taken,
            )
            for one in await requests_for(caller, now)
        ]
    )


@post("/api/v1/bookings/{booking_id:uuid}/accept", guards=staff, status_code=200)
async def post_accept(
    booking_id: FromPath[UUID], data: JSONBody[Accepting], caller: Who, now: Now, key: Key = None
) -> AcceptedShown:
    """Makes the request a booking. 409 `others_would_lose` with the `rivals` that `rejecting` has to name, `not_bookable` where
    the time was taken meanwhile, `decided` where it was decided before or has lapsed.
    """
    asked = request_key(caller, key, (booking_id, data), now, "accept booking")
    accepted = await accept_request(caller, booking_id, data.rejecting, now, asked)
    return AcceptedShown(accepted.booking, list(accepted.rejected))


@post("/api/v1/bookings/{booking_id:uuid}/reject", guards=staff, status_code=200)
async def post_reject(booking_id: FromPath[UUID], data: JSONBody[Rejecting], caller: Who, now: Now, key: Key = None) -> Booking:
    """Says no, with a reason that the member reads. Safe to repeat. 409 `decided` where it was decided otherwise."""
    asked = request_key(caller, key, (booking_id, data), now, "reject booking")
    return (await reject_request.once(asked, caller, booking_id, data.reason, now)).value


routes: list[Any] = [get_requests, post_accept, post_reject]
