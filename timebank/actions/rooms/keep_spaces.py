"""What the coordinator does about rooms: make, change, hours, close, take out of use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import closures, opening, spaces
from schedules.closures import Closed, Over
from schedules.errors import Malformed
from schedules.intervals import Interval
from schedules.opening import Window
from schedules.spaces import Rules, Space
from timebank.actions.action import action
from timebank.actions.rooms import booking_ends, room_line
from timebank.actions.rooms.cancel_booking import WhyNeeded
from timebank.communities import tree
from timebank.people import audit, groups
from timebank.people.callers import Caller, Right

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(max_length=2000)]


class SpaceNameNeeded(Malformed):
    """Facts: field, reason."""


class WrongFigure(Malformed):
    """A figure that was typed is none, or out of range. Facts: field, reason, least, most."""


class WrongTime(Malformed):
    """A day or a time that was typed is none. Facts: field, reason."""


class WrongHours(Malformed):
    """A row of hours lacks days or times, or its season ends before it begins. Facts: field, reason, row."""


class Room(Rules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A room as staff write it down: what it is, its rules, its hours."""

    name: Name
    name_en: Annotated[str, Meta(max_length=100)] = ""
    about: Text = ""
    about_en: Text = ""
    seats: Annotated[int, Meta(ge=1, le=100_000)]
    hours: Annotated[tuple[Window, ...], Meta(max_length=100)] = ()
    remind_before: Annotated[int, Meta(ge=0, le=10_080)] = 180
    """Minutes before the start in which the holder of a booking is reminded; zero: not at all."""


@action
async def create_space(caller: Caller, community_id: UUID, room: Room, now: datetime) -> UUID:
    """A new room of a community, in the community's zone. Raises NotAllowed, NotFound, NameTaken, Malformed."""
    node = await tree.node(community_id)
    caller.require(Right.MANAGE_SPACES, node.ancestor_ids)
    made = await spaces.create(
        node.id,
        _name(room),
        room.seats,
        node.time_zone,
        now=now,
        name_en=room.name_en.strip(),
        about=room.about.strip(),
        about_en=room.about_en.strip(),
        rules=spaces.rules_of(room),
        hours=room.hours,
        remind_before=room.remind_before,
    )
    await audit.write(caller.id, "space.created", f"space:{made}", now, name=room.name)
    return made


@action
async def change_space(caller: Caller, space_id: UUID, room: Room, now: datetime) -> None:
    """What it is, its rules and hours from now on; bookings that were made keep theirs. Safe to repeat.

    Raises NotAllowed, NotFound, NameTaken, Malformed.
    """
    before = await reach(caller, space_id)
    await spaces.edit(
        space_id,
        name=_name(room),
        name_en=room.name_en.strip(),
        about=room.about.strip(),
        about_en=room.about_en.strip(),
        seats=room.seats,
        rules=spaces.rules_of(room),
        now=now,
        remind_before=room.remind_before,
    )
    await spaces.set_hours(space_id, room.hours, now=now)
    old = msgspec.to_builtins(spaces.rules_of(before))
    changed = {name: value for name, value in msgspec.to_builtins(spaces.rules_of(room)).items() if value != old[name]}
    await audit.write(caller.id, "space.changed", f"space:{space_id}", now, rules=changed, hours=len(room.hours))
    await room_line.offer_freed(space_id, room_line.ahead(now), now)


@action
async def close_space(
    caller: Caller,
    space_id: UUID,
    whole: Interval,
    reason: str,
    over: Over,
    now: datetime,
    exempt_people: Sequence[UUID] = (),
    exempt_groups: Sequence[UUID] = (),
) -> Closed:
    """Shuts the room for a time; `over` says what becomes of what stands there (booking-28, 29, 30).

    Who is exempt may book in it all the same (booking-31). Raises NotAllowed, NotFound, InTheWay, NothingToClose, SpaceTaken,
    Malformed.
    """
    await reach(caller, space_id)
    if not reason.strip():
        raise WhyNeeded(field="reason", reason="say why: everybody who wants the room reads it")
    offers = await room_line.end_offers(space_id, whole, now)
    await _check_exempt(caller, exempt_people, exempt_groups)
    closed = await closures.close(
        space_id, whole, reason.strip(), caller.id, now, over, exempt_people=exempt_people, exempt_groups=exempt_groups
    )
    await booking_ends.follow(closed.cancelled, caller.id, now)
    await room_line.take_back(offers, reason.strip(), now)
    await audit.write(
        caller.id,
        "space.closed",
        f"space:{space_id}",
        now,
        closure=closed.closure.id,
        reason=reason.strip(),
        cancelled=[booking.id for booking in closed.cancelled],
    )
    return closed


async def _check_exempt(caller: Caller, people: Sequence[UUID], group_ids: Sequence[UUID]) -> None:
    """Members and groups that there are, in the caller's reach. Raises NotAllowed and NotFound."""
    for person_id in people:
        caller.require(Right.MANAGE_MEMBERS, (await tree.of_member(person_id)).ancestor_ids)
    for group_id in group_ids:
        caller.require(Right.MANAGE_SPACES, await tree.ancestors((await groups.one(group_id)).community_id))


@action
async def lift_closure(caller: Caller, closure_id: UUID, now: datetime) -> UUID:
    """Opens the room again; its id. Raises NotAllowed, NotFound. Safe to repeat."""
    space_id = await closures.space_of(closure_id)
    await reach(caller, space_id)
    await closures.lift(closure_id, now)
    await room_line.offer_freed(space_id, await closures.whole_of(closure_id), now)
    await audit.write(caller.id, "space.closure_lifted", f"space:{space_id}", now, closure=closure_id)
    return space_id


@action
async def retire_space(caller: Caller, space_id: UUID, is_retired: bool, now: datetime) -> None:
    """Takes a room out of use, or into use again; what was booked stays. Raises NotAllowed, NotFound. Safe to repeat."""
    await reach(caller, space_id)
    if await spaces.set_state(space_id, "retired" if is_retired else "open", now=now):
        await audit.write(caller.id, "space.retired" if is_retired else "space.reopened", f"space:{space_id}", now)
        await room_line.offer_freed(space_id, room_line.ahead(now), now)


async def reach(caller: Caller, space_id: UUID) -> Space:
    """A room that the caller keeps. Raises NotAllowed and NotFound."""
    space = await spaces.one(space_id)
    caller.require(Right.MANAGE_SPACES, await tree.ancestors(space.community_id))
    return space


async def hours_of(space_id: UUID) -> Sequence[Window]:
    """The windows of one room."""
    return (await opening.read([space_id]))[space_id]


def _name(room: Room) -> str:
    name = room.name.strip()
    if not name:
        raise SpaceNameNeeded(field="name", reason="a room needs a name")
    return name
