"""What tests of series start from: a choir that comes again."""

from __future__ import annotations

from datetime import date, time
from typing import Any
from uuid import UUID

from schedules import generator, series, sessions, sql
from schedules.plans import RolePlan
from schedules.series import Template
from schedules.sessions import Session
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at

TUESDAY = date(2026, 12, 1)
"""The Tuesday after the Thursday on which tests play."""


def weekly(**changes: Any) -> Template:
    """Tuesdays from 18:00 to 19:30 in the yard, ten singers, eight weeks ahead."""
    fields: dict[str, Any] = {
        "rule": "FREQ=WEEKLY;BYDAY=TU",
        "first_on": TUESDAY,
        "starts": time(18),
        "ends": time(19, 30),
        "place": "Yard",
        "roles": (RolePlan(name="歌手", name_en="Singer", places=10),),
    }
    return Template(**(fields | changes))


async def choir(people: People, zone: str = "", **changes: Any) -> UUID:
    """A series of a published activity of Alice's that has one single session in the morning; nothing of it is made yet."""
    (single,) = await given.published(people, at(10))
    if zone:
        await sql.rows("UPDATE activity SET time_zone = $2 WHERE id = $1", single.activity_id, zone)
    wanted = weekly(**changes)
    series.check(wanted)
    return await series.create(single.activity_id, wanted, people.alice.id, people.now)


async def made(people: People, **changes: Any) -> tuple[UUID, list[Session]]:
    """The same with its sessions."""
    series_id = await choir(people, **changes)
    await generator.make(series_id, people.now)
    return series_id, await sessions.of_series(series_id, people.now)


def days_of(found: list[Session]) -> list[date]:
    return [session.original_start.date() for session in found if session.original_start]
