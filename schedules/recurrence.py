"""Rules by which something comes again, in local days: weekly, the nth weekday, a day of the month, days picked by hand. Pure.

A subset of RFC 5545, read and written by `rrules`. Days are wall days of one place and become instants through `walltimes`, so
18:00 stays 18:00 when the clocks change (schedule-1, 2, booking-78). A rule that passes `check` costs about a step a period.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from typing import Literal

import msgspec
from dateutil import rrule

from schedules import walltimes
from schedules.errors import Malformed

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "DATES"]
MOST_TIMES = 1000
"""Of COUNT, and of days picked by hand."""
LONGEST_YEARS = 10
"""From the first day to UNTIL, or to the last of COUNT."""
WIDEST_INTERVAL = {"DAILY": 366, "WEEKLY": 104, "MONTHLY": 24, "YEARLY": 10, "DATES": 1}
SURE_DAYS = 28
"""Every month has them."""
LAST = -1
FIFTH = 5


class NeverOccurs(Malformed):
    """The rule names no day between its first day and its end. Facts: field, reason."""


class Weekday(msgspec.Struct, frozen=True, order=True):
    """Monday is 0. With `nth`, that one of the month: 1 to 4, 5 and -1 both for the last.

    A fifth that a month does not have is its last (booking-71).
    """

    day: int
    nth: int | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """When something comes again. Without weekdays and days of the month, those of the first day.

    At most one of `count` and `until` (inclusive, a local day, booking-73); with neither it goes on. `or_last_day` gives a
    month that is too short its last day (booking-72). `dates` stand alone, with the frequency DATES.
    """

    freq: Frequency
    interval: int = 1
    weekdays: tuple[Weekday, ...] = ()
    month_days: tuple[int, ...] = ()
    or_last_day: bool = False
    count: int | None = None
    until: date | None = None
    dates: tuple[date, ...] = ()


def check(rule: Rule, first: date) -> None:
    """Raises Malformed with a plain reason for a rule that makes no sense from its first day on.

    That is NeverOccurs where no day between them fits (booking-74). Bounded work, whatever the rule.
    """
    walltimes.of_our_days(first, "first_on")
    check_parts(rule)
    _check_until(rule, first)
    if not dates(rule, first, first, _horizon(first), 1):
        raise NeverOccurs(field="rule", reason="no day between the first and the last fits this rule")
    if rule.count and len(dates(rule, first, first, _horizon(first), rule.count)) < rule.count:
        raise Malformed(field="rule", reason=f"a series reaches at most {LONGEST_YEARS} years ahead; ask for fewer times")


def check_parts(rule: Rule) -> None:
    """Raises Malformed for parts that do not go together, or are beyond what a neighbourhood plans. Without the first day."""
    widest = WIDEST_INTERVAL[rule.freq]
    is_monthly, by_ordinal = rule.freq == "MONTHLY", any(weekday.nth is not None for weekday in rule.weekdays)
    wrong = {
        f"the interval is from 1 to {widest} here": not 1 <= rule.interval <= widest,
        f"the number of times is from 1 to {MOST_TIMES}": rule.count is not None and not 1 <= rule.count <= MOST_TIMES,
        "either a number of times or a last day, not both": rule.count is not None and rule.until is not None,
        "days picked by hand stand alone": rule.freq == "DATES"
        and msgspec.structs.replace(rule, dates=()) != Rule(freq="DATES"),
        f"pick from 1 to {MOST_TIMES} days": rule.freq == "DATES" and not 1 <= len(rule.dates) <= MOST_TIMES,
        "days picked by hand stand alone, without a rule": rule.freq != "DATES" and bool(rule.dates),
        "weekdays go with weekly and monthly rules": bool(rule.weekdays) and rule.freq not in ("WEEKLY", "MONTHLY"),
        "weekdays are from Monday to Sunday": any(weekday.day not in range(7) for weekday in rule.weekdays),
        "only the first to the fifth or the last weekday of a month": any(
            weekday.nth not in (None, 1, 2, 3, 4, 5, LAST) for weekday in rule.weekdays
        ),
        "the nth weekday goes with monthly rules": by_ordinal and not is_monthly,
        "days of the month go with monthly rules": bool(rule.month_days) and not is_monthly,
        "either weekdays or days of the month": bool(rule.month_days) and bool(rule.weekdays),
        "days of the month are 1 to 31, or -1 to -28 counted from its end": any(
            not (1 <= day <= 31 or -SURE_DAYS <= day <= LAST) for day in rule.month_days
        ),
        "the last day of short months goes with one day of the month": rule.or_last_day
        and not (is_monthly and len(rule.month_days) == 1 and rule.month_days[0] > 0),
    }
    for reason, is_wrong in wrong.items():
        if is_wrong:
            raise Malformed(field="rule", reason=reason)
    for day in rule.dates:
        walltimes.of_our_days(day, "rule")


def _check_until(rule: Rule, first: date) -> None:
    last = max(rule.dates) if rule.dates else rule.until
    if last is None:
        return
    if last < first:
        raise NeverOccurs(field="rule", reason="the last day lies before the first")
    if last > _horizon(first):
        raise Malformed(field="rule", reason=f"a series reaches at most {LONGEST_YEARS} years ahead")


def _horizon(first: date) -> date:
    return first + timedelta(days=366 * LONGEST_YEARS)


def dates(rule: Rule, first: date, after: date, before: date, limit: int = MOST_TIMES) -> list[date]:
    """At most `limit` days of the rule from `after` to `before`, both included, in order; none lies before `first`.

    COUNT is counted from `first`. A rule without COUNT costs the days from `after` on, however old the series is.
    """
    before = min(before, rule.until or before)
    if before < max(after, first):
        return []
    found: Iterator[date]
    if rule.freq == "DATES":
        found = (day for day in sorted(set(rule.dates)) if day >= first)
    else:
        found = _expand(rule, first, first if rule.count else _closer(rule, first, after), before)
    wanted = (day for day in takewhile(lambda day: day <= before, found) if day >= max(after, first))
    return list(islice(wanted, limit))


def _closer(rule: Rule, first: date, after: date) -> date:
    """A later day in step with the first, from which the same days follow after `after`."""
    if after <= first:
        return first
    if rule.freq == "DAILY":
        return first + timedelta(days=(after - first).days // rule.interval * rule.interval)
    if rule.freq == "WEEKLY":
        weeks = rule.interval * 7
        return first + timedelta(days=(after - first).days // weeks * weeks)
    return first


def _expand(rule: Rule, first: date, anchor: date, before: date) -> Iterator[date]:
    days = _month_days(rule, first)
    if rule.freq == "MONTHLY" and rule.interval % 12 == 0 and days and min(days) > SURE_DAYS:
        # The same month for ever: dateutil would look for its 31st to the end of all years.
        longest = 29 if first.month == 2 else monthrange(first.year, first.month)[1]
        if min(days) > longest:
            return iter(())
    found = rrule.rrule(
        getattr(rrule, rule.freq),
        dtstart=datetime.combine(anchor, walltimes.MIDNIGHT),
        interval=rule.interval,
        count=rule.count,
        until=None if rule.count else datetime.combine(before, walltimes.MIDNIGHT),
        byweekday=[rrule.weekday(one.day, LAST if one.nth == FIFTH else one.nth) for one in rule.weekdays] or None,
        bymonthday=days or None,
        bysetpos=LAST if rule.or_last_day else None,
    )
    return (moment.date() for moment in found)


def _month_days(rule: Rule, first: date) -> list[int]:
    """Days of the month as dateutil takes them; `or_last_day` is the last of the days that the month has."""
    if rule.freq != "MONTHLY" or rule.weekdays:
        return []
    if rule.or_last_day:
        return list(range(min(SURE_DAYS, rule.month_days[0]), rule.month_days[0] + 1))
    return list(rule.month_days) or [first.day]


def skipped_months(rule: Rule, first: date, until: date) -> list[date]:
    """First days of the months from `first` to `until` that the rule would pass over because they are too short (booking-72).

    For the form, which then offers the last day instead.
    """
    days = _month_days(rule, first)
    until = min(until, rule.until or until, _horizon(first))
    if not days or rule.or_last_day or not 1 <= rule.interval <= WIDEST_INTERVAL["MONTHLY"]:
        return []
    found, month = [], first.replace(day=1)
    while month <= until:
        if all(day > monthrange(month.year, month.month)[1] for day in days):
            found.append(month)
        years, index = divmod(month.month - 1 + rule.interval, 12)
        month = date(month.year + years, index + 1, 1)
    return found
