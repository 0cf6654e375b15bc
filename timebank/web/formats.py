"""Times, points and hours as people read them, in both languages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from timebank.web.words import Language, catalogue, ngettext

LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en_GB"}
DAYS: dict[Language, str] = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
HALF_DAYS: dict[Language, str] = {"zh": "ah:mm", "en": "h:mm a"}
DAYS_WITH_YEAR: dict[Language, str] = {"zh": "y年M月d日 EEE", "en": "EEE d MMM y"}
MONTHS: dict[Language, str] = {"zh": "y年M月", "en": "MMMM y"}
DAYS_OF_YEAR: dict[Language, str] = {"zh": "M月d日", "en": "d MMM"}

ONE = 100
"""Units of one point."""
POINTS = ngettext("%(points)s point", "%(points)s points")


def day(moment: datetime | date, zone: str, *, language: Language, with_year: bool = False) -> str:
    """`Thu 26 Nov`, `11月26日 周四`; an instant is taken in `zone`."""
    local = moment.astimezone(ZoneInfo(zone)) if isinstance(moment, datetime) else moment
    return format_date(local, (DAYS_WITH_YEAR if with_year else DAYS)[language], locale=LOCALES[language])


def month(on: date, language: Language) -> str:
    """The month in which a day lies: `February 2027`, `2027年2月`."""
    return format_date(on, MONTHS[language], locale=LOCALES[language])


def clock(moment: datetime, zone: str, hours: int = 24, language: Language = "en") -> str:
    """`18:00`; of twelve hours `6:00 pm`, `下午6:00`."""
    local = moment.astimezone(ZoneInfo(zone))
    if hours == 24:
        return f"{local.hour:02}:{local.minute:02}"
    return format_time(local, HALF_DAYS[language], locale=LOCALES[language])


def span(start: datetime, end: datetime, zone: str, *, language: Language, hours: int = 24) -> str:
    """`Thu 26 Nov, 18:00–19:30`; the second day is named where it is another."""
    comma = "" if language == "zh" else ","
    first, second = day(start, zone, language=language), day(end, zone, language=language)
    begins, ends = (clock(moment, zone, hours, language) for moment in (start, end))
    until = ends if first == second else f"{second}{comma} {ends}"
    return f"{first}{comma} {begins}–{until}"


def points(units: int, language: Language = "en") -> str:
    """Units of 1/100 point as a plain figure: `1.5`, `1,200`; the unit's name is the community's and stands beside it."""
    return format_decimal(Decimal(units) / 100, format="#,##0.##", locale=LOCALES[language])


def unit_of(units: int, unit: str, language: Language) -> str:
    """The community's name for points beside this figure: of one, English leaves out the s."""
    return unit.removesuffix("s") if language == "en" and units == ONE else unit


def amount(units: int, unit: str, language: Language) -> str:
    """`12.5 points`, `1 point`, `12.5 积分`."""
    return f"{points(units, language)} {unit_of(units, unit, language)}"


def counted(unit: tuple[str, str], count: int, language: Language) -> str:
    """A count with its unit, one or many."""
    return str(catalogue(language).ngettext(*unit, count)) % {"count": f"{count:,}"}


def in_points(units: int, language: Language) -> str:
    """The same where it is not asked what the community calls them."""
    return str(catalogue(language).ngettext(*POINTS, 1 if units == ONE else 2)) % {"points": points(units, language)}


def hours(minutes: int, language: Language) -> str:
    """`2 h 5 min`, `2 小时 5 分钟`; whole minutes, never rounded."""
    whole, rest = divmod(minutes, 60)
    words = ("小时", "分钟") if language == "zh" else ("h", "min")
    parts = [f"{figure} {word}" for figure, word in zip((whole, rest), words, strict=True) if figure]
    return " ".join(parts) or f"0 {words[1]}"
