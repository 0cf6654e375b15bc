"""The part of a form that says when something comes again: what was typed, and the rule that it means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from schedules import rrules
from schedules.errors import Malformed
from schedules.recurrence import FIFTH, LAST, Rule, Weekday
from timebank.web.words import _

NO_NUMBER = _("Type a whole number, for example 2.")
NO_DAY = _("Choose a day.")
NO_DAYS = _("Write days such as 2026-12-24, one a line.")
NO_WEEKDAY = _("Tick at least one weekday.")
LONGEST = 12_000


class RuleForm(msgspec.Struct):
    """Everything as typed. `repeats`: weekly, daily, nth (weekday of the month), monthday, dates or text (an RRULE)."""

    repeats: str = "weekly"
    every: str = "1"
    weekdays: list[str] = []
    """Monday is 0."""
    nth: str = "1"
    nth_day: str = "0"
    month_day: str = "1"
    """1 to 31, or -1 for the last."""
    short: str = ""
    """Months that are too short: last (their last day); else they are left out."""
    dates: str = ""
    text: str = ""
    ends: str = "never"
    until: str = ""
    count: str = ""


PLAIN = [name for name in RuleForm.__struct_fields__ if name != "weekdays"]


def blank(first: date) -> RuleForm:
    """Every week on the weekday of the first day, with the other choices as that day suggests them."""
    nth = min((first.day - 1) // 7 + 1, 4)
    return RuleForm(weekdays=[str(first.weekday())], nth=str(nth), nth_day=str(first.weekday()), month_day=str(first.day))


def typed(sent: Mapping[str, Any]) -> RuleForm:
    """The form as the browser sent it."""
    plain = {name: str(sent.get(name, ""))[:LONGEST] for name in PLAIN}
    return msgspec.convert(plain | {"weekdays": [str(day) for day in range(7) if f"weekday-{day}" in sent]}, RuleForm)


def of_rule(rule: Rule, first: date) -> RuleForm:
    """The form that means this rule; one that the choices cannot say stands as text."""
    form = blank(first)
    form.every, form.text = str(rule.interval), rrules.text(rule)
    form.ends = "count" if rule.count else "until" if rule.until else "never"
    form.count, form.until = str(rule.count or ""), str(rule.until or "")
    if rule.freq == "DATES":
        form.repeats, form.dates = "dates", "\n".join(str(day) for day in rule.dates)
    elif rule.freq == "DAILY":
        form.repeats = "daily"
    elif rule.freq == "WEEKLY":
        form.weekdays = [str(weekday.day) for weekday in rule.weekdays] or form.weekdays
    elif rule.freq == "MONTHLY" and len(rule.weekdays) == 1 and rule.weekdays[0].nth:
        form.repeats, form.nth_day = "nth", str(rule.weekdays[0].day)
        form.nth = str(LAST if rule.weekdays[0].nth == FIFTH else rule.weekdays[0].nth)
    elif rule.freq == "MONTHLY" and not rule.weekdays and len(rule.month_days) <= 1 and min(rule.month_days or (1,)) >= LAST:
        form.repeats, form.short = "monthday", "last" if rule.or_last_day else ""
        form.month_day = str(rule.month_days[0] if rule.month_days else first.day)
    else:
        form.repeats = "text"
    return form


def rule_of(form: RuleForm, faults: dict[str, str]) -> str:
    """The rule as text; what makes no sense is added to `faults` by the id of its field."""
    if form.repeats == "text":
        return _parsed(form.text.strip(), "text", faults)
    if form.repeats == "dates":
        return _dates(form.dates, faults)
    fields: dict[str, Any] = {"interval": _whole(form.every, "every", faults)}
    if form.repeats == "daily":
        fields["freq"] = "DAILY"
    elif form.repeats == "nth":
        weekday = Weekday(_whole(form.nth_day, "nth_day", faults), _whole(form.nth, "nth", faults))
        fields |= {"freq": "MONTHLY", "weekdays": (weekday,)}
    elif form.repeats == "monthday":
        day = _whole(form.month_day, "month_day", faults)
        or_last = form.short == "last" and day > 0
        fields |= {
            "freq": "MONTHLY",
            "month_days": (-1 if or_last and day == 31 else day,),
            "or_last_day": or_last and day < 31,
        }
    else:
        fields |= {"freq": "WEEKLY", "weekdays": tuple(Weekday(int(day)) for day in form.weekdays)}
        if not form.weekdays:
            faults["weekday-0"] = NO_WEEKDAY
    if form.ends == "count":
        fields["count"] = _whole(form.count, "count", faults)
    elif form.ends == "until":
        fields["until"] = _day(form.until, "until", faults)
    return "" if faults else _parsed(rrules.text(Rule(**fields)), "every", faults)


def _parsed(text: str, field: str, faults: dict[str, str]) -> str:
    try:
        return rrules.text(rrules.parse(text))
    except Malformed as wrong:
        faults[field] = wrong.reason
        return ""


def _dates(text: str, faults: dict[str, str]) -> str:
    days: list[date] = []
    for part in re.split(r"[\s,，、;]+", text.strip()):
        try:
            days.append(date.fromisoformat(part))
        except ValueError:
            faults["dates"] = NO_DAYS
            return ""
    return _parsed(rrules.text(Rule(freq="DATES", dates=tuple(sorted(set(days))))), "dates", faults)


def _whole(text: str, field: str, faults: dict[str, str]) -> int:
    if not re.fullmatch(r"-?\d{1,6}", text.strip(), re.ASCII):
        faults[field] = NO_NUMBER
        return 1
    return int(text)


def _day(text: str, field: str, faults: dict[str, str]) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        faults[field] = NO_DAY
        return None
