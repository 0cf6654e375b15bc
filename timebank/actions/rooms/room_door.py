"""At the door of a room: its code is read, the holder is checked in, and whoever is in leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import bookings, codes, room_codes, room_doors, room_releases, room_stays, sql
from schedules.errors import NotFound, Refusal
from schedules.reasons import StaleCode, UnknownPass
from schedules.room_codes import RoomCode
from schedules.room_doors import Door
from schedules.room_stays import Stay
from timebank.actions.action import action
from timebank.actions.rooms import booking_prices
from timebank.communities import tree
from timebank.people import audit, keys, limits
from timebank.people.callers import Caller, Right

ROOM_KEY = "room codes"
TRIES, WINDOW = 20, timedelta(minutes=15)
"""Typed codes that fit nothing, for one member."""

Does = Literal["check_in", "leave", "take_again"]


class Meeting(msgspec.Struct, frozen=True):
    """What a door offers to a member before the tap: `does`, with the booking it is about, or why nothing (`refusal`)."""

    door: Door
    does: Does | None
    stay: Stay | None
    refusal: Refusal | None


async def door_of(code: RoomCode | str | None, seen_at: datetime | None, now: datetime) -> Door:
    """The door whose code this is. `seen_at`: when this browser opened it while it was fresh.

    Raises UnknownPass for what is no code of ours or an old poster, StaleCode for a changing code that is out of date or for a
    poster where only the display's code is taken, NotFound.
    """
    if not isinstance(code, RoomCode):
        raise UnknownPass()
    door = await room_doors.one(code.space_id)
    key = keys.derive(ROOM_KEY)
    if code.step is None and not room_codes.fits(key, code, door.poster_version, now):
        raise UnknownPass()
    is_fresh = room_codes.fits(key, code, door.poster_version, seen_at or now)
    if not is_fresh or (code.step is None and not door.takes_poster):
        raise StaleCode()
    return door


def is_fresh(code: RoomCode | str | None, now: datetime) -> bool:
    """Whether this is a changing code of now, for which a browser gets a ticket."""
    return (
        isinstance(code, RoomCode)
        and code.step is not None
        and room_codes.fits(keys.derive(ROOM_KEY), code, poster_version=0, now=now)
    )


async def find_typed(caller: Caller, typed: str, now: datetime) -> str:
    """The path for which eight typed characters stand now. Raises UnknownPass, TooManyTries after twenty that stood for none.

    Opens no transaction: a try is spent before it is judged.
    """
    bucket = f"room:member:{caller.member()}"
    await limits.spend(bucket, TRIES, WINDOW, now)
    key, step = keys.derive(ROOM_KEY), codes.step_of(now)
    for door in await room_doors.in_use():
        path = None
        if room_codes.typed(key, "poster", door.space_id, door.poster_version) == typed:
            path = room_codes.poster_path(key, door.space_id, door.poster_version)
        for candidate in range(step - codes.OLDEST_STEP, step + codes.NEWEST_STEP + 1):
            if room_codes.typed(key, "changing", door.space_id, candidate) == typed:
                path = room_codes.changing_path(key, door.space_id, candidate)
        if path:
            await limits.give_back(bucket, WINDOW, now)
            return path
    raise UnknownPass()


async def meet(caller: Caller, code: RoomCode | str | None, seen_at: datetime | None, now: datetime) -> Meeting:
    """Looks, and changes nothing: a GET never checks anybody in. Raises SignInNeeded and what `door_of` raises."""
    door = await door_of(code, seen_at, now)
    try:
        stay = await _at(caller, door.space_id, now)
    except Refusal as refusal:
        return Meeting(door, None, None, refusal)
    if stay.state == "in_use":
        return Meeting(door, "leave", stay, None)
    return Meeting(door, "check_in" if stay.may_check_in(now) else "take_again", stay, None)


async def _at(caller: Caller, space_id: UUID, now: datetime) -> Stay:
    own = await room_stays.of_person(caller.member(), caller.household_id, space_id, now)
    return room_stays.at_door(own, await room_stays.standing(space_id, now), space_id, now)


@action
async def check_in(caller: Caller, code: RoomCode | str | None, seen_at: datetime | None, now: datetime) -> Stay:
    """The booking that the caller has at this door is in use from now. Safe to repeat.

    Raises CheckInTooEarly, CheckInTooLate (what is left may be taken again), OtherRoom, NotYourBooking, NoBookingHere, and what
    `door_of` raises.
    """
    stay = await _at(caller, (await door_of(code, seen_at, now)).space_id, now)
    return await _let_in(stay.id, caller.member(), now)


async def _let_in(booking_id: UUID, by: UUID, now: datetime) -> Stay:
    """In use, and with the first check-in what was held for it is charged; who is in already is charged nothing more."""
    stay, is_new = await room_stays.check_in(booking_id, by, now)
    if is_new:
        await booking_prices.end(await bookings.one(booking_id), by, now)
    return stay


@action
async def take_again(caller: Caller, code: RoomCode | str | None, seen_at: datetime | None, now: datetime) -> Stay:
    """The holder is at the door after all and the rest is still free: one step, and it is theirs again.

    The whole price is due again. Raises TakenMeanwhile, NotThere, InsufficientPoints, and what `check_in` raises.
    """
    stay = await _at(caller, (await door_of(code, seen_at, now)).space_id, now)
    if not stay.is_late(now):
        return await _let_in(stay.id, caller.member(), now)
    again = await room_releases.take_again(stay.id, caller.member(), now)
    await booking_prices.take_again(stay.id, caller.member(), now)
    return again


@action
async def check_in_for(caller: Caller, booking_id: UUID, now: datetime) -> Stay:
    """Staff of the room let somebody in who has no phone. Safe to repeat.

    Raises NotAllowed, NotFound, CheckInTooEarly, CheckInTooLate, NotThere.
    """
    stay = await room_stays.one(booking_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(await community_of(stay.space_id)))
    done = await _let_in(booking_id, caller.member(), now)
    await audit.write(caller.id, "booking.checked_in", f"booking:{booking_id}", now, on_behalf_of=stay.person_id)
    return done


async def community_of(space_id: UUID) -> UUID:
    return UUID(str(await sql.value("SELECT community_id FROM space WHERE id = $1", space_id)))


async def own(caller: Caller, booking_id: UUID, is_guest_enough: bool = True) -> Stay:
    """A booking of the caller's household, or one for which the holder has named the caller.

    Raises SignInNeeded, and NotFound also for somebody else's.
    """
    stay = await room_stays.one(booking_id)
    if caller.member() == stay.person_id or caller.household_id == stay.household_id:
        return stay
    if is_guest_enough and await sql.rows(
        "SELECT FROM booking_party WHERE booking_id = $1 AND person_id = $2", booking_id, caller.member()
    ):
        return stay
    raise NotFound(what="booking")
