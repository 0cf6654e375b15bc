"""Tables that people bring along, as rows of text: CSV as any spreadsheet writes it, and XLSX. Nothing of them is ever run.

CSV is UTF-8 or UTF-16 with its mark, else UTF-8, else GB18030 as Chinese Excel writes it; commas, semicolons or tabs. Of an
XLSX the first sheet counts; formulas are read as the values that they had when the file was saved. Every bound is looked at
before the work that it bounds.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

import msgspec
from openpyxl import load_workbook

from schedules.errors import Refusal
from timebank.web.sheets import FORMULA

LARGEST = 8_000_000
"""Bytes of a file."""
UNPACKED = 120_000_000
"""Bytes of all parts of an XLSX together: a packed file may claim a thousand times its size."""
PARTS = 500
MOST_ROWS = 50_000
MOST_LINES = 200_000
"""With those that are empty."""
MOST_COLUMNS = 60
LONGEST = 5_000
"""Signs of a cell."""


class NotATable(Refusal):
    """The file is no table that we read. Facts: why, one of `kind`, `letters`, `broken`, `protected`, `old`, `empty`."""


class TableTooLarge(Refusal):
    """Facts: what (`bytes`, `rows`, `cells`), most."""


class Table(msgspec.Struct, frozen=True):
    """`heads` stand in row `head_line`; each row has its number, as a spreadsheet shows it, and its texts."""

    heads: list[str]
    rows: list[tuple[int, list[str]]]


def read(content: bytes) -> Table:
    """The first line that is not empty has the heads; empty lines are passed over. Takes a second for 20 000 rows.

    Raises NotATable, TableTooLarge.
    """
    if len(content) > LARGEST:
        raise TableTooLarge(what="bytes", most=LARGEST)
    lines = _sheet(content) if content.startswith(b"PK\x03\x04") else _csv(_text(content))
    filled = _filled(lines)
    heads = next(filled, None)
    if heads is None:
        raise NotATable(why="empty")
    rows = list(filled)
    if not rows:
        raise NotATable(why="empty")
    return Table(heads[1], rows)


def _filled(lines: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Lines that say something, with their numbers. Raises TableTooLarge."""
    found = 0
    for number, line in enumerate(lines, 1):
        if number > MOST_LINES:
            raise TableTooLarge(what="rows", most=MOST_ROWS)
        if not any(cell and not cell.isspace() for cell in line):
            continue
        found += 1
        if found > MOST_ROWS + 1:
            raise TableTooLarge(what="rows", most=MOST_ROWS)
        if any(len(cell) > LONGEST for cell in line):
            raise TableTooLarge(what="cells", most=LONGEST)
        yield number, [_cleaned(cell) for cell in line[:MOST_COLUMNS]]


def _cleaned(cell: str) -> str:
    """Without the apostrophe with which our own files keep text from becoming a formula, and without stray signs."""
    text = cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u2028\u2029\ufeff]", "", text).strip()


def _text(content: bytes) -> str:
    """Raises NotATable for what is no text, or an old workbook."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotATable(why="old")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        codecs = ["utf-16"]
    elif b"\0" in content:
        raise NotATable(why="kind")
    else:
        codecs = ["utf-8-sig", "gb18030"]
    for codec in codecs:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\0" in text or re.match(r"\s*(<[!a-zA-Z?]|%PDF|\{\\rtf)", text):
            raise NotATable(why="kind")
        return text
    raise NotATable(why="letters")


def _csv(text: str) -> Iterator[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    between = max(",;\t", key=outside.count)
    if told := re.fullmatch(r"sep=([,;\t])\s*", first):
        # What Excel writes for itself; the line stays, empty, so that every row keeps its number.
        text, between = text.replace(first, "", 1), told[1]
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=between)
    except csv.Error as error:
        raise NotATable(why="broken") from error


def _sheet(content: bytes) -> Iterator[list[str]]:
    """Rows of the first sheet. Raises NotATable, TableTooLarge, before anything is unpacked that would be too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
        if not any(part.filename == "xl/workbook.xml" for part in parts):
            raise NotATable(why="kind")
        if any(part.flag_bits & 1 for part in parts):
            raise NotATable(why="protected")
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
            raise TableTooLarge(what="bytes", most=UNPACKED)
        # openpyxl warns of extensions that it passes over; they hold no cells.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            yield from _rows(book.worksheets[0])
    except Refusal:
        raise
    except Exception as error:  # whatever a library finds wrong with a file that somebody made up
        raise NotATable(why="broken") from error


def _rows(sheet: Any) -> Iterator[list[str]]:
    # What the file says of its own size is a claim; the rows are counted as they come.
    sheet.reset_dimensions()
    for row in sheet.iter_rows(max_col=MOST_COLUMNS):
        yield [_cell(cell) for cell in row]


def _cell(cell: Any) -> str:
    """A cell as people see it, but for numbers: in full, whatever room their column leaves them."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, str(cell.number_format or ""))
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number(value: float, form: str) -> str:
    """`13800138000`, never `1.38E+10`; with the leading zeros that its format shows."""
    if value == int(value) and abs(value) < 1e17:
        return str(int(value)).zfill(len(form)) if re.fullmatch("0+", form) else str(int(value))
    return f"{value:.12g}" if abs(value) < 1e12 else repr(value)
