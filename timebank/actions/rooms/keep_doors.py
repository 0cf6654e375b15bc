"""What staff of a room do about its door: its rules, its codes, who did not come, who waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import room_absences, room_codes, room_doors, room_stays, room_wishes, sql
from schedules.room_absences import Absence
from schedules.room_doors import Door, DoorRules
from schedules.room_stays import Stay
from schedules.room_wishes import RoomWish
from timebank.actions.action import action
from timebank.actions.rooms.cancel_booking import WhyNeeded
from timebank.actions.rooms.keep_spaces import reach
from timebank.actions.rooms.room_door import ROOM_KEY
from timebank.people import audit, keys
from timebank.people.callers import Caller


class NamedAbsence(msgspec.Struct, frozen=True):
    name: str
    absence: Absence


class Expected(msgspec.Struct, frozen=True):
    """Who may check in now and has not."""

    name: str
    stay: Stay


class Line(msgspec.Struct, frozen=True):
    name: str
    wish: RoomWish


class KeptDoor(msgspec.Struct, frozen=True):
    """A room's door with all that its staff look after. `poster_path` and `display_path` follow the address of this server."""

    door: Door
    poster_path: str
    poster_typed: str
    display_path: str
    expected: Sequence[Expected]
    line: Sequence[Line]
    absences: Sequence[NamedAbsence]


EXPECTED = f"""{room_stays.ONE}
 WHERE b.space_id = $1 AND b.state = 'confirmed' AND b.starts_at - make_interval(mins => b.check_in_before) <= $2
   AND $2 <= check_in_until(b) AND b.ends_at > $2 ORDER BY b.starts_at, b.id"""


async def kept_door(caller: Caller, space_id: UUID, now: datetime) -> KeptDoor:
    """Raises NotAllowed and NotFound."""
    await reach(caller, space_id)
    door, key = await room_doors.one(space_id), keys.derive(ROOM_KEY)
    expected = [Stay(**dict(row)) for row in await sql.rows(EXPECTED, space_id, now)]
    absences = await room_absences.of_space(space_id)
    line = await room_wishes.of_space(space_id, now)
    people = {stay.person_id for stay in expected} | {one.person_id for one in absences} | {wish.person_id for wish in line}
    names = {row["id"]: row["name"] for row in await sql.rows("SELECT id, name FROM member WHERE id = ANY ($1)", list(people))}
    return KeptDoor(
        door=door,
        poster_path=room_codes.poster_path(key, space_id, door.poster_version),
        poster_typed=room_codes.typed(key, "poster", space_id, door.poster_version),
        display_path=room_codes.display_path(key, space_id, door.display_version),
        expected=[Expected(names[stay.person_id], stay) for stay in expected],
        line=[Line(names[wish.person_id], wish) for wish in line],
        absences=[NamedAbsence(names[one.person_id], one) for one in absences],
    )


@action
async def change_door(caller: Caller, space_id: UUID, wanted: DoorRules, now: datetime) -> Door:
    """For bookings and offers made from now on. Safe to repeat. Raises NotAllowed and NotFound."""
    await reach(caller, space_id)
    before = await room_doors.one(space_id)
    await room_doors.change(space_id, wanted, caller.member(), now)
    old = msgspec.to_builtins(before)
    changed = {name: value for name, value in msgspec.to_builtins(wanted).items() if value != old[name]}
    await audit.write(caller.id, "door.changed", f"space:{space_id}", now, rules=changed)
    return await room_doors.one(space_id)


@action
async def renew_code(caller: Caller, space_id: UUID, what: Literal["poster", "display"], now: datetime) -> Door:
    """The poster that hangs there, or the address that the display opened, opens nothing from now on.

    Raises NotAllowed and NotFound.
    """
    await reach(caller, space_id)
    await room_doors.renew(space_id, what, caller.member(), now)
    await audit.write(caller.id, "door.renewed", f"space:{space_id}", now, what=what)
    return await room_doors.one(space_id)


@action
async def forgive_absence(caller: Caller, booking_id: UUID, reason: str, now: datetime) -> Absence:
    """A no-show counts no more. Safe to repeat. Raises NotAllowed, NotFound, and WhyNeeded without a reason."""
    absence = await room_absences.one(booking_id)
    await reach(caller, absence.space_id)
    if not reason.strip():
        raise WhyNeeded(field="reason", reason="say why it does not count")
    await room_absences.forgive(booking_id, caller.member(), reason.strip(), now)
    await audit.write(caller.id, "no_show.forgiven", f"booking:{booking_id}", now, on_behalf_of=absence.person_id)
    return await room_absences.one(booking_id)
