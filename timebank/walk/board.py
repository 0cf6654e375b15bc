"""The public board, as a passer-by reads it: what was given, credited and exchanged since the beginning."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from timebank.walk.people import Player

FIGURE = re.compile(r'class="figure">\s*([\d.,]+)')
SPELLED = re.compile(r"to the minute: ([^<]+)<")


class Totals(msgspec.Struct, frozen=True):
    """Minutes, people, and units of 1/100 point."""

    minutes: int
    people: int
    issued: int
    redeemed: int

    def plus(self, more: Totals) -> Totals:
        return Totals(
            *(mine + its for mine, its in zip(msgspec.structs.astuple(self), msgspec.structs.astuple(more), strict=True))
        )

    def __str__(self) -> str:
        return f"{self.minutes} min by {self.people}, {self.issued / 100:g} credited, {self.redeemed / 100:g} exchanged"


def read(passer_by: Player) -> Totals:
    """The four figures of the page."""
    page = passer_by.sees("/")
    given = page[page.index('id="gave"') :]
    _, people, issued, redeemed = (Decimal(text.replace(",", "")) for text in FIGURE.findall(given)[:4])
    spelled = SPELLED.search(given)
    found = Totals(minutes_of(spelled[1] if spelled else ""), int(people), int(issued * 100), int(redeemed * 100))
    passer_by.told.step(passer_by.name, "reads the public board", str(found))
    return found


def minutes_of(text: str) -> int:
    """`2 h 5 min` -> 125."""
    parts = dict(reversed(part) for part in re.findall(r"([\d,]+) (h|min)", text))
    return int(parts.get("h", "0").replace(",", "")) * 60 + int(parts.get("min", "0").replace(",", ""))
