"""How each kind of message to a member is put into words, in the reader's language. One table, filled by `letters/`.

The facts are what `outbox.messages` kept as JSON. Before they fill the words: of `title` and `title_en` the reader's is taken
(so with every such pair); `starts_at` and `ends_at` become `when`; every `..._at` and `..._on` is written as people read it;
all in the zone `time_zone`, which facts with instants carry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from timebank.web import formats
from timebank.web.words import Language, say

Facts = Mapping[str, Any]
Retell = Callable[[Facts, Language], dict[str, object]]
"""Further words for the text, where a fact needs more than its value; among the facts is also `clock_hours`, 12 or 24."""


class Letter(msgspec.Struct, frozen=True):
    """A message in words. `title` is one line; both are plain text."""

    title: str
    text: str


class Kind(msgspec.Struct, frozen=True):
    """What a kind of message says; `title` and `text` are message ids with `%(name)s` for facts."""

    title: str
    text: str
    retell: Retell | None = None


TABLE: dict[str, Kind] = {}
WITH_YEAR = frozenset({"valid_on"})
"""Days that lie a year or more away as a rule: without their year they read as this year's."""


def letter(kind: str, title: str, text: str, *, retell: Retell | None = None) -> None:
    """Adds a kind of message to the table."""
    TABLE[kind] = Kind(title, text, retell)


def in_points(facts: Facts, language: Language) -> dict[str, object]:
    """`amount`, as `12 points`: the fact `units`, in what `unit` or `unit_en` calls them."""
    unit = facts["unit"] if language == "zh" else facts["unit_en"]
    return {"amount": formats.amount(int(facts["units"]), unit, language)}


def read(kind: str, facts: Facts, language: Language, clock_hours: int = 24) -> Letter:
    """The message in words; `clock_hours` 12: times of day as `6:00 pm`.

    Raises KeyError for a kind that no room has written, or a fact that is missing.
    """
    row = TABLE[kind]
    values = _readable(facts, language, clock_hours)
    if row.retell:
        values |= row.retell({**facts, "clock_hours": clock_hours}, language)
    return Letter(*(_filled(say(language, text), values) for text in (row.title, row.text)))


def _filled(text: str, values: dict[str, object]) -> str:
    return text % values if values or "%(" in text else text


def _readable(facts: Facts, language: Language, hours: int) -> dict[str, object]:
    zone = str(facts.get("time_zone", "UTC"))
    found = {name: _value(name, value, zone, language, hours) for name, value in facts.items()}
    for name, value in facts.items():
        if f"{name}_en" in facts and language == "en":
            found[name] = facts[f"{name}_en"] or value
    if "starts_at" in facts and "ends_at" in facts:
        start, end = datetime.fromisoformat(facts["starts_at"]), datetime.fromisoformat(facts["ends_at"])
        found["when"] = formats.span(start, end, zone, language=language, hours=hours)
    return found


def _value(name: str, value: Any, zone: str, language: Language, hours: int) -> object:
    if value and name.endswith("_at"):
        moment = datetime.fromisoformat(value)
        return f"{formats.day(moment, zone, language=language)} {formats.clock(moment, zone, hours, language)}"
    if value and name.endswith("_on"):
        return formats.day(date.fromisoformat(value), zone, language=language, with_year=name in WITH_YEAR)
    return value
