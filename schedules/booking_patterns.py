"""What comes again: an RRULE with an end or dates, from a first local day, at wall times. Pure; days are those of the room."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec

from schedules import recurrence, rrules
from schedules.errors import Malformed
from schedules.walltimes import DAY, LocalTimes

MOST = 60
"""Dates of one series."""
REACH = timedelta(days=731)
"""From the first date to the last."""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """What comes again. `rule` is an RRULE with an end, or dates; an end at or before the start is on the next day."""

    rule: str
    first_on: date
    starts: time
    ends: time


def days_of(pattern: Pattern) -> list[date]:
    """The local days that are meant, the last one included (booking-73).

    Raises Malformed for a rule without an end, with too many dates or none (booking-74), and what `recurrence.check` refuses.
    """
    rule = rrules.parse(pattern.rule)
    if rule.count is None and rule.until is None and not rule.dates:
        raise Malformed(field="rule", reason="say until when, or how many times")
    recurrence.check(rule, pattern.first_on)
    found = recurrence.dates(rule, pattern.first_on, pattern.first_on, pattern.first_on + REACH, MOST + 1)
    if len(found) > MOST:
        raise Malformed(field="rule", reason=f"at most {MOST} dates at once")
    return found


def times_on(pattern: Pattern, on: date) -> LocalTimes:
    """Start and end on the wall of a date."""
    end = on if pattern.ends > pattern.starts else on + DAY
    return LocalTimes(datetime.combine(on, pattern.starts), datetime.combine(end, pattern.ends))


def split(pattern: Pattern, at: date) -> tuple[Pattern, Pattern]:
    """The pattern up to a date that it has, and the same from that date on."""
    days = days_of(pattern)
    before = msgspec.structs.replace(pattern, rule=until(pattern.rule, at - DAY))
    after = msgspec.structs.replace(pattern, rule=_since(pattern.rule, at, days[-1]), first_on=at)
    return before, after


def _since(rule: str, first: date, last: date) -> str:
    meant = rrules.parse(rule)
    if meant.dates:
        return rrules.text(msgspec.structs.replace(meant, dates=tuple(day for day in meant.dates if day >= first)))
    return rrules.text(msgspec.structs.replace(meant, count=None, until=last))


def until(rule: str, last: date) -> str:
    """The same rule, ended on a local day."""
    meant = rrules.parse(rule)
    if meant.dates:
        return rrules.text(
            msgspec.structs.replace(meant, dates=tuple(day for day in meant.dates if day <= last) or meant.dates[:1])
        )
    return rrules.text(msgspec.structs.replace(meant, count=None, until=last))
