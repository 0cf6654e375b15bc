"""What a use of a room costs: pure arithmetic on whole units of 1/100 point, by the price list of the room.

A use is counted in steps of the room's grid; each step has the price of its own start, so that a booking over the edge of peak
time pays both (booking-108, 109). Where several prices match a step, the highest holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import Malformed
from schedules.intervals import Interval
from timebank.points.rates import divided

Percent = Annotated[int, Meta(ge=0, le=100)]
WHOLE_WEEK = (0, 1, 2, 3, 4, 5, 6)


class PriceRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price at certain times. `closes` at or before `opens` is on the next day; equal: the whole day."""

    units: Annotated[int, Meta(ge=0, le=1_000_000)]
    """Of 1/100 point, for `PriceList.slot` minutes."""
    is_peak: bool = False
    weekdays: Annotated[tuple[Annotated[int, Meta(ge=0, le=6)], ...], Meta(min_length=1, max_length=7)] = WHOLE_WEEK
    """Local weekdays on which it begins; Monday is 0."""
    opens: time = walltimes.MIDNIGHT
    closes: time = walltimes.MIDNIGHT
    valid_from: date | None = None
    valid_until: date | None = None
    """Inclusive; of the day on which it begins."""


class PriceList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prices of a room and what is given back."""

    slot: Annotated[int, Meta(ge=5, le=1440)] = 30
    """Minutes for which the prices are meant."""
    rules: Annotated[tuple[PriceRule, ...], Meta(max_length=50)] = ()
    free_until: Annotated[int, Meta(ge=0, le=100_000)] = 0
    """Minutes before the start until which cancelling costs nothing."""
    late_refund: Percent = 0
    """Percent given back when it is cancelled later."""
    no_show_refund: Percent = 0
    unused_refund: Percent = 0
    """Percent of the part that was not used, after an early end."""


class Line(msgspec.Struct, frozen=True):
    """Steps of one price: `minutes` in all, `units` for `slot` minutes each, `total` units."""

    is_peak: bool
    minutes: int
    slot: int
    units: int
    total: int


class Priced(msgspec.Struct, frozen=True):
    """A time throughout which one price holds: `units` of 1/100 point for `slot` minutes; 0: it costs nothing."""

    starts_at: datetime
    ends_at: datetime
    units: int
    slot: int
    is_peak: bool


def check(prices: PriceList) -> None:
    """Raises Malformed for a season that ends before it begins."""
    for number, rule in enumerate(prices.rules, 1):
        if rule.valid_from and rule.valid_until and rule.valid_from > rule.valid_until:
            raise Malformed(field=f"rules.{number}", reason="the season ends before it begins")


def of(use: Interval, prices: PriceList, grid: int, time_zone: str, count: int = 1) -> list[Line]:
    """What a use of `count` units of a room costs, a line for each price, in order; lines that cost nothing are left out.

    A price is for `slot` minutes, whatever the grid is now: shorter steps pay their part, and each line rounds up.
    """
    minutes: dict[tuple[bool, int], int] = {}
    for start, length in _steps(use, min(grid, prices.slot)):
        rule = _rule(start, prices.rules, time_zone)
        if rule is not None and rule.units:
            key = (rule.is_peak, rule.units)
            minutes[key] = minutes.get(key, 0) + length
    return [
        Line(is_peak, length, prices.slot, units, divided(units * length, prices.slot, "up") * count)
        for (is_peak, units), length in minutes.items()
    ]


def through(times: Sequence[Interval], prices: PriceList, grid: int, time_zone: str) -> list[Priced]:
    """The price list as it holds at these times, cut where the price changes; steps as in `of`."""
    found: list[Priced] = []
    for use in times:
        for start, length in _steps(use, min(grid, prices.slot)):
            rule = _rule(start, prices.rules, time_zone) or PriceRule(units=0)
            now = Priced(start, start + timedelta(minutes=length), rule.units, prices.slot, rule.is_peak)
            last = found[-1] if found else None
            if last and (last.ends_at, last.units, last.is_peak) == (start, now.units, now.is_peak):
                found[-1] = msgspec.structs.replace(last, ends_at=now.ends_at)
            else:
                found.append(now)
    return found


def total(lines: Sequence[Line]) -> int:
    """Units of 1/100 point."""
    return sum(line.total for line in lines)


def charge(units: int, refund: int) -> int:
    """What stays charged of a price when so many percent are given back."""
    return units - units * refund // 100


def cancelled(prices: PriceList, units: int, starts_at: datetime, now: datetime) -> int:
    """What a member pays who cancels now: nothing until the deadline, then what the list keeps (booking-111)."""
    if now <= starts_at - timedelta(minutes=prices.free_until):
        return 0
    return charge(units, prices.late_refund)


def ended_early(prices: PriceList, units: int, planned: Interval, ends_at: datetime) -> int:
    """What is paid after an early end: the used part, and of the rest what the list keeps (booking-98)."""
    whole = planned.length // timedelta(minutes=1)
    unused = max(timedelta(), planned.ends_at - max(ends_at, planned.starts_at)) // timedelta(minutes=1)
    return units - units * unused * prices.unused_refund // (whole * 100)


def _steps(use: Interval, minutes: int) -> list[tuple[datetime, int]]:
    """Start and length in minutes of each step; the last may be shorter."""
    found, start, step = [], use.starts_at, timedelta(minutes=minutes)
    while start < use.ends_at:
        found.append((start, min(step, use.ends_at - start) // timedelta(minutes=1)))
        start += step
    return found


def _rule(moment: datetime, rules: Sequence[PriceRule], time_zone: str) -> PriceRule | None:
    """The dearest price that holds at an instant."""
    local = walltimes.local_of(moment, time_zone)
    return max((rule for rule in rules if _holds(rule, local)), key=lambda rule: rule.units, default=None)


def _holds(rule: PriceRule, local: datetime) -> bool:
    clock, day = local.time().replace(fold=0), local.date()
    if rule.opens < rule.closes:
        return rule.opens <= clock < rule.closes and _begins_on(rule, day)
    return (clock >= rule.opens and _begins_on(rule, day)) or (clock < rule.closes and _begins_on(rule, day - walltimes.DAY))


def _begins_on(rule: PriceRule, day: date) -> bool:
    in_season = (rule.valid_from is None or rule.valid_from <= day) and (rule.valid_until is None or day <= rule.valid_until)
    return in_season and day.weekday() in rule.weekdays
