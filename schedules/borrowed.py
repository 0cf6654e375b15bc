"""Rooms that others use by a calendar of their own: its busy times shut the room, read again they are brought up to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import closures, sql
from schedules.closures import NothingToClose
from schedules.errors import NotFound
from schedules.intervals import Interval


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar of others. `times` counts what of it is still to come."""

    id: UUID
    space_id: UUID
    name: str
    read_at: datetime
    times: int


class Reading(msgspec.Struct, frozen=True):
    """What reading a calendar changed.

    `standing` are the times in which something of ours stands: that stays, and only what is left around it is shut.
    """

    calendar_id: UUID
    shut: Sequence[Interval]
    opened: Sequence[Interval]
    standing: Sequence[Interval]
    same: int


async def of_space(space_id: UUID, now: datetime) -> list[Calendar]:
    found = await sql.rows(
        "SELECT f.id, f.space_id, f.name, f.read_at, count(c.id)::int AS times FROM foreign_calendar f "
        "LEFT JOIN closure c ON c.foreign_calendar_id = f.id AND c.ended_at IS NULL AND c.ends_at > $2 "
        "WHERE f.space_id = $1 GROUP BY f.id ORDER BY f.name",
        space_id,
        now,
    )
    return [Calendar(**dict(row)) for row in found]


async def find(calendar_id: UUID, now: datetime) -> Calendar:
    """Raises NotFound."""
    space_id = await sql.value("SELECT space_id FROM foreign_calendar WHERE id = $1", calendar_id)
    for calendar in await of_space(space_id, now) if space_id else ():
        if calendar.id == calendar_id:
            return calendar
    raise NotFound(what="calendar")


async def take(space_id: UUID, name: str, times: Sequence[Interval], by: UUID, now: datetime) -> Reading:
    """Shuts the space at these times, for the reason `name`; what an earlier reading brought and this one lacks opens again.

    Times that are over are left alone. Safe to repeat. Locks the calendar's row. Raises NotFound, Malformed, and SpaceTaken
    when somebody books in between: then try again.
    """
    # Two who read the same calendar: the second waits here and then finds what the first has done.
    calendar_id: UUID = await sql.value(
        "INSERT INTO foreign_calendar (id, space_id, name, read_at, read_by) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (space_id, name) DO UPDATE SET read_at = excluded.read_at, read_by = excluded.read_by RETURNING id",
        uuid4(),
        space_id,
        name,
        now,
        by,
    )
    before = await _standing(calendar_id, now)
    wanted = [time for time in times if time.ends_at > now]
    gone = [time for time in before if time not in wanted]
    for time in gone:
        await closures.lift(before[time], now)
    shut, standing = [], []
    for time in wanted:
        if time not in before:
            parts = await _shut(calendar_id, space_id, time, name, by, now)
            shut += [time] if parts else []
            standing += [time] if parts != [time] else []
    return Reading(calendar_id, shut, gone, standing, len(before) - len(gone))


async def _standing(calendar_id: UUID, now: datetime) -> dict[Interval, UUID]:
    found = await sql.rows(
        "SELECT id, starts_at, ends_at FROM closure WHERE foreign_calendar_id = $1 AND ended_at IS NULL AND ends_at > $2",
        calendar_id,
        now,
    )
    return {Interval(row["starts_at"], row["ends_at"]): row["id"] for row in found}


async def _shut(calendar_id: UUID, space_id: UUID, time: Interval, name: str, by: UUID, now: datetime) -> Sequence[Interval]:
    """The parts that are really shut; none where something stands there all the time."""
    try:
        closed = await closures.close(space_id, time, name, by, now, "around")
    except NothingToClose:
        return []
    await sql.rows("UPDATE closure SET foreign_calendar_id = $2 WHERE id = $1", closed.closure.id, calendar_id)
    return closed.closure.parts
