"""Broken rules that were kept as JSON, told later: in a message, on the page of those who wait."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from schedules.facts import Broken
from schedules.intervals import Interval
from timebank.web import why_not
from timebank.web.words import Language

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


def told(broken: Sequence[Broken], language: Language, time_zone: str) -> str:
    """The rules as sentences, in the reader's language."""
    between = " " if language == "en" else ""
    return between.join(why_not.sentence(Broken(one.code, revived(one.data)), language, time_zone) for one in broken)


def revived(value: Any) -> Any:
    """What a fact was before it was kept: instants, days, intervals."""
    match value:
        case dict() if set(value) == {"starts_at", "ends_at"}:
            return msgspec.convert(value, Interval)
        case dict():
            return {name: revived(part) for name, part in value.items()}
        case list():
            return [revived(part) for part in value]
        case str() if INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
        case str() if DAY.fullmatch(value):
            return date.fromisoformat(value)
    return value
