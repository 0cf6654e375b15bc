"""Minutes into points, and how long those live: pure arithmetic on whole numbers, by the policy of the service day."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from timebank.communities.policies import Rules

Rounding = Literal["down", "nearest", "up"]


def points_for(minutes: int, rules: Rules, category: str = "") -> int:
    """Units of 1/100 point for whole minutes: whole grains times the hour's rate times the category's rate.

    Hours stay exact; only points have a grain (ledger-8 to ledger-10).
    """
    percent = rules.category_percents.get(category, 100)
    counted = divided(minutes, rules.grain_minutes, rules.rounding) * rules.grain_minutes
    return divided(counted * rules.units_per_hour * percent, 60 * 100, rules.rounding)


def divided(amount: int, by: int, rounding: Rounding) -> int:
    """A whole quotient of whole numbers, none below zero; halves go up where the nearest is asked for."""
    match rounding:
        case "down":
            return amount // by
        case "nearest":
            return (2 * amount + by) // (2 * by)
        case "up":
            return -(-amount // by)


def earning_minutes(minutes: int, planned_minutes: int, rules: Rules) -> int:
    """The minutes of one session that earn, after its cap (ledger-109)."""
    match rules.session_cap:
        case None:
            return minutes
        case "planned":
            return min(minutes, planned_minutes)
        case cap:
            return min(minutes, cap)


def expires_at(served_on: date, rules: Rules, zone: ZoneInfo) -> datetime | None:
    """The first instant at which points earned on that day are gone; None: never.

    The last day they live is the year's last, or n months after the service, but at least the shortest life (ledger-59). A
    month too short for the day ends on its last (ledger-60).
    """
    match rules.expiry:
        case "never":
            return None
        case "end_of_year":
            last = date(served_on.year, 12, 31)
        case months:
            last = months_after(served_on, months)
    last = max(last, served_on + timedelta(days=rules.shortest_life_days))
    return datetime.combine(last + timedelta(days=1), time(), zone)


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
