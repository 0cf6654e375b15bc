"""Where something of a given length still fits: grid times near a wish. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from schedules import walltimes
from schedules.intervals import Interval
from schedules.walltimes import DAY

Works = Callable[[Interval], bool]


def is_on_grid(moment: datetime, grid: int, time_zone: str) -> bool:
    """Whether the wall time is a multiple of `grid` minutes from midnight."""
    local = walltimes.local_of(moment, time_zone)
    return (local.hour * 60 + local.minute) % grid == 0 and not local.second and not local.microsecond


def grid_before(moment: datetime, grid: int, time_zone: str) -> datetime:
    """The grid time at or before an instant."""
    local = walltimes.local_of(moment, time_zone)
    return moment - timedelta(
        minutes=(local.hour * 60 + local.minute) % grid, seconds=local.second, microseconds=local.microsecond
    )


def grid_after(moment: datetime, grid: int, time_zone: str) -> datetime:
    """The grid time at or after an instant."""
    before = grid_before(moment, grid, time_zone)
    return before if before == moment else grid_before(before + timedelta(minutes=grid), grid, time_zone)


def grid_times(day: date, grid: int, time_zone: str) -> list[datetime]:
    """All grid times of a local day: none in the gap of a clock change, both where a wall time occurs twice."""
    first = datetime.combine(day, walltimes.MIDNIGHT)
    found = set()
    for minutes in range(0, 1440, grid):
        local = first + timedelta(minutes=minutes)
        for fold in (0, 1):
            moment = walltimes.near(local, time_zone, fold)
            if walltimes.local_of(moment, time_zone).replace(tzinfo=None, fold=0) == local:
                found.add(moment)
    return sorted(found)


def nearest(
    wanted: Interval, grid: int, time_zone: str, works: Works, length: timedelta | None = None, days: int = 7, most: int = 3
) -> list[Interval]:
    """Up to `most` times that work: of the same day, nearest first; else of the next day that has any. In order of time.

    `length` replaces the wanted length where that cannot work.
    """
    span = length or wanted.length
    first = walltimes.day_of(wanted.starts_at, time_zone)
    for number in range(days + 1):
        wish = walltimes.days_later(wanted.starts_at, number, time_zone)
        starts = sorted(grid_times(first + number * DAY, grid, time_zone), key=lambda start: abs(start - wish))
        found = _first(starts, span, works, most)
        if found:
            return sorted(found)
    return []


def _first(starts: list[datetime], span: timedelta, works: Works, most: int) -> list[Interval]:
    found: list[Interval] = []
    for start in starts:
        option = Interval(start, start + span)
        if works(option):
            found.append(option)
            if len(found) == most:
                break
    return found
