"""A room becomes free before its time: left early, given back, or released because nobody came.

What follows (points, who waits) stands in `booking_ends`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import bookings, room_releases
from schedules.room_releases import Freed
from schedules.room_stays import Stay
from timebank.actions.action import action
from timebank.actions.rooms import booking_ends
from timebank.actions.rooms.room_door import own
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people.callers import Caller


@action
async def leave_room(caller: Caller, booking_id: UUID, now: datetime) -> Stay:
    """Whoever is in leaves: the end moves to now, rounded up to the grid, and the rest is free (booking-98).

    Points follow the list frozen into the booking. Safe to repeat. Raises NotThere, NotFound, SignInNeeded.
    """
    await own(caller, booking_id)
    return await _follow(await room_releases.leave(booking_id, caller.member(), now), caller.member(), now)


@action
async def give_back(caller: Caller, booking_id: UUID, now: datetime) -> Stay:
    """The household says that nobody will come to what has begun: the rest is free at once, and no no-show is noted.

    Points stay as for a no-show. Safe to repeat. Raises NotThere (what has not begun is cancelled), NotFound, SignInNeeded.
    """
    await own(caller, booking_id, is_guest_enough=False)
    return await _follow(await room_releases.give_back(booking_id, caller.member(), now), caller.member(), now)


@action
async def release_room(booking_id: UUID, now: datetime) -> bool:
    """Nobody came in time: the rest is free, the no-show is noted and told, the points stay paid (booking-92, 112).

    Whether this did it: once, however often and by however many it is asked. For the job: who asks is the clock.
    """
    freed = await room_releases.release(booking_id, now)
    if freed is None:
        return False
    await _follow(freed, freed.stay.person_id, now)
    await messages.promise([_told(freed.stay)], now)
    return True


@action
async def say_coming(caller: Caller, booking_id: UUID, now: datetime) -> Stay:
    """The answer to a reminder: still coming. Safe to repeat. Raises NotThere, NotFound, SignInNeeded."""
    await own(caller, booking_id, is_guest_enough=False)
    return await room_releases.say_coming(booking_id, now)


async def _follow(freed: Freed, by: UUID, now: datetime) -> Stay:
    if freed.stay.state in ("ended_early", "released"):
        await booking_ends.follow([await bookings.one(freed.stay.id)], by, now)
    return freed.stay


def _told(stay: Stay) -> Message:
    facts = {
        "space": stay.space,
        "space_en": stay.space_en,
        "starts_at": stay.starts_at.isoformat(),
        "ends_at": stay.ends_at.isoformat(),
        "until_at": stay.check_in_until.isoformat(),
        "time_zone": stay.time_zone,
    }
    return Message(
        key=f"booking:{stay.id}:released",
        person_id=stay.person_id,
        kind="room_released",
        facts=facts,
        path=f"/me/bookings/{stay.id}",
    )
