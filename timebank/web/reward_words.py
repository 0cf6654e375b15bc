"""Limits and windows of rewards as people read them."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from timebank.rewards.windows import Span
from timebank.web import formats
from timebank.web.words import Language, _, say

LIMITS = {
    ("person", "day"): _("At most %(units)s for each person a day"),
    ("person", "week"): _("At most %(units)s for each person a week"),
    ("person", "month"): _("At most %(units)s for each person a month"),
    ("person", "quarter"): _("At most %(units)s for each person a quarter"),
    ("person", "year"): _("At most %(units)s for each person a year"),
    ("person", "ever"): _("At most %(units)s for each person"),
    ("household", "day"): _("At most %(units)s for each household a day"),
    ("household", "week"): _("At most %(units)s for each household a week"),
    ("household", "month"): _("At most %(units)s for each household a month"),
    ("household", "quarter"): _("At most %(units)s for each household a quarter"),
    ("household", "year"): _("At most %(units)s for each household a year"),
    ("household", "ever"): _("At most %(units)s for each household"),
}
REPEATS = {
    "never": "",
    "weekly": _("every week from %(day)s on"),
    "monthly": _("every month"),
    "quarterly": _("every quarter"),
    "yearly": _("every year from %(year)s on"),
}


def limit_told(who: str, period: str, units: int, language: Language) -> str:
    """`At most 2 for each household a month`."""
    return say(language, LIMITS[who, period], units=units)


def span_told(span: Span, language: Language) -> str:
    """`Mon 5 Jan 2026 – Fri 9 Jan 2026, 09:00–17:00, every quarter`: the days are those of its first turn.

    Of a week the weekdays, of a year the days without one: `Monday – Friday, 09:00–17:00, every week from Mon 5 Jan 2026 on`.
    """
    first, last = (_day(span, day, language) for day in (span.first_on, span.last_on))
    days = first if span.first_on == span.last_on else f"{first} – {last}"
    is_whole = span.until_time is None and not (span.from_time.hour or span.from_time.minute)
    until = f"{span.until_time:%H:%M}" if span.until_time else "24:00"
    times = "" if is_whole else f"{span.from_time:%H:%M}–{until}"
    since = {"day": formats.day(span.first_on, "UTC", language=language, with_year=True), "year": span.first_on.year}
    repeats = say(language, REPEATS[span.repeats], **since) if REPEATS[span.repeats] else ""
    return ("，" if language == "zh" else ", ").join(part for part in (days, times, repeats) if part)


def _day(span: Span, on: date, language: Language) -> str:
    pattern = {"weekly": "EEEE", "yearly": formats.DAYS_OF_YEAR[language]}.get(span.repeats)
    if pattern is None:
        return formats.day(on, "UTC", language=language, with_year=True)
    return format_date(on, pattern, locale=formats.LOCALES[language])
