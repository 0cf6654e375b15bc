"""Changing a booking, what that would come to, and what a booking costs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from schedules.booking_moves import Change
from schedules.bookings import Booking
from schedules.errors import Malformed
from schedules.intervals import Interval, proper
from schedules.walltimes import LocalTimes, When
from timebank.actions.rooms.booking_prices import Quote
from timebank.actions.rooms.cancel_booking import see_booking
from timebank.actions.rooms.move_booking import may_move, move_booking
from timebank.api.bookings import Aware, Local, Reason, RefusedBooking, reasons
from timebank.points import booking_costs
from timebank.points.booking_costs import Price
from timebank.web.access import signed_in
from timebank.web.request import Key, Now, Reads, Who, request_key

Text = Annotated[str, Meta(max_length=200)]


class Changing(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. Times as for a new booking: a pair with an offset, or a pair without."""

    space_id: UUID | None = None
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    starts: Local | None = None
    ends: Local | None = None
    purpose: Text | None = None
    people: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    against_rules: Text = ""
    """By staff of the room: why the rules are set aside. What occupies the room never is."""


class PriceShown(msgspec.Struct):
    """`price` is none where the booking costs nothing."""

    price: Price | None


class MoveShown(msgspec.Struct):
    """`may` is what changing would answer now; `price` is what the booking would cost then, in units of 1/100 point."""

    may: bool
    broken: list[Reason]
    alternatives: list[Interval]
    price: Quote | None


def when_of(
    starts_at: datetime | None, ends_at: datetime | None, starts: datetime | None, ends: datetime | None
) -> When | None:
    """The time that a request stands for; None where it names none. Raises Malformed for half a pair or two pairs."""
    given = [moment is not None for moment in (starts_at, ends_at, starts, ends)]
    if not any(given):
        return None
    if given == [True, True, False, False] and starts_at and ends_at and starts_at.tzinfo and ends_at.tzinfo:
        return proper(starts_at, ends_at)
    if given == [False, False, True, True] and starts and ends and not starts.tzinfo and not ends.tzinfo:
        return LocalTimes(starts, ends)
    raise Malformed(field="starts_at", reason="starts_at and ends_at with an offset, or starts and ends without one")


@put(
    "/api/v1/bookings/{booking_id:uuid}",
    guards=[signed_in],
    responses={
        409: ResponseSpec(
            RefusedBooking,
            description="Every broken rule, and times that you can have; the booking is as it was.",
            media_type="application/problem+json",
            generate_examples=False,
        )
    },
)
async def put_booking(booking_id: FromPath[UUID], data: JSONBody[Changing], caller: Who, now: Now, key: Key = None) -> Booking:
    """Another time, room, purpose or number of people, judged as though the old version were not there: all or nothing.

    A change of time or room clears the check-in, settles the difference in price, and asks for approval again where the room
    says so. By its member until the start, by staff of the room until the end.
    """
    change = Change(data.space_id, when_of(data.starts_at, data.ends_at, data.starts, data.ends), data.purpose, data.people)
    asked = request_key(caller, key, (booking_id, data), now, "change booking")
    return (await move_booking(caller, booking_id, change, now, asked, data.against_rules)).value


@get("/api/v1/bookings/{booking_id:uuid}/verdict", guards=[signed_in])
async def get_move_verdict(
    booking_id: FromPath[UUID],
    caller: Who,
    now: Now,
    language: Reads,
    space_id: FromQuery[UUID | None] = None,
    starts_at: FromQuery[datetime | None] = None,
    ends_at: FromQuery[datetime | None] = None,
    starts: FromQuery[datetime | None] = None,
    ends: FromQuery[datetime | None] = None,
    people: FromQuery[int | None] = None,
) -> MoveShown:
    """What changing the booking so would answer, and what it would cost then. Nothing is changed."""
    change = Change(space_id, when_of(starts_at, ends_at, starts, ends), None, people)
    found = await may_move(caller, booking_id, change, now)
    verdict = found.verdict
    broken = reasons(verdict.broken, language, verdict.space.time_zone)
    return MoveShown(not broken, broken, list(verdict.alternatives), found.quote)


@get("/api/v1/bookings/{booking_id:uuid}/price", guards=[signed_in])
async def get_price(booking_id: FromPath[UUID], caller: Who) -> PriceShown:
    """What the booking costs by the price list frozen into it: held, or settled with what was charged. Units of 1/100 point."""
    await see_booking(caller, booking_id)
    return PriceShown(await booking_costs.of(booking_id))


routes: list[Any] = [put_booking, get_move_verdict, get_price]
