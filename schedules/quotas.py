"""Limits beside a space's own figures, and how much of a quota is used. Pure.

A quota counts bookings on the local day of their start, and minutes on the day on which they lie, so that a use over a boundary
is split there. A limit with a window (weekdays, clock, season) sees only what lies in it. Weeks start on Monday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.intervals import Interval
from schedules.walltimes import DAY

Kind = Literal["longest", "notice", "horizon", "bookings", "minutes", "at_once"]
Per = Literal["person", "household", "team"]
Period = Literal["day", "week", "month", "year", "rolling", "coming"]
Used = dict[date, int]


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One limit. Without an id it is a figure of the space itself.

    `amount` counts minutes (longest, notice, minutes), days (horizon) or bookings; None is no limit, zero is zero. `per` and
    `period` are of quotas; `days` is the length of a rolling period.
    """

    kind: Kind
    amount: int | None
    id: UUID | None = None
    group_id: UUID | None = None
    per: Per | None = None
    period: Period | None = None
    days: int | None = None
    weekdays: Sequence[int] = ()
    opens: time | None = None
    closes: time | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    name: str = ""
    name_en: str = ""

    @property
    def is_always(self) -> bool:
        return not (self.weekdays or self.opens or self.valid_from or self.valid_until)

    @property
    def shape(self) -> tuple[object, ...]:
        """What a figure for a group stands in place of."""
        return self.kind, self.per, self.period

    def holds_on(self, day: date) -> bool:
        return (
            (not self.weekdays or day.weekday() in self.weekdays)
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )

    def parts(self, use: Interval, time_zone: str) -> list[Interval]:
        """The parts of a use that lie in the window."""
        if self.is_always:
            return [use]
        day, last = walltimes.day_of(use.starts_at, time_zone) - DAY, walltimes.day_of(use.ends_at, time_zone)
        found = []
        while day <= last:
            if self.holds_on(day):
                window = self._window(day, time_zone)
                if window.overlaps(use):
                    found.append(Interval(max(window.starts_at, use.starts_at), min(window.ends_at, use.ends_at)))
            day += DAY
        return found

    def _window(self, day: date, time_zone: str) -> Interval:
        """The window of a local day; closing at or before opening it ends on the next."""
        opens, closes = self.opens or walltimes.MIDNIGHT, self.closes or walltimes.MIDNIGHT
        last = day if opens < closes else day + DAY
        first = walltimes.near(datetime.combine(day, opens), time_zone)
        return Interval(first, walltimes.near(datetime.combine(last, closes), time_zone, fold=1))


class Overdrawn(msgspec.Struct, frozen=True):
    """A quota that would be exceeded: how much is used in the period that begins on `from_on`, and when there is room again.

    `again_on` is None where the wanted use is too much by itself.
    """

    used: int
    from_on: date
    again_on: date | None


def usage(limit: Limit, uses: Iterable[Interval], time_zone: str) -> Used:
    """What uses take of a quota, by local day."""
    found: Used = {}
    for use in uses:
        parts = limit.parts(use, time_zone)
        if limit.kind == "bookings" and parts:
            day = walltimes.day_of(use.starts_at, time_zone)
            found[day] = found.get(day, 0) + 1
        elif limit.kind == "minutes":
            for part in parts:
                _add_minutes(found, part, time_zone)
    return found


def _add_minutes(found: Used, part: Interval, time_zone: str) -> None:
    begin = part.starts_at
    while begin < part.ends_at:
        day = walltimes.day_of(begin, time_zone)
        end = min(part.ends_at, walltimes.midnight(day + DAY, time_zone))
        found[day] = found.get(day, 0) + (end - begin) // timedelta(minutes=1)
        begin = end


def overdrawn(limit: Limit, used: Mapping[date, int], wanted: Mapping[date, int]) -> Overdrawn | None:
    """The first period in which the wanted use would exceed the quota. Not for what is still to come: see `rules`."""
    if limit.amount is None or not wanted:
        return None
    if limit.period == "rolling":
        return _overdrawn_rolling(limit, used, wanted)
    for first in sorted({first_of(day, limit.period) for day in wanted}):
        last = next_of(first, limit.period)
        before, asked = _within(used, first, last), _within(wanted, first, last)
        if before + asked > limit.amount:
            return Overdrawn(before, first, last if asked <= limit.amount else None)
    return None


def _overdrawn_rolling(limit: Limit, used: Mapping[date, int], wanted: Mapping[date, int]) -> Overdrawn | None:
    """No stretch of so many days that holds a wanted day may have more; the oldest uses drop out first (booking-59)."""
    length, most = timedelta(days=limit.days or 1), limit.amount or 0
    first = min(wanted) - length + DAY
    while first <= max(wanted):
        before, asked = _within(used, first, first + length), _within(wanted, first, first + length)
        if asked and before + asked > most:
            return Overdrawn(before, first, _room_again(used, first, length, most - asked) if asked <= most else None)
        first += DAY
    return None


def _room_again(used: Mapping[date, int], first: date, length: timedelta, left: int) -> date | None:
    """The day on which enough of these uses have dropped out."""
    total = _within(used, first, first + length)
    for day in sorted(day for day in used if first <= day < first + length):
        total -= used[day]
        if total <= left:
            return day + length
    return None


def left_in(limit: Limit, used: Mapping[date, int], day: date) -> int | None:
    """What is left of a quota in the period of a day, before any further use; None without a limit."""
    if limit.amount is None:
        return None
    if limit.period == "rolling":
        first = day - timedelta(days=(limit.days or 1) - 1)
        return max(0, limit.amount - _within(used, first, day + DAY))
    first = first_of(day, limit.period)
    return max(0, limit.amount - _within(used, first, next_of(first, limit.period)))


def _within(used: Mapping[date, int], first: date, last: date) -> int:
    return sum(amount for day, amount in used.items() if first <= day < last)


def first_of(day: date, period: Period | None) -> date:
    """The first day of the period of a day."""
    match period:
        case "week":
            return walltimes.monday_of(day)
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return day


def next_of(first: date, period: Period | None) -> date:
    """The first day of the period after the one that begins here."""
    match period:
        case "week":
            return first + 7 * DAY
        case "month":
            return (first + 31 * DAY).replace(day=1)
        case "year":
            return first.replace(year=first.year + 1)
        case _:
            return first + DAY
