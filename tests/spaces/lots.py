"""What tests of draws start from: a room, a round for two evenings, and households that enter it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from schedules import sql
from schedules.lottery_entries import Entry
from schedules.lottery_rounds import NewRound, Round
from tests.given import People, Person
from tests.spaces.rooms import NOW
from timebank.actions.rooms.lottery import enter_round, open_round

CLOSES = NOW + timedelta(days=1)
SATURDAY = date(2026, 12, 19)
"""Beyond the usual horizon of two weeks."""


def window(**chosen: Any) -> NewRound:
    """Saturday and Sunday evening, two slots each: 1 and 2, 3 and 4."""
    fields: dict[str, Any] = {
        "title": "周末黄金时段",
        "title_en": "Weekend evenings",
        "first_on": SATURDAY,
        "last_on": SATURDAY + timedelta(days=1),
        "weekdays": (5, 6),
        "starts": time(18),
        "ends": time(21),
        "minutes": 90,
        "closes_at": CLOSES,
    }
    return NewRound(**fields | chosen)


async def opened(people: People, space_id: UUID, **chosen: Any) -> Round:
    return await open_round(people.erin.caller, space_id, window(**chosen), NOW)


async def enters(person: Person, found: Round, *wishes: int) -> Entry:
    return await enter_round(person.caller, found.id, list(wishes), 2, NOW)


async def letters(kind: str) -> list[UUID]:
    rows = await sql.rows("SELECT person_id FROM message WHERE kind = $1 ORDER BY key", f"lottery.{kind}")
    return [row["person_id"] for row in rows]


def utc(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), UTC)
