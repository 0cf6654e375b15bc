"""Times, points and hours as people read them, in both languages."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from timebank.web.words import Language

LOCALES: dict[Language, str] = {"zh": "zh_CN", "en": "en_GB"}
DAYS: dict[Language, str] = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
DAYS_WITH_YEAR: dict[Language, str] = {"zh": "y年M月d日 EEE", "en": "EEE d MMM y"}


def day(moment: datetime | date, zone: str, *, language: Language, with_year: bool = False) -> str:
    """`Thu 26 Nov`, `11月26日 周四`; an instant is taken in `zone`."""
    local = moment.astimezone(ZoneInfo(zone)) if isinstance(moment, datetime) else moment
    return format_date(local, (DAYS_WITH_YEAR if with_year else DAYS)[language], locale=LOCALES[language])


def clock(moment: datetime, zone: str) -> str:
    """`18:00`."""
    return moment.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def span(start: datetime, end: datetime, zone: str, *, language: Language) -> str:
    """`Thu 26 Nov, 18:00–19:30`; the second day is named where it is another."""
    comma = "" if language == "zh" else ","
    first, second = day(start, zone, language=language), day(end, zone, language=language)
    until = clock(end, zone) if first == second else f"{second}{comma} {clock(end, zone)}"
    return f"{first}{comma} {clock(start, zone)}–{until}"


def points(units: int, language: Language = "en") -> str:
    """Units of 1/100 point as a plain figure: `1.5`, `1,200`; the unit's name is the community's and stands beside it."""
    return format_decimal(Decimal(units) / 100, format="#,##0.##", locale=LOCALES[language])


def hours(minutes: int, language: Language) -> str:
    """`2 h 5 min`, `2 小时 5 分钟`; whole minutes, never rounded."""
    whole, rest = divmod(minutes, 60)
    words = ("小时", "分钟") if language == "zh" else ("h", "min")
    parts = [f"{figure} {word}" for figure, word in zip((whole, rest), words, strict=True) if figure]
    return " ".join(parts) or f"0 {words[1]}"
