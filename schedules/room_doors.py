"""How the door of a room works: the window for checking in, how long an offer stands, which codes are taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Meta

from schedules import sql
from schedules.errors import NotFound
from schedules.intervals import Interval

Minutes = Annotated[int, Meta(ge=0, le=1440)]


class DoorRules(msgspec.Struct, frozen=True, kw_only=True):
    """What staff of a room set about its door; the window is frozen into a booking when it is made (booking.md A12)."""

    check_in_before: Minutes = 10
    """Minutes before the start from which the holder may check in."""
    check_in_after: Annotated[int, Meta(ge=1, le=1440)] | None = 15
    """Minutes after the start, inclusive; then the rest is released. None: nobody is waited for, nothing is released."""
    offer_minutes: Annotated[int, Meta(ge=2, le=1440)] = 30
    """How long somebody who waits may think about an offer; never beyond the start."""
    no_show_days: Annotated[int, Meta(ge=0, le=3660)] = 90
    """How long a no-show counts."""
    takes_poster: bool = True
    """False: only the code that changes on the display opens the door."""

    def check_in(self, use: Interval) -> Interval | None:
        """From when until when (inclusive) somebody has to check in for a use; None where nothing is released."""
        if self.check_in_after is None:
            return None
        last = use.starts_at + timedelta(minutes=self.check_in_after)
        return Interval(use.starts_at - timedelta(minutes=self.check_in_before), min(last, use.ends_at))


class Door(DoorRules, frozen=True, kw_only=True):
    """A room's door as it stands. A version that is raised makes what was printed or opened with the one before void."""

    space_id: UUID
    space: str
    space_en: str
    time_zone: str
    state: Literal["open", "retired"]
    poster_version: int
    display_version: int


FIELDS = DoorRules.__struct_fields__
NEW = msgspec.structs.asdict(DoorRules())
DOOR = f"""
SELECT s.id AS space_id, s.name AS space, s.name_en AS space_en, s.time_zone, s.state,
       coalesce(d.poster_version, 1) AS poster_version, coalesce(d.display_version, 1) AS display_version,
       {", ".join(f"d.{name}" for name in FIELDS)}, d.space_id IS NULL AS is_new
  FROM space s LEFT JOIN room_door d ON d.space_id = s.id
"""


async def one(space_id: UUID) -> Door:
    """Raises NotFound."""
    found = await sql.row(f"{DOOR} WHERE s.id = $1", space_id)
    if found is None:
        raise NotFound(what="space")
    return _door(found)


async def in_use() -> list[Door]:
    """The doors of all rooms that can be booked."""
    return [_door(row) for row in await sql.rows(f"{DOOR} WHERE s.state = 'open'")]


def _door(row: Record) -> Door:
    fields = dict(row)
    return Door(**(fields | NEW if fields.pop("is_new") else fields))


async def change(space_id: UUID, wanted: DoorRules, by: UUID, now: datetime) -> None:
    """For bookings and offers made from now on. Safe to repeat."""
    values = msgspec.structs.astuple(wanted)
    await _write(space_id, FIELDS, values, by, now)


async def renew(space_id: UUID, what: Literal["poster", "display"], by: UUID, now: datetime) -> None:
    """Makes the poster that hangs there, or the address that the display opened, void."""
    await _write(space_id, (), (), by, now)
    await sql.rows(f"UPDATE room_door SET {what}_version = {what}_version + 1 WHERE space_id = $1", space_id)


async def _write(space_id: UUID, names: Sequence[str], values: Sequence[object], by: UUID, now: datetime) -> None:
    places = "".join(f", ${4 + number}" for number in range(len(names)))
    changed = "".join(f", {name} = excluded.{name}" for name in names)
    await sql.rows(
        f"INSERT INTO room_door (space_id, changed_by, changed_at{''.join(f', {name}' for name in names)}) "
        f"VALUES ($1, $2, $3{places}) ON CONFLICT (space_id) DO UPDATE SET changed_by = excluded.changed_by, "
        f"changed_at = excluded.changed_at{changed}",
        space_id,
        by,
        now,
        *values,
    )
