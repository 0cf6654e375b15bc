"""Windows in which minutes earn more: nights, holidays, unpopular times. Pure: the wall's windows, in real minutes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from timebank.communities.policies import Bonus, Rules
from timebank.points import rates

DAY = timedelta(days=1)
PLAIN = 100


class Part(msgspec.Struct, frozen=True):
    """Whole minutes of a service that count `percent`; `bonus` is the window, the highest of those that overlap."""

    bonus: Bonus
    minutes: int

    @property
    def percent(self) -> int:
        return self.bonus.percent


def parts(begun_at: datetime, minutes: int, rules: Rules, zone: ZoneInfo) -> list[Part]:
    """How many of the first `minutes` after `begun_at` lie in each window: exact, and a touched edge counts nothing."""
    start = begun_at.astimezone(UTC)
    end = start + timedelta(minutes=minutes)
    windows = [
        (bonus, max(start, opens), min(end, closes))
        for bonus in rules.bonuses
        for opens, closes in _windows(bonus, start, end, zone)
    ]
    edges = sorted({start, end, *(edge for _, *both in windows for edge in both)})
    seconds: dict[Bonus, float] = {}
    for left, right in pairwise(edges):
        over = [bonus for bonus, opens, closes in windows if opens <= left and right <= closes]
        if over and left < right:
            highest = max(over, key=lambda bonus: bonus.percent)
            seconds[highest] = seconds.get(highest, 0) + (right - left).total_seconds()
    return [Part(bonus, int(length) // 60) for bonus, length in seconds.items() if length >= 60]


def units_for(begun_at: datetime, minutes: int, rules: Rules, zone: ZoneInfo, category: str = "") -> int:
    """Units of 1/100 point beyond the plain ones: exact minutes, no grain, times what the window adds (schedule-90)."""
    weight = sum(part.minutes * (part.percent - PLAIN) for part in parts(begun_at, minutes, rules, zone))
    percent = rules.category_percents.get(category, PLAIN)
    return rates.divided(weight * rules.units_per_hour * percent, 60 * PLAIN * PLAIN, rules.rounding)


def _windows(bonus: Bonus, start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The window's occurrences that overlap the time from start to end, as instants."""
    found = []
    day, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date()
    while day <= last:
        opens, closes = _on(bonus, day, zone)
        if _belongs(bonus, day) and opens < end and closes > start:
            found.append((opens, closes))
        day += DAY
    return found


def _on(bonus: Bonus, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    until = day if bonus.from_time < bonus.until_time else day + DAY
    opens, closes = datetime.combine(day, bonus.from_time, zone), datetime.combine(until, bonus.until_time, zone)
    return opens.astimezone(UTC), closes.astimezone(UTC)


def _belongs(bonus: Bonus, day: date) -> bool:
    return (not bonus.weekdays or day.weekday() in bonus.weekdays) and (not bonus.days or day in bonus.days)
