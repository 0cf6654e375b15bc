"""Rules of recurrence as text: the RRULE of RFC 5545, as far as `recurrence` goes, and RDATE for days picked by hand. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, cast

from schedules.errors import Malformed
from schedules.recurrence import LAST, MOST_TIMES, SURE_DAYS, Frequency, Rule, Weekday, check_parts

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
RULE, DATES = "RRULE:", "RDATE;VALUE=DATE:"
LONGEST_TEXT = 16_000


def parse(text: str) -> Rule:
    """The rule that a text means.

    Raises Malformed with a plain reason: for two rules (schedule-8), parts that are not supported, an UNTIL with a time of day,
    and what `recurrence.check_parts` refuses.
    """
    if len(text) > LONGEST_TEXT:
        raise _refused("the rule is too long")
    lines = text.strip().upper().split()
    if not lines:
        raise _refused("say when it comes again, such as FREQ=WEEKLY;BYDAY=TU")
    if len(lines) > 1 or sum(line.count("FREQ=") + line.count("RDATE") for line in lines) > 1:
        raise _refused("one series has one rule; plan a second series for the other")
    line = lines[0]
    rule = _picked(line.removeprefix(DATES)) if line.startswith(DATES) else _ruled(line.removeprefix(RULE))
    check_parts(rule)
    return rule


def _refused(reason: str) -> Malformed:
    return Malformed(field="rule", reason=reason)


def _picked(text: str) -> Rule:
    days = text.split(",")
    if len(days) > MOST_TIMES:
        raise _refused(f"pick from 1 to {MOST_TIMES} days")
    return Rule(freq="DATES", dates=tuple(sorted({_day(day) for day in days})))


def _ruled(line: str) -> Rule:
    parts = _parts(line)
    freq = parts.pop("FREQ", None)
    if freq not in FREQUENCIES:
        raise _refused("FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY")
    if parts.pop("WKST", "MO") != "MO":
        raise _refused("weeks start on Monday here")
    position = parts.pop("BYSETPOS", None)
    unknown = [name for name in parts if name not in READ]
    if unknown:
        raise _refused(f"{unknown[0]} is not supported here")
    fields: dict[str, Any] = {READ[name][0]: READ[name][1](value) for name, value in parts.items()}
    if position is not None:
        fields["month_days"] = _to_last_day(position, fields.get("month_days", ()))
        fields["or_last_day"] = True
    return _settled(Rule(freq=cast("Frequency", freq), **fields))


def _parts(line: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in line.strip(";").split(";"):
        name, is_there, value = part.partition("=")
        if not is_there or not value or not re.fullmatch(r"[A-Z-]+", name):
            raise _refused("a rule is written such as FREQ=WEEKLY;BYDAY=TU")
        if name in parts:
            raise _refused(f"{name} is named twice")
        parts[name] = value
    return parts


def _settled(rule: Rule) -> Rule:
    """Every day but with weekdays is every week on these; anything wider is refused by the check."""
    if rule.freq == "DAILY" and rule.weekdays and rule.interval == 1:
        return Rule(freq="WEEKLY", weekdays=rule.weekdays, count=rule.count, until=rule.until)
    return rule


def _to_last_day(position: str, days: tuple[int, ...]) -> tuple[int, ...]:
    """`BYMONTHDAY=28,29,30;BYSETPOS=-1`, which is the 30th or the last day of a shorter month: its day."""
    if position != str(LAST) or not days or days != tuple(range(min(SURE_DAYS, days[-1]), days[-1] + 1)):
        raise _refused("BYSETPOS is not supported here, except for the last day of short months")
    return days[-1:]


def _number(text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,9}", text):
        raise _refused("INTERVAL, COUNT and BYMONTHDAY are numbers")
    return int(text)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({_number(part) for part in text.split(",")}))


def _weekdays(text: str) -> tuple[Weekday, ...]:
    return tuple(sorted({_weekday(part) for part in text.split(",")}, key=lambda one: (one.day, one.nth or 0)))


def _weekday(text: str) -> Weekday:
    found = re.fullmatch(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)", text)
    if found is None:
        raise _refused("BYDAY names weekdays such as MO, 2TU or -1FR")
    return Weekday(WEEKDAYS.index(found[2]), int(found[1]) if found[1] else None)


def _day(text: str) -> date:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise _refused("days are local days such as 20261231, without a time or zone: the last one counts in full")
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise _refused(f"{text} is not a day") from None


READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "INTERVAL": ("interval", _number),
    "BYDAY": ("weekdays", _weekdays),
    "BYMONTHDAY": ("month_days", _numbers),
    "COUNT": ("count", _number),
    "UNTIL": ("until", _day),
}


def text(rule: Rule) -> str:
    """The rule as RFC 5545 writes it; `parse` reads the same rule back. The fifth weekday is written as the last."""
    if rule.freq == "DATES":
        return DATES + ",".join(f"{day:%Y%m%d}" for day in rule.dates)
    parts = [f"FREQ={rule.freq}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    if rule.weekdays:
        parts.append("BYDAY=" + ",".join(_nth(weekday) + WEEKDAYS[weekday.day] for weekday in rule.weekdays))
    if rule.or_last_day:
        day = rule.month_days[0]
        parts.append("BYMONTHDAY=" + ",".join(map(str, range(min(SURE_DAYS, day), day + 1))) + ";BYSETPOS=-1")
    elif rule.month_days:
        parts.append("BYMONTHDAY=" + ",".join(map(str, rule.month_days)))
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.until is not None:
        parts.append(f"UNTIL={rule.until:%Y%m%d}")
    return ";".join(parts)


def _nth(weekday: Weekday) -> str:
    return "" if weekday.nth is None else str(LAST if weekday.nth == 5 else weekday.nth)
