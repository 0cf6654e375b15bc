"""Figures of the form of a community's rules: what was typed and what it stands for, or in words what is wrong with it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from timebank.web.words import _

Typed = dict[str, str]
"""What stands in the form, by the id of the field."""
NO_POINTS = _("Type points, with at most two decimals: 1 or 1.5.")
NO_WHOLE = _("Type a whole number.")
NO_DAYS = _("Type days from 1 to 366, five at most, with spaces between them: 30 7.")
NOT_CHOSEN = _("Choose one.")
NO_RATE = _("Write one on each line: the category, a space, and per cent up to 1000.")
TOO_LITTLE = _("That is too little.")
TOO_MUCH = _("That is too much.")
TOO_LONG = _("That is too long.")
EMPTY = _("Fill this in.")
RATE = re.compile(r"(\S.*?)[\s:：]+(\d{1,4})\s*[%％]?")


class Wrong(Exception):
    """What was typed makes no sense. `field` is the id of its field, where it is another than that of the setting."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words, field)
        self.words, self.field = words, field


def whole(field: str, typed: Typed) -> int:
    """Raises Wrong."""
    text = typed.get(field, "").strip()
    if not re.fullmatch(r"[0-9]{1,7}", text):
        raise Wrong(NO_WHOLE, field)
    return int(text)


def points(text: str) -> int:
    """`1.5` or `1,5` points as units of 1/100. Raises Wrong."""
    try:
        units = Decimal(text.strip().replace(",", ".")) * 100
    except ArithmeticError as error:
        raise Wrong(NO_POINTS) from error
    if not units.is_finite() or units < 0 or abs(units) > 10**9 or units != int(units):
        raise Wrong(NO_POINTS)
    return int(units)


def points_typed(units: int | None) -> str:
    """Units of 1/100 as they are typed; empty for none."""
    return "" if units is None else f"{Decimal(units) / 100:f}".removesuffix(".00")


def days(text: str) -> tuple[int, ...]:
    """`30 7` days before something, the longest first. Raises Wrong."""
    found = re.findall(r"[^\s,，、;；]+", text)
    if len(found) > 5 or not all(re.fullmatch(r"[0-9]{1,3}", each) and 0 < int(each) <= 366 for each in found):
        raise Wrong(NO_DAYS)
    return tuple(sorted({int(each) for each in found}, reverse=True))


def categories(text: str) -> dict[str, int]:
    """`Night care 150` on each line. Raises Wrong."""
    found: dict[str, int] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        read = RATE.fullmatch(line)
        if read is None or read[1] in found:
            raise Wrong(NO_RATE)
        found[read[1]] = int(read[2])
    return found


def fitting(name: str, kept: Any, owner: type[msgspec.Struct], field: str = "") -> Any:
    """The same value, within the bounds that the setting `name` has. Raises Wrong."""
    try:
        msgspec.convert({name: kept}, owner)
    except msgspec.ValidationError as error:
        raise Wrong(_told(str(error)), field) from error
    return kept


def _told(error: str) -> str:
    if "length <=" in error:
        return TOO_LONG
    if "length >=" in error:
        return EMPTY
    return TOO_MUCH if "<=" in error else TOO_LITTLE
