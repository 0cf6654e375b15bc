"""A booking is given back by its holder, or taken back by the house."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import bookings, spaces
from schedules.bookings import Booking
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.actions.rooms import booking_ends
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right


class WhyNeeded(Malformed):
    """Others read why the house does this, so it has to be said. Facts: field, reason."""


@action
async def cancel_booking(caller: Caller, booking_id: UUID, now: datetime) -> Booking:
    """By the member whose booking it is, or who made it for them; the time is free at once. Safe to repeat.

    What it cost goes back in full until the deadline frozen into it, later as far as its price list says (booking-111).

    Raises BookingBegun, OnlyOffered, SignInNeeded, and NotFound also for a booking of somebody else: who has a room is nobody's
    business.
    """
    booking = await bookings.one(booking_id)
    if caller.member() not in (booking.person_id, booking.made_by):
        raise NotFound(what="booking")
    done = await bookings.cancel(booking_id, caller.member(), now)
    await booking_ends.follow([done], caller.member(), now)
    return done


@action
async def cancel_by_house(caller: Caller, booking_id: UUID, reason: str, now: datetime) -> Booking:
    """By staff of the room, with a reason that the holder reads; what it cost goes back in full (booking-113). Safe to repeat.

    Raises NotAllowed, NotFound, BookingBegun once it is over, OnlyOffered, and WhyNeeded without a reason.
    """
    booking = await bookings.one(booking_id)
    space = await spaces.one(booking.space_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
    if not reason.strip():
        raise WhyNeeded(field="reason", reason="say why: the person who booked will read it")
    done = await bookings.cancel(booking_id, caller.id, now, house_reason=reason.strip())
    await booking_ends.follow([done], caller.id, now)
    await audit.write(
        caller.id,
        "booking.cancelled_by_house",
        f"booking:{booking_id}",
        now,
        on_behalf_of=booking.person_id,
        reason=reason.strip(),
    )
    return done


async def see_booking(caller: Caller, booking_id: UUID) -> Booking:
    """For the household that has it, for who made it, and for staff of the room; NotFound for everybody else."""
    booking = await bookings.one(booking_id)
    if caller.member() in (booking.person_id, booking.made_by) or caller.household_id == booking.household_id:
        return booking
    if await keeps(caller, booking):
        return booking
    raise NotFound(what="booking")


async def keeps(caller: Caller, booking: Booking) -> bool:
    """Whether the caller is staff of the booking's room."""
    if not caller.may(Right.MANAGE_SPACES):
        return False
    space = await spaces.one(booking.space_id)
    return caller.may(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
