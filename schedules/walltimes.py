"""Local wall time and instants: rules speak the first, storage the second. Pure.

A wall time that a clock change skips does not exist and is refused; one that occurs twice means its first occurrence
(booking.md A13).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import msgspec

from schedules.errors import Malformed, Refusal
from schedules.intervals import Interval, NotAfterStart, proper

MIDNIGHT = time(0)
DAY = timedelta(days=1)

zone_of = cache(ZoneInfo)


class NoSuchTime(Refusal):
    """The clocks skip this local time. Facts: local (without a zone), time_zone, next_at (the instant after the gap)."""


class NotBegun(Malformed):
    """A time that lies ahead, where only what has been is told. Facts: field, reason, today."""


class LocalTimes(msgspec.Struct, frozen=True):
    """Wall times of a place, without a zone: what a person picks from a clock. Raises NotAfterStart when empty or reversed."""

    starts: datetime
    ends: datetime

    def __post_init__(self) -> None:
        if self.starts >= self.ends:
            raise NotAfterStart(field="ends", reason="the end must lie after the start")


When = Interval | LocalTimes
"""A time as it was asked for: instants, or wall times of the place."""

WIDEST = timedelta(hours=15)
"""No zone is further from UTC."""


def resolve(when: When, time_zone: str) -> Interval:
    """The instants that are meant. Raises NoSuchTime, and Malformed for an empty or reversed time (booking-10)."""
    if isinstance(when, Interval):
        return proper(when.starts_at, when.ends_at)
    return proper(instant(when.starts, time_zone), instant(when.ends, time_zone))


LARGEST = timedelta(days=100)
YEARS = range(2000, 2200)


def of_our_days(day: date, field: str = "day") -> date:
    """The same day. Raises Malformed for one that nobody means, before it is counted with."""
    if day.year not in YEARS:
        raise Malformed(field=field, reason="a day of our days")
    return day


def begun(first: date, today: date, field: str) -> date:
    """The first day of a time that is told of, once it is there. Raises NotBegun."""
    if first > today:
        raise NotBegun(field=field, reason="it has not begun", today=today)
    return first


def rough(when: When) -> Interval:
    """A time that surely contains what is meant, whatever the zone.

    Raises Malformed for an empty or reversed time, and for one that no rule could ever allow.
    """
    if isinstance(when, Interval):
        found, margin = proper(when.starts_at, when.ends_at), timedelta()
    else:
        found, margin = Interval(when.starts.replace(tzinfo=UTC), when.ends.replace(tzinfo=UTC)), WIDEST
    of_our_days(found.starts_at.date(), "starts_at")
    if found.length > LARGEST:
        raise Malformed(field="ends_at", reason="a time of at most 100 days")
    return Interval(found.starts_at - margin, found.ends_at + margin)


def instant(local: datetime, time_zone: str) -> datetime:
    """The instant of a wall time, its first occurrence. Raises NoSuchTime in the gap of a clock change."""
    found = near(local, time_zone)
    if local_of(found, time_zone).replace(tzinfo=None) != local.replace(fold=0):
        raise NoSuchTime(local=local, time_zone=time_zone, next_at=_after_gap(local, time_zone))
    return found


def near(local: datetime, time_zone: str, fold: int = 0) -> datetime:
    """The instant of a wall time; in a gap, as though the clocks had not been changed yet."""
    return local.replace(tzinfo=zone_of(time_zone), fold=fold).astimezone(UTC)


def local_of(moment: datetime, time_zone: str) -> datetime:
    """The wall time of an instant."""
    return moment.astimezone(zone_of(time_zone))


def day_of(moment: datetime, time_zone: str) -> date:
    """The local day in which an instant lies."""
    return local_of(moment, time_zone).date()


def midnight(day: date, time_zone: str) -> datetime:
    """The instant at which a local day begins; the first one that exists where clocks change at midnight."""
    return near(datetime.combine(day, MIDNIGHT), time_zone)


def days_later(moment: datetime, days: int, time_zone: str) -> datetime:
    """The same wall time some local days later."""
    return near(local_of(moment, time_zone).replace(tzinfo=None) + timedelta(days=days), time_zone)


def monday_of(day: date) -> date:
    """The first day of the week; weeks start on Monday."""
    return day - timedelta(days=day.weekday())


def _after_gap(local: datetime, time_zone: str) -> datetime:
    """The first instant whose wall time is not before the one that was skipped."""
    before, after = near(local, time_zone, fold=1), near(local, time_zone, fold=0)
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (before, middle) if local_of(middle, time_zone).replace(tzinfo=None) >= local else (middle, after)
    return after.replace(microsecond=0)
