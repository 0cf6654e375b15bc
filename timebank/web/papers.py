"""A sheet of paper as every encoder reads it: facts, then tables. Page, print, PDF and spreadsheets show the same cells."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from timebank.web import formats
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """`sheet` under its title. Columns of `minutes` hold whole minutes, which people read as hours; `figures` stand right."""

    sheet: Sheet
    minutes: frozenset[int] = frozenset()
    figures: frozenset[int] = frozenset()

    def shown(self, language: Language) -> list[list[str]]:
        """Rows and sums as text."""
        lines = self.sheet.lines[1:]
        return [[self._text(cell, column, language) for column, cell in enumerate(line)] for line in lines]

    def _text(self, cell: Cell, column: int, language: Language) -> str:
        if isinstance(cell, int) and column in self.minutes:
            return ("−" if cell < 0 else "") + formats.hours(abs(cell), language)
        return "" if cell is None else str(cell)


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """A value for each label, to be drawn; `shown` is the value as people read it. A table beside them holds the same."""

    title: str
    labels: Sequence[str]
    values: Sequence[int]
    shown: Sequence[str]


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """`facts` are labels and values; `foot` stands on every sheet.

    `lead` is said before the facts; `qr` is an address that stands beside them as a picture, with its words among the facts;
    `bars` are drawn after the tables on paper, and left out of other files; `closing` is said after them, and `signed` names
    what is filled in by hand below.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    foot: str
    bars: Sequence[Bars] = ()
    lead: str = ""
    qr: str = ""
    closing: Sequence[str] = ()
    signed: Sequence[str] = ()


def as_sheet(paper: Paper) -> Sheet:
    """All of it below each other, for a file that holds one table."""
    rows: list[Sequence[Cell]] = [[paper.lead]] if paper.lead else []
    rows += [list(fact) for fact in paper.facts]
    for table in paper.tables:
        rows += [[], [table.sheet.title], *table.sheet.lines]
    if paper.closing:
        rows += [[], *([line] for line in paper.closing)]
    return Sheet(title=paper.title, heads=[paper.title], rows=rows)
