"""Calendars of others, read as times at which somebody is busy: every date of every rule, and no word of what it is about.

The expansion is that of recurring-ical-events; a zone with a Windows name is the one that is meant. What could make the reading
endless is refused before it begins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import icalendar
import recurring_ical_events

from schedules import walltimes
from schedules.errors import Refusal
from schedules.intervals import Interval, join

LARGEST = 1_000_000
"""Bytes of a file."""
MOST_EVENTS, MOST_RULES, MOST_TIMES = 5000, 200, 1000
OLDEST = 1990
"""Rules that began before would be counted through from there."""
OFTEN = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


class NoCalendar(Refusal):
    """The file is no calendar that can be read. Facts: none."""


class CalendarTooLarge(Refusal):
    """The file holds more than a room's calendar ever would. Facts: what (bytes, events, rules, times), most."""


class RuleTooOften(Refusal):
    """A rule repeats within the day, or since long ago. Facts: title, rule."""


def busy(file: bytes, within: Interval, time_zone: str) -> list[Interval]:
    """The busy times of a file that touch `within`, joined, in order. Times without a zone, and whole days, are of `time_zone`.

    What is cancelled or marked as free leaves nobody busy (booking-125). Raises NoCalendar, CalendarTooLarge, RuleTooOften.
    """
    if len(file) > LARGEST:
        raise CalendarTooLarge(what="bytes", most=LARGEST)
    calendar = _parsed(file)
    _check(calendar)
    try:
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(within.starts_at, within.ends_at)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise NoCalendar from error
    times = join(time for event in found if _counts(event) for time in _time(event, time_zone) if time.overlaps(within))
    if len(times) > MOST_TIMES:
        raise CalendarTooLarge(what="times", most=MOST_TIMES)
    return times


def _parsed(file: bytes) -> Any:
    try:
        calendar = icalendar.Calendar.from_ical(file)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise NoCalendar from error
    if calendar.name != "VCALENDAR":
        raise NoCalendar
    return calendar


def _check(calendar: Any) -> None:
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise CalendarTooLarge(what="events", most=MOST_EVENTS)
    rules = [(event, rule) for event in events for rule in _rules(event)]
    if len(rules) > MOST_RULES:
        raise CalendarTooLarge(what="rules", most=MOST_RULES)
    for event, rule in rules:
        start = event.get("DTSTART")
        if start is None or _is_too_often(rule) or start.dt.year < OLDEST:
            raise RuleTooOften(title=str(event.get("SUMMARY", "")), rule=rule.to_ical().decode())


def _rules(event: Any) -> Sequence[Any]:
    found = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _is_too_often(rule: Any) -> bool:
    return bool(OFTEN & set(rule.get("FREQ", []))) or any(len(rule.get(part, [])) > 1 for part in WITHIN_A_DAY)


def _counts(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() != "CANCELLED" and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _time(event: Any, time_zone: str) -> Iterator[Interval]:
    """When it is; nothing for an event without a length."""
    start, end = _instant(event.start, time_zone), _instant(event.end, time_zone)
    if start < end:
        yield Interval(start, end)


def _instant(moment: date, time_zone: str) -> datetime:
    if not isinstance(moment, datetime):
        return walltimes.midnight(moment, time_zone)
    return walltimes.near(moment, time_zone) if moment.tzinfo is None else moment.astimezone(UTC)
