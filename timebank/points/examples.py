"""What rules mean, as sums that anybody can follow: the same arithmetic that pays. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from timebank.communities.policies import Bonus, Rules
from timebank.points import earning, rates

What = Literal["service", "short", "category", "overlong", "bonus", "day"]
MOST = 5
"""Categories and windows of which an example is given."""


class Example(msgspec.Struct, frozen=True):
    """`minutes` of service in a session planned for `planned_minutes`, and what it earns, in units of 1/100 point.

    `what`: a plain service, a short one, one of a `category`, one that lasts longer than planned, one in the window `bonus`,
    or all that is served on one day.
    """

    what: What
    minutes: int
    planned_minutes: int
    units: int
    category: str = ""
    bonus: Bonus | None = None


def examples(rules: Rules, categories: tuple[str, ...] = (), windows: tuple[Bonus, ...] = ()) -> list[Example]:
    """Services by these rules, outside of every window but those that are named."""
    found = [
        Example("service", 120, 120, earning.preview(120, rules)),
        Example("short", 50, 50, earning.preview(50, rules)),
        Example("overlong", 160, 120, rates.points_for(rates.earning_minutes(160, 120, rules), rules)),
        Example("day", 480, 480, min(earning.preview(480, rules), _most(rules))),
    ]
    found += [Example("category", 120, 120, earning.preview(120, rules, name), name) for name in categories[:MOST]]
    found += [Example("bonus", 60, 60, _in_window(rules, bonus), bonus=bonus) for bonus in windows[:MOST]]
    return found


def _most(rules: Rules) -> int:
    cap = rules.day_cap_units
    return cap if cap is not None else earning.preview(480, rules)


def _in_window(rules: Rules, bonus: Bonus) -> int:
    """An hour in the window, counted from its beginning on a day to which it belongs."""
    zone = ZoneInfo("UTC")
    return earning.preview(60, rules, "", datetime.combine(_day(bonus), bonus.from_time, zone), zone)


def _day(bonus: Bonus) -> date:
    days = bonus.days or tuple(date(2026, 6, 1) + timedelta(days=number) for number in range(7))
    return next((day for day in days if not bonus.weekdays or day.weekday() in bonus.weekdays), days[0])


def most_of_an_hour(rules: Rules) -> int:
    """Units of 1/100 point that an hour can earn at most: of the dearest category, in the dearest window."""
    dearest = max((rates.points_for(60, rules, name) for name in ("", *rules.category_percents)), default=0)
    return dearest * max((bonus.percent for bonus in rules.bonuses), default=100) // 100


def last_day(rules: Rules, served_on: date) -> date | None:
    """The last day on which points for service of that day can be spent; None: they do not expire."""
    ends = rates.expires_at(served_on, rules, ZoneInfo("UTC"))
    return ends.date() - timedelta(days=1) if ends else None
