"""A rule of recurrence as a sentence that a neighbour understands, and why one was refused."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from babel.dates import format_date, get_day_names

from schedules.recurrence import FIFTH, LAST, Rule, Weekday
from timebank.web import formats
from timebank.web.formats import LOCALES
from timebank.web.words import Language, _, ngettext, numbered, say

NTH = {
    1: _("the first %(weekday)s"),
    2: _("the second %(weekday)s"),
    3: _("the third %(weekday)s"),
    4: _("the fourth %(weekday)s"),
    LAST: _("the last %(weekday)s"),
    FIFTH: _("the last %(weekday)s"),
}
EVERY = {
    "DAILY": (_("every day"), _("every %(number)s days")),
    "WEEKLY": (_("every week on %(days)s"), _("every %(number)s weeks on %(days)s")),
    "MONTHLY": (_("every month on %(days)s"), _("every %(number)s months on %(days)s")),
    "YEARLY": (_("every year on %(days)s"), _("every %(number)s years on %(days)s")),
}
TIMES_IN_ALL = numbered("number", ngettext(", once in all", ", %(number)s times in all"))
REASONS = (
    _("one series has one rule; plan a second series for the other"),
    _("say when it comes again, such as FREQ=WEEKLY;BYDAY=TU"),
    _("a rule is written such as FREQ=WEEKLY;BYDAY=TU"),
    _("FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY"),
    _("weeks start on Monday here"),
    _("BYSETPOS is not supported here, except for the last day of short months"),
    _("INTERVAL, COUNT and BYMONTHDAY are numbers"),
    _("BYDAY names weekdays such as MO, 2TU or -1FR"),
    _("days are local days such as 20261231, without a time or zone: the last one counts in full"),
    _("no day between the first and the last fits this rule"),
    _("the last day lies before the first"),
    _("a series reaches at most 10 years ahead"),
    _("a series reaches at most 10 years ahead; ask for fewer times"),
    _("either a number of times or a last day, not both"),
    _("the number of times is from 1 to 1000"),
    _("the interval is from 1 to 366 here"),
    _("the interval is from 1 to 104 here"),
    _("the interval is from 1 to 24 here"),
    _("the interval is from 1 to 10 here"),
    _("pick from 1 to 1000 days"),
    _("days of the month are 1 to 31, or -1 to -28 counted from its end"),
    _("either weekdays or days of the month"),
    _("weekdays go with weekly and monthly rules"),
    _("days of the month go with monthly rules"),
    _("the nth weekday goes with monthly rules"),
    _("only the first to the fifth or the last weekday of a month"),
    _("a day of our days"),
    _("a room or a place in words"),
    _("a session is moved to a time to come"),
    _("a session is planned for a time to come"),
    _("another week, at most a year away"),
    _("a session needs a role"),
    _("the rule is too long"),
    _("say until when, or how many times"),
    _("at most 60 dates at once"),
)
"""What rules and series are refused with, for the catalogue."""


def sentence(rule: Rule, first: date, language: Language) -> str:
    """`every 2 weeks on Tuesday and Thursday, until Thu 31 Dec 2026`."""
    if rule.freq == "DATES":
        return say(language, _("on %(days)s"), days=_joined([_day(day, language) for day in rule.dates], language))
    one, many = EVERY[rule.freq]
    text = say(language, many if rule.interval > 1 else one, number=rule.interval, days=_days(rule, first, language))
    if rule.count:
        text += say(language, TIMES_IN_ALL, number=rule.count)
    if rule.until:
        text += say(language, _(", until %(day)s"), day=_day(rule.until, language, with_year=True))
    return text


def _days(rule: Rule, first: date, language: Language) -> str:
    if rule.freq == "YEARLY":
        return str(format_date(first, "M月d日" if language == "zh" else "d MMMM", locale=LOCALES[language]))
    if rule.freq == "WEEKLY":
        return _joined([_name(one.day, language) for one in rule.weekdays or (Weekday(first.weekday()),)], language)
    if rule.weekdays:
        return _joined(
            [
                say(language, NTH[one.nth], weekday=_name(one.day, language)) if one.nth else _name(one.day, language)
                for one in rule.weekdays
            ],
            language,
        )
    return _joined([_month_day(day, rule.or_last_day, language) for day in rule.month_days or (first.day,)], language)


def _month_day(day: int, or_last_day: bool, language: Language) -> str:
    if day == LAST:
        return say(language, _("the last day"))
    if day < 0:
        return say(language, _("the %(number)s day from the end"), number=_ordinal(-day, language))
    if or_last_day:
        return say(language, _("the %(number)s (in shorter months the last day)"), number=_ordinal(day, language))
    return say(language, _("the %(number)s"), number=_ordinal(day, language))


def _ordinal(number: int, language: Language) -> str:
    """`31st` in English, the number alone in Chinese."""
    if language == "zh":
        return str(number)
    return f"{number}{'th' if number in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _name(weekday: int, language: Language) -> str:
    return str(get_day_names("abbreviated" if language == "zh" else "wide", locale=LOCALES[language])[weekday])


def weekday_names(language: Language) -> list[str]:
    """Monday to Sunday."""
    return [_name(day, language) for day in range(7)]


def _day(day: date, language: Language, with_year: bool = False) -> str:
    return formats.day(day, "UTC", language=language, with_year=with_year)


def _joined(parts: list[str], language: Language) -> str:
    if language == "zh":
        return "、".join(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def month(day: date, language: Language) -> str:
    """The month in which a day lies, with its length: `February 2027 (28 days)`."""
    last = monthrange(day.year, day.month)[1]
    return say(language, _("%(month)s (%(number)s days)"), month=formats.month(day, language), number=last)
