"""Calendars of others, read as times at which somebody is busy: every date of every rule, and no word of what it is about.

`read` does it in a process of its own that is ended when it takes too long: no file keeps others waiting.

The expansion is that of recurring-ical-events; a zone with a Windows name is the one that is meant. What could make the reading
endless is refused before it begins.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import icalendar
import msgspec
import recurring_ical_events

from schedules import walltimes
from schedules.errors import Refusal
from schedules.intervals import Interval, join

LARGEST = 1_000_000
"""Bytes of a file."""
PATIENCE = 10.0
"""Seconds that reading a file may take."""
MOST_EVENTS, MOST_RULES, MOST_TIMES = 5000, 200, 1000
OLDEST = 1990
"""Rules that began before would be counted through from there."""
WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
STEPS_A_YEAR = {"DAILY": 366, "WEEKLY": 53 * 7, "MONTHLY": 366, "YEARLY": 366}
"""Days that are looked at for each year of a rule."""
MOST_STEPS = 100_000
WIDEST = 1000
FINE = frozenset({"BYSETPOS", "BYYEARDAY", "BYWEEKNO", "BYEASTER"})
"""Parts of rules that no room's calendar uses, and that may match no day at all."""
UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError)


class NoCalendar(Refusal):
    """The file is no calendar that can be read. Facts: none."""


class CalendarTooLarge(Refusal):
    """The file holds more than a room's calendar ever would. Facts: what (bytes, events, rules, times), most."""


class RuleTooOften(Refusal):
    """A rule repeats within the day, or since long ago. Facts: title, rule."""


Answer = list[Interval] | dict[str, Any]
"""What the child says: the times, or the name of the refusal with its facts."""


async def read(file: bytes, within: Interval, time_zone: str) -> list[Interval]:
    """As `busy`, in a child of its own: belongs before a transaction. Raises what `busy` raises."""
    command = [sys.executable, "-m", "schedules.foreign", within.starts_at.isoformat(), within.ends_at.isoformat(), time_zone]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await child.communicate(file)
    except TimeoutError:
        raise CalendarTooLarge(what="rules", most=MOST_RULES) from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return _understood(said)


def _understood(said: bytes) -> list[Interval]:
    answer = msgspec.json.decode(said, type=Answer) if said else {"refused": NoCalendar.__name__}
    if isinstance(answer, list):
        return answer
    kinds = {kind.__name__: kind for kind in (NoCalendar, CalendarTooLarge, RuleTooOften)}
    raise kinds[answer.pop("refused")](**answer)


def main() -> int:
    """The child: the file comes in, the times or the refusal go out."""
    starts_at, ends_at, time_zone = sys.argv[1:]
    within = Interval(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    answer: Answer
    try:
        answer = busy(sys.stdin.buffer.read(), within, time_zone)
    except Refusal as refused:
        answer = {"refused": type(refused).__name__, **refused.facts}
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    return 0


def busy(file: bytes, within: Interval, time_zone: str) -> list[Interval]:
    """The busy times of a file that touch `within`, joined, in order. Times without a zone are of `time_zone`.

    What is cancelled or marked as free leaves nobody busy (booking-125). Raises NoCalendar, CalendarTooLarge, RuleTooOften.
    """
    if len(file) > LARGEST:
        raise CalendarTooLarge(what="bytes", most=LARGEST)
    if file.count(b"BEGIN:") > 2 * MOST_EVENTS:
        raise CalendarTooLarge(what="events", most=MOST_EVENTS)
    try:
        times = join(_times(file, within, time_zone))
    except UNREADABLE as error:
        raise NoCalendar from error
    if len(times) > MOST_TIMES:
        raise CalendarTooLarge(what="times", most=MOST_TIMES)
    return times


def _times(file: bytes, within: Interval, time_zone: str) -> Iterator[Interval]:
    calendar = icalendar.Calendar.from_ical(file)
    if calendar.name != "VCALENDAR":
        raise NoCalendar
    _check(calendar, within)
    found = recurring_ical_events.of(calendar, skip_bad_series=True).between(within.starts_at, within.ends_at)
    for event in found:
        if _counts(event):
            yield from (time for time in _time(event, time_zone) if time.overlaps(within))


def _check(calendar: Any, within: Interval) -> None:
    """Raises CalendarTooLarge and RuleTooOften, before anything is counted through."""
    events = calendar.walk("VEVENT")
    if len(events) > MOST_EVENTS:
        raise CalendarTooLarge(what="events", most=MOST_EVENTS)
    if sum(_listed(event, part) for event in events for part in ("RDATE", "EXDATE")) > MOST_TIMES:
        raise CalendarTooLarge(what="times", most=MOST_TIMES)
    rules = [(event, rule) for event in events for rule in _rules(event)]
    if len(rules) > MOST_RULES:
        raise CalendarTooLarge(what="rules", most=MOST_RULES)
    steps = 0
    for event, rule in rules:
        start = event["DTSTART"].dt
        if _is_too_often(rule) or start.year < OLDEST:
            raise RuleTooOften(title=str(event.get("SUMMARY", "")), rule=rule.to_ical().decode())
        steps += max(0, within.ends_at.year - start.year + 1) * STEPS_A_YEAR[rule["FREQ"][0]]
    if steps > MOST_STEPS:
        raise CalendarTooLarge(what="rules", most=MOST_RULES)


def _listed(event: Any, part: str) -> int:
    """How many days a list of days names."""
    found = event.get(part, [])
    return sum(len(each.dts) for each in (found if isinstance(found, list) else [found]))


def _rules(event: Any) -> Sequence[Any]:
    found = event.get("RRULE", [])
    return found if isinstance(found, list) else [found]


def _is_too_often(rule: Any) -> bool:
    """More than once a day, or a rule whose next date is looked for without end."""
    if rule["FREQ"][0] not in STEPS_A_YEAR or not 1 <= int(rule.get("INTERVAL", [1])[0]) <= WIDEST:
        return True
    if any(abs(int(count)) > MOST_STEPS for count in rule.get("COUNT", [])) or FINE & set(rule):
        return True
    return any(len(rule.get(part, [])) > 1 for part in WITHIN_A_DAY)


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


if __name__ == "__main__":
    sys.exit(main())
