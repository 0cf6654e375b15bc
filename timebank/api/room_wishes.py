"""Waiting for rooms: join the line, see one's place, answer an offer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from schedules.bookings import Booking
from schedules.intervals import proper
from schedules.room_offers import Offer
from schedules.room_wishes import MOST_SPACES, NewWish, RoomWish
from timebank.actions.rooms.room_line import Mine, accept_offer, decline_offer, see_waiting, stop_waiting, wait_for_room
from timebank.api.bookings import Aware
from timebank.web.access import signed_in
from timebank.web.request import Key, Now, Who, request_key


class Waiting(msgspec.Struct, forbid_unknown_fields=True):
    """`minutes` without a break, somewhere between `earliest_at` and `latest_at`, in whichever of the rooms."""

    space_ids: Annotated[list[UUID], Meta(min_length=1, max_length=MOST_SPACES)]
    earliest_at: Aware
    latest_at: Aware
    minutes: Annotated[int, Meta(ge=1, le=20_160)]
    people: Annotated[int, Meta(ge=1, le=100_000)] = 1
    purpose: Annotated[str, Meta(max_length=200)] = ""
    accepts_at_once: bool = False
    """Book what comes without asking me."""


@post("/api/v1/room-wishes", guards=[signed_in])
async def post_wish(data: JSONBody[Waiting], caller: Who, now: Now, key: Key = None) -> Response[RoomWish]:
    """Joins the line at its end. 409 where it is free already, or where no cancellation could ever make it bookable.

    201 with the wish and its position; 200 with the same where the Idempotency-Key was used before.
    """
    new = NewWish(
        space_ids=tuple(data.space_ids),
        within=proper(data.earliest_at, data.latest_at),
        minutes=data.minutes,
        people=data.people,
        purpose=data.purpose.strip(),
        accepts_at_once=data.accepts_at_once,
    )
    answer = await wait_for_room.once(request_key(caller, key, data, now, "wait for room"), caller, new, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/room-wishes", guards=[signed_in])
async def get_wishes(caller: Who, now: Now) -> Mine:
    """What you wait for with your position, what became of earlier wishes, and what is offered to you now."""
    return await see_waiting(caller, now)


@post("/api/v1/room-wishes/{wish_id:uuid}/withdraw", guards=[signed_in], status_code=200)
async def post_withdraw(wish_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> RoomWish:
    """Leaves the line. Safe to repeat."""
    return (await stop_waiting.once(request_key(caller, key, wish_id, now, "stop waiting"), caller, wish_id, now)).value


@post("/api/v1/room-offers/{booking_id:uuid}/accept", guards=[signed_in])
async def post_accept(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Response[Booking]:
    """Books what is offered, judged by the rules of now, or answers 409 with every broken rule, or that the offer is gone."""
    answer = await accept_offer(caller, booking_id, now, request_key(caller, key, booking_id, now, "accept room offer"))
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@post("/api/v1/room-offers/{booking_id:uuid}/decline", guards=[signed_in], status_code=200)
async def post_decline(booking_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Offer:
    """Not this time; you keep your place for others, and the next in the line is asked. Safe to repeat."""
    asked = request_key(caller, key, booking_id, now, "decline room offer")
    return (await decline_offer.once(asked, caller, booking_id, now)).value


routes: list[Any] = [post_wish, get_wishes, post_withdraw, post_accept, post_decline]
