"""When a space is open: weekly windows in its local time, some only for a season. A space without windows is never open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec

from schedules import sql, walltimes
from schedules.errors import Malformed
from schedules.intervals import Interval, join
from schedules.walltimes import DAY


class Window(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Open from `opens` until `closes` of a weekday (Monday is 0), local; closing at or before opening is after midnight."""

    weekday: int
    opens: time
    closes: time
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day of the season, inclusive."""
    day: date | None = None
    """On this one day instead of the weekly hours."""
    is_shut: bool = False
    """That day is not open at all."""
    reason: str = ""
    """Why that day is another; all read it."""

    def holds_on(self, day: date) -> bool:
        if self.day is not None:
            return day == self.day
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_until is None or day <= self.valid_until)
        )

    def on(self, day: date, time_zone: str) -> Interval:
        """The instants of this window when it begins on `day`; the wall times stay when clocks change (booking-82)."""
        last = day if self.opens < self.closes else day + DAY
        return Interval(
            walltimes.near(datetime.combine(day, self.opens), time_zone),
            walltimes.near(datetime.combine(last, self.closes), time_zone, fold=1),
        )


def open_times(windows: Sequence[Window], first: date, last: date, time_zone: str) -> list[Interval]:
    """All open time of the local days `first` to `last` inclusive, as few intervals: adjoining windows join.

    Includes what a window of the day before leaves after midnight, and what the last day's windows have beyond it.
    """
    return join(_each(windows, first - DAY, last, time_zone))


def around(windows: Sequence[Window], wanted: Interval, time_zone: str, days: int = 1) -> list[Interval]:
    """Open time of the local days that `wanted` touches and of some days on both sides."""
    margin = timedelta(days=days)
    first, last = walltimes.day_of(wanted.starts_at, time_zone), walltimes.day_of(wanted.ends_at, time_zone)
    return open_times(windows, first - margin, last + margin, time_zone)


def _each(windows: Sequence[Window], first: date, last: date, time_zone: str) -> Iterator[Interval]:
    special = {window.day for window in windows if window.day is not None}
    day = first
    while day <= last:
        for window in windows:
            if window.holds_on(day) and not window.is_shut and (window.day is not None or day not in special):
                yield window.on(day, time_zone)
        day += DAY


def check(windows: Iterable[Window]) -> list[Window]:
    """The windows in order. Raises Malformed for a weekday that does not exist or a season that ends before it begins."""
    for window in windows:
        if not 0 <= window.weekday <= 6:
            raise Malformed(field="weekday", reason="0 (Monday) to 6 (Sunday)")
        if window.valid_from and window.valid_until and window.valid_until < window.valid_from:
            raise Malformed(field="valid_until", reason="the season ends before it begins")
        if window.day is not None or window.is_shut:
            raise Malformed(field="day", reason="weekly hours only: single days are set one by one")
        if window.opens.tzinfo or window.closes.tzinfo:
            raise Malformed(field="opens", reason="the space's local time, without an offset")
    return sorted(windows, key=lambda window: (window.weekday, window.opens, window.closes))


async def read(space_ids: Sequence[UUID]) -> dict[UUID, list[Window]]:
    """The windows of each space, in order of weekday and time, those of single days among them."""
    found: dict[UUID, list[Window]] = {space_id: [] for space_id in space_ids}
    for row in await sql.rows(
        "SELECT space_id, weekday, opens, closes, valid_from, valid_until, day, is_shut, reason FROM opening "
        "WHERE space_id = ANY($1) ORDER BY weekday, opens",
        list(space_ids),
    ):
        found[row["space_id"]].append(Window(*row[1:]))
    return found


async def write(space_id: UUID, windows: Sequence[Window]) -> None:
    """Replaces the weekly windows of a space; single days and bookings made before stay (booking-32). Safe to repeat.

    Raises Malformed.
    """
    checked = check(windows)
    await sql.rows("DELETE FROM opening WHERE space_id = $1 AND day IS NULL", space_id)
    await sql.rows(
        "INSERT INTO opening (space_id, weekday, opens, closes, valid_from, valid_until) "
        "SELECT $1, * FROM unnest($2::int[], $3::time[], $4::time[], $5::date[], $6::date[])",
        space_id,
        [window.weekday for window in checked],
        [window.opens for window in checked],
        [window.closes for window in checked],
        [window.valid_from for window in checked],
        [window.valid_until for window in checked],
    )


async def write_day(space_id: UUID, day: date, hours: Sequence[tuple[time, time]], reason: str) -> None:
    """Other hours on one day, or none at all; the reason is read by all. Raises Malformed. Safe to repeat."""
    walltimes.of_our_days(day)
    await clear_day(space_id, day)
    await sql.rows(
        "INSERT INTO opening (space_id, weekday, opens, closes, day, is_shut, reason) "
        "SELECT $1, $2, opens, closes, $3, $6, $7 FROM unnest($4::time[], $5::time[]) AS t (opens, closes)",
        space_id,
        day.weekday(),
        day,
        [opens for opens, _ in hours] or [walltimes.MIDNIGHT],
        [closes for _, closes in hours] or [walltimes.MIDNIGHT],
        not hours,
        reason,
    )


async def clear_day(space_id: UUID, day: date) -> None:
    """That day has the weekly hours again. Safe to repeat."""
    await sql.rows("DELETE FROM opening WHERE space_id = $1 AND day = $2", space_id, day)
