"""When and where what takes place: a year back, three weeks ahead, no room twice at a time. Touches no database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import msgspec

from timebank.demo.occasions import EVERYTHING, GATHERINGS, OCCASIONS, SERVICES, Occasion, RoomKind
from timebank.demo.rooms import Room
from timebank.demo.tree import Node, Size

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
PAUSE = timedelta(minutes=30)
"""Kept free around everything, so that turnaround fits in."""
TRIES = 300


class PlacedRoom(msgspec.Struct, frozen=True):
    """A room that stands in a community."""

    id: UUID
    community: Node
    room: Room


class Event(msgspec.Struct, frozen=True):
    """An activity and its sessions."""

    occasion: Occasion
    community: Node
    room: PlacedRoom | None
    starts: list[datetime]
    """Of each session, aware."""
    below: Node | None = None
    """The part of the community that it is for; none: all of it."""

    @property
    def node(self) -> Node:
        return self.below or self.community

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.occasion.minutes)

    @property
    def is_service(self) -> bool:
        return self.occasion.kind == "service"


class Diary:
    """Who has which room when, while the year is written."""

    def __init__(self, rooms: Sequence[PlacedRoom], zone: ZoneInfo, rng: Random) -> None:
        self.zone, self.rng = zone, rng
        self.rooms: dict[tuple[UUID, RoomKind], PlacedRoom] = {(each.community.id, each.room.kind): each for each in rooms}
        self.taken: dict[UUID, dict[date, list[tuple[datetime, datetime]]]] = defaultdict(lambda: defaultdict(list))

    def is_free(self, room: PlacedRoom, start: datetime, end: datetime) -> bool:
        return all(end + PAUSE <= begun or ended + PAUSE <= start for begun, ended in self.taken[room.id][start.date()])

    def take(self, room: PlacedRoom, start: datetime, end: datetime) -> None:
        self.taken[room.id][start.date()].append((start, end))

    def room_for(self, occasion: Occasion, community: Node) -> PlacedRoom | None:
        """The room of the wanted kind, else the hall; None is outdoors."""
        if not occasion.room:
            return None
        return self.rooms.get((community.id, occasion.room)) or self.rooms.get((community.id, "hall"))

    def at(self, occasion: Occasion, day: date) -> datetime:
        return datetime.combine(day, time(occasion.hour, occasion.minute), self.zone)

    def write(self, occasion: Occasion, community: Node, starts: list[datetime]) -> Event | None:
        """The event with its room taken, or None where the room is taken already."""
        event = Event(occasion, community, self.room_for(occasion, community), starts)
        if event.room is not None:
            if not all(self.is_free(event.room, start, start + event.length) for start in starts):
                return None
            for start in starts:
                self.take(event.room, start, start + event.length)
        return event


def past_year(diary: Diary, communities: Sequence[Node], size: Size, today: date) -> list[Event]:
    """As many activities and volunteer activities as the size says, over the year that ended yesterday."""
    wanted = [(SERVICES, size.services), *_kinds(size.activities)]
    found = []
    for occasions, count in wanted:
        wheel = _endless(occasions, diary.rng)
        found += [_somewhen(diary, next(wheel), communities, number, today) for number in range(count)]
    return found


def _kinds(total: int) -> list[tuple[tuple[Occasion, ...], int]]:
    """How many of each kind of gathering, adding up to `total`."""
    counts = [total * share // 100 for share, _ in GATHERINGS]
    counts[0] += total - sum(counts)
    return [(occasions, count) for (_, occasions), count in zip(GATHERINGS, counts, strict=True)]


def _endless(occasions: Sequence[Occasion], rng: Random) -> Iterator[Occasion]:
    return cycle(rng.sample(occasions, len(occasions)))


def _somewhen(diary: Diary, occasion: Occasion, communities: Sequence[Node], number: int, today: date) -> Event:
    """A day of the past year on which the occasion's season, weekday and room fit."""
    for attempt in range(TRIES):
        community = communities[(number + attempt // 20) % len(communities)]
        first = today - timedelta(days=diary.rng.randint(1, 364))
        last = first + (occasion.weeks - 1) * WEEK
        if first.weekday() not in occasion.weekdays or first.month not in occasion.months or last >= today:
            continue
        event = diary.write(occasion, community, [diary.at(occasion, first + n * WEEK) for n in range(occasion.weeks)])
        if event is not None:
            return event
    raise RuntimeError(f"no free day in a year for {occasion.title.en}")


def ahead(diary: Diary, communities: Sequence[Node], now: datetime, after: date | None = None) -> list[Event]:
    """What comes: in every community something on most days of this week and the next two, one session each.

    With `after`, only on days behind that one.
    """
    found: list[Event] = []
    today = now.astimezone(diary.zone).date()
    for community in communities:
        wheel = _endless(EVERYTHING, diary.rng)
        for day in (today + n * DAY for n in range(20)):
            if diary.rng.random() < 0.35 or (after and day <= after):
                continue
            found += _first_that_fits(diary, wheel, community, day, now)
    return found


def _first_that_fits(diary: Diary, wheel: Iterator[Occasion], community: Node, day: date, now: datetime) -> list[Event]:
    for _ in EVERYTHING:
        occasion = next(wheel)
        start = diary.at(occasion, day)
        fits = day.weekday() in occasion.weekdays and day.month in occasion.months and start > now + timedelta(hours=2)
        event = diary.write(occasion, community, [start]) if fits else None
        if event is not None:
            return [event]
    return []


def running_now(diary: Diary, communities: Sequence[Node], now: datetime) -> list[Event]:
    """What began half an hour to an hour ago and goes on for another hour at least: a service, and a class except at night."""
    local = now.astimezone(diary.zone)
    start = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0) - timedelta(minutes=30)
    is_night = not 6 <= start.hour < 21
    found = []
    for number, choice in enumerate((SERVICES, (*OCCASIONS["class"], *OCCASIONS["clinic"]))):
        season = [each for each in choice if start.weekday() in each.weekdays and start.month in each.months]
        fitting = [each for each in season if each.kind == "service" and each.hour >= 19] if is_night else season
        for occasion in sorted(fitting, key=lambda each: _apart(each, start))[:1]:
            longer = msgspec.structs.replace(occasion, minutes=max(120, occasion.minutes), weeks=1)
            event = diary.write(longer, communities[number % len(communities)], [start])
            found += [event] if event else []
    return found


def for_practice(event: Event, grid: Node | None) -> Event:
    """In the practice grid, and open to who comes without a sign-up, so that a newcomer can try both at a desk."""
    return msgspec.structs.replace(event, below=grid, occasion=msgspec.structs.replace(event.occasion, walk_ins=True))


def _apart(occasion: Occasion, start: datetime) -> int:
    """Minutes between the clock time at which the occasion usually starts and this one."""
    minutes = abs(occasion.hour * 60 + occasion.minute - start.hour * 60 - start.minute)
    return min(minutes, 1440 - minutes)


def place(rooms: Sequence[tuple[Node, Room]]) -> list[PlacedRoom]:
    return [PlacedRoom(uuid4(), community, room) for community, room in rooms]
