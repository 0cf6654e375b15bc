"""What a room is at this moment, as its display shows it to everybody: no names, no purposes."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import codes, occupancy, opening, room_codes, room_doors, room_stays, spaces
from schedules.errors import NotFound
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.room_doors import Door
from schedules.room_stays import Stay
from schedules.spaces import Space
from timebank.actions.rooms.room_door import ROOM_KEY
from timebank.people import keys

AHEAD = timedelta(hours=24)
State = Literal["free", "booked", "in_use", "tidying", "closed"]


class Use(msgspec.Struct, frozen=True):
    """Something in the room. `title` is that of a session or the reason of a closure; empty for a booking or an offer."""

    kind: str
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime


class RoomNow(msgspec.Struct, frozen=True):
    """`booked`: somebody has it and has not checked in yet, until `check_in_until` (None: nobody is waited for).

    `until`: when this changes; None: not within a day. `units_free` of a room with several units, else None.
    """

    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    state: State
    until: datetime | None
    check_in_until: datetime | None
    now_there: Use | None
    next: Use | None
    units_free: int | None


class Display(msgspec.Struct, frozen=True):
    """What the tablet at the door shows during one step. `path` follows the address of this server."""

    room: RoomNow
    path: str
    typed_code: str
    changes_at: datetime


async def see_room_now(space_id: UUID, now: datetime) -> RoomNow:
    """Reads only. Raises NotFound for a room that is unknown or retired."""
    space = await spaces.one(space_id)
    if space.state != "open":
        raise NotFound(what="space")
    taken = await occupancy.read([space_id], Interval(now - timedelta(hours=1), now + AHEAD), now)
    windows = (await opening.read([space_id]))[space_id]
    return _seen(space, taken, windows, await room_stays.standing(space_id, now), now)


async def see_display(space: str, mark: str, now: datetime) -> Display:
    """For the tablet at the door. Raises NotFound for an address that staff have renewed, or that was never one."""
    space_id = room_codes.id_of(space)
    if space_id is None:
        raise NotFound(what="display")
    door, key = await room_doors.one(space_id), keys.derive(ROOM_KEY)
    if not _is_display(door, mark, key):
        raise NotFound(what="display")
    step = codes.step_of(now)
    return Display(
        room=await see_room_now(space_id, now),
        path=room_codes.changing_path(key, space_id, step),
        typed_code=codes.spaced(room_codes.typed(key, "changing", space_id, step)),
        changes_at=datetime.fromtimestamp((step + 1) * codes.STEP_SECONDS, tz=now.tzinfo),
    )


def _is_display(door: Door, mark: str, key: bytes) -> bool:
    wanted = room_codes.mark(key, "display", door.space_id, door.display_version)
    return hmac.compare_digest(wanted.encode(), mark.encode())


def _seen(space: Space, taken: Sequence[Occupied], windows: Sequence[Window], standing: Stay | None, now: datetime) -> RoomNow:
    there = [one for one in taken if one.starts_at <= now < one.ends_at]
    left = space.units - sum(one.units for one in there)
    tidying = [one for one in taken if one.ends_at <= now < one.busy_until]
    next_one = next((one for one in taken if one.starts_at > now), None)
    is_full = bool(there) if space.units == 1 else left <= 0
    state, until = _state(space, windows, is_full, there, tidying, next_one, standing, now)
    is_waited_for = state == "booked" and standing is not None and standing.is_waited_for
    return RoomNow(
        space_id=space.id,
        space=space.name,
        space_en=space.name_en,
        time_zone=space.time_zone,
        state=state,
        until=until,
        check_in_until=standing.check_in_until if is_waited_for and standing else None,
        now_there=_use(there[0]) if is_full and there else None,
        next=_use(next_one) if next_one else None,
        units_free=None if space.units == 1 else max(0, left),
    )


def _state(
    space: Space,
    windows: Sequence[Window],
    is_full: bool,
    there: Sequence[Occupied],
    tidying: Sequence[Occupied],
    next_one: Occupied | None,
    standing: Stay | None,
    now: datetime,
) -> tuple[State, datetime | None]:
    """The state, and when it changes."""
    if is_full and there:
        until = min(one.ends_at for one in there)
        if there[0].kind == "closure":
            return "closed", until
        missing = standing is not None and standing.state == "confirmed" and there[0].booking_id == standing.id
        return ("booked", until) if missing or there[0].kind in ("offer", "hold") else ("in_use", until)
    if tidying and space.units == 1:
        return "tidying", max(one.busy_until for one in tidying)
    open_times = opening.around(windows, Interval(now, now + AHEAD), space.time_zone)
    part = next((one for one in open_times if one.starts_at <= now < one.ends_at), None)
    if part is None:
        return "closed", next((one.starts_at for one in open_times if one.starts_at > now), None)
    ends = [part.ends_at] if part.ends_at < now + AHEAD else []
    return "free", min([*ends, *([next_one.starts_at] if next_one else [])], default=None)


def _use(found: Occupied) -> Use:
    return Use(found.kind, found.label, found.label_en, found.starts_at, found.ends_at)
