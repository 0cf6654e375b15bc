"""What tests of rooms start from. Tests play on Friday 27 November 2026, the day after `now`, unless they name another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from schedules import new_bookings, opening, rules, spaces, sql, walltimes
from schedules.bookings import Booking, Holder
from schedules.facts import Asked, Facts, Own
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.opening import Window
from schedules.spaces import Rules, Space
from schedules.wishes import NotBookable, Wish
from tests.given import People, Person

ZONE = "Asia/Shanghai"
FRIDAY = date(2026, 11, 27)
NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
ALWAYS = [Window(weekday, time(0), time(0)) for weekday in range(7)]
DAYTIME = [Window(weekday, time(8), time(22)) for weekday in range(7)]


def at(clock: str, on: date = FRIDAY, zone: str = ZONE) -> datetime:
    """The instant of `18:00` on a day; `25:30` is half past one in the next night."""
    hours, minutes = (int(part) for part in clock.split(":"))
    return (
        walltimes.near(datetime.combine(on, time(0)), zone).astimezone(UTC)
        if hours == minutes == 0
        else _at(hours, minutes, on, zone)
    )


def _at(hours: int, minutes: int, on: date, zone: str) -> datetime:
    days, hours = divmod(hours, 24)
    return datetime.combine(date.fromordinal(on.toordinal() + days), time(hours, minutes), ZoneInfo(zone)).astimezone(UTC)


def span(text: str, on: date = FRIDAY, zone: str = ZONE) -> Interval:
    """`10:00-12:00` as an interval."""
    first, last = text.split("-")
    return Interval(at(first, on, zone), at(last, on, zone))


def space(zone: str = ZONE, **chosen: Any) -> Space:
    """A room that exists in memory only. Booked up to a year ahead unless said otherwise."""
    fields: dict[str, Any] = {"horizon": 365, "longest": 1440} | chosen
    return Space(
        id=uuid4(),
        key=1,
        community_id=uuid4(),
        name="舞蹈室",
        name_en="Dance room",
        about="",
        about_en="",
        seats=30,
        time_zone=zone,
        state="open",
        **fields,
    )


def facts(
    where: Space,
    around: Interval | None = None,
    windows: Sequence[Window] = ALWAYS,
    taken: Sequence[Occupied] = (),
    own: Sequence[Own] = (),
) -> Facts:
    """What is known about a room in memory."""
    near = around or span("00:00-24:00", FRIDAY, where.time_zone)
    return Facts(where, opening.around(windows, near, where.time_zone), taken, own)


def taken(where: Space, use: Interval, kind: Any = "booking", label: str = "") -> Occupied:
    """Something that stands there, with the room's turnaround after it."""
    pause = 0 if kind == "closure" else where.turnaround
    return Occupied(
        space_id=where.id,
        kind=kind,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        busy_until=use.ends_at + pause * (at("00:01") - at("00:00")),
        label=label,
    )


def own(use: Interval, person_id: UUID, shares_quota: bool = True, counts: bool = True) -> Own:
    """A booking of the household."""
    return Own(
        id=uuid4(),
        space_id=uuid4(),
        name="书画室",
        name_en="Study",
        person_id=person_id,
        starts_at=use.starts_at,
        ends_at=use.ends_at,
        counts=counts,
        shares_quota=shares_quota,
    )


def codes(asked: Asked, known: Facts, now: datetime = NOW) -> list[str]:
    """The codes of every broken rule."""
    return [broken.code for broken in rules.judge(asked, known, now)]


async def room(
    community_id: UUID, name: str = "舞蹈室", hours: Sequence[Window] = DAYTIME, zone: str = ZONE, **chosen: Any
) -> UUID:
    """A room in the database."""
    with_rules = Rules(**({"longest": 600} | chosen))
    return await spaces.create(
        community_id, name, 30, zone, now=NOW, name_en="Dance room" if name == "舞蹈室" else "", rules=with_rules, hours=hours
    )


def holder(person: Person) -> Holder:
    return Holder(person.id, person.household_id, person.id)


async def book(person: Person, space_id: UUID, use: Interval, now: datetime = NOW, **wish: Any) -> Booking:
    """A booking made by the rules, without the action around it."""
    return await new_bookings.book(holder(person), Wish(space_id, use, **wish), now)


async def refused(person: Person, space_id: UUID, use: Interval, **wish: Any) -> list[str]:
    """The codes with which this booking is refused."""
    with pytest.raises(NotBookable) as caught:
        await book(person, space_id, use, **wish)
    return [broken.code for broken in caught.value.broken]


async def session_in(people: People, use: Interval, title: str = "Choir") -> UUID:
    """A planned session; its room is not taken yet."""
    activity, made = uuid4(), uuid4()
    await sql.rows(
        "INSERT INTO activity (id, community_id, organiser_id, kind, is_service, title, organising_unit, person_in_charge, "
        "time_zone, state, made_at) VALUES ($1, $2, $3, 'class', false, $4, 'Choir', 'Alice', $5, 'published', $6)",
        activity,
        people.community,
        people.alice.id,
        title,
        ZONE,
        NOW,
    )
    await sql.rows(
        "INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at) "
        "VALUES ($1, $2, $3, $4, $3, $4, 'Dance room', $5)",
        made,
        activity,
        use.starts_at,
        use.ends_at,
        NOW,
    )
    return made
