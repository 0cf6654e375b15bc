"""What residents use the rooms for, beside everything that is announced. Nothing here touches the database."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

import msgspec

from timebank.demo.diary import Diary, PlacedRoom
from timebank.demo.residents import People, Resident, by_community
from timebank.demo.rooms import hours_of

PURPOSES = (
    "家庭聚会",
    "孩子生日会",
    "合唱小组加练",
    "舞蹈队加练",
    "棋牌切磋",
    "读书小组",
    "业主小组讨论",
    "练毛笔字",
    "毽子队活动",
    "老同学见面",
    "亲子玩耍",
    "线上面试用房",
)
A_YEAR, AHEAD = 0.9, 0.25
"""Bookings of the past year and of the days to come, per space and fortnight and per space."""
TRIES = 40


class Wish(msgspec.Struct, frozen=True):
    """A household's use of a room, as it was asked for."""

    room: PlacedRoom
    person: Resident
    starts_at: datetime
    ends_at: datetime
    asked_at: datetime
    purpose: str
    people: int
    is_past: bool
    """Before the day of loading: somebody came."""
    is_cancelled: bool


def wishes(diary: Diary, people: People, today: date, rng: Random) -> list[Wish]:
    """In order of asking. Each household asks once, so that no quota is ever in the way."""
    rooms = list(diary.rooms.values())
    grown = [each for each in people.residents if each.age(today) >= 18 and each.phone]
    guests = by_community(grown)
    used: set[UUID] = set()
    found = []
    for first, last, count in ((-350, -1, round(len(rooms) * 26 * A_YEAR)), (1, 9, round(len(rooms) * 9 * AHEAD))):
        for _ in range(min(count, len(grown) // 4)):
            wish = _wish(diary, rng.choice(rooms), guests, used, today, (first, last), rng)
            found += [wish] if wish else []
    return sorted(found, key=lambda wish: wish.asked_at)


def _wish(
    diary: Diary,
    room: PlacedRoom,
    guests: dict[UUID, list[Resident]],
    used: set[UUID],
    today: date,
    days: tuple[int, int],
    rng: Random,
) -> Wish | None:
    hours = {day: (time.fromisoformat(opens), time.fromisoformat(closes)) for day, opens, closes in hours_of(room.room)}
    for _ in range(TRIES):
        day = today + timedelta(days=rng.randint(*days))
        person = rng.choice(guests[room.community.id])
        length = timedelta(minutes=rng.choice([minutes for minutes in (60, 90, 120, 180) if minutes <= room.room.longest]))
        if day.weekday() not in hours or person.household_id in used:
            continue
        opens, closes = (datetime.combine(day, at, diary.zone) for at in hours[day.weekday()])
        slots = int((closes - opens - length) / timedelta(minutes=30))
        starts_at = opens + timedelta(minutes=30 * rng.randint(0, slots))
        if not diary.is_free(room, starts_at, starts_at + length):
            continue
        diary.take(room, starts_at, starts_at + length)
        used.add(person.household_id)
        asked = starts_at - timedelta(days=rng.randint(1, 8), minutes=rng.randint(0, 300))
        latest = datetime.combine(today, time(0, 5), diary.zone) - timedelta(minutes=rng.randint(10, 2000))
        return Wish(
            room,
            person,
            starts_at,
            starts_at + length,
            min(asked, latest) if days[0] > 0 else asked,
            rng.choice(PURPOSES),
            rng.randint(2, room.room.seats),
            days[0] < 0,
            days[0] < 0 and rng.random() < 0.08,
        )
    return None
