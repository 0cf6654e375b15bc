"""Rows as files that spreadsheets open: CSV, XLSX, ODS. Nothing that somebody typed becomes a formula (schedule-100)."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import msgspec
import xlsxwriter
from litestar import Response

from schedules.errors import NotFound

Cell = str | int | None
"""Text or a whole number; None is an empty cell."""
Format = Literal["csv", "xlsx", "ods"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Signs with which a spreadsheet takes text for a formula; the wide ones are what Chinese keyboards write."""
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
WIDEST = 40


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A table with its heads; `sums` is the last line, None where nothing is summed."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    sums: Sequence[Cell] | None = None

    @property
    def lines(self) -> list[Sequence[Cell]]:
        """Heads, rows and sums as they stand below each other."""
        return [self.heads, *self.rows, *([self.sums] if self.sums is not None else [])]


def to_csv(sheet: Sheet) -> bytes:
    """UTF-8 with the mark by which Excel knows it. Text that looks like a formula gets an apostrophe, as one types it."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerows([[as_text(cell) for cell in line] for line in sheet.lines])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def as_text(cell: Cell) -> Cell:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def to_xlsx(sheet: Sheet) -> bytes:
    """One worksheet; the heads stay in sight."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        page = book.add_worksheet(_name(sheet.title))
        bold = book.add_format({"bold": True})
        for number, line in enumerate(sheet.lines):
            style = bold if line is sheet.heads or line is sheet.sums else None
            for column, cell in enumerate(line):
                if isinstance(cell, str):
                    page.write_string(number, column, NO_XML.sub("", cell), style)
                elif cell is not None:
                    page.write_number(number, column, cell, style)
        for column in range(_columns(sheet)):
            page.set_column(column, column, _width(sheet, column))
        page.freeze_panes(1, 0)
    return written.getvalue()


def _columns(sheet: Sheet) -> int:
    """Of the longest line: several tables may stand below each other."""
    return max(len(line) for line in sheet.lines)


def _width(sheet: Sheet, column: int) -> int:
    """Room for the longest text; a Chinese sign takes two. A line may end before the column."""
    texts = [str(line[column]) for line in sheet.lines if column < len(line) and line[column] is not None]
    return min(WIDEST, 2 + max((sum(2 if ord(sign) > 255 else 1 for sign in text) for text in texts), default=8))


def to_ods(sheet: Sheet) -> bytes:
    """OpenDocument 1.3 as its specification has it: three files in a ZIP, the type first and not compressed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("mimetype"), TYPES["ods"], zipfile.ZIP_STORED)
        packed.writestr("META-INF/manifest.xml", MANIFEST)
        rows = "".join(
            f"<table:table-row>{''.join(_ods_cell(cell) for cell in line)}</table:table-row>" for line in sheet.lines
        )
        columns = f'<table:table-column table:number-columns-repeated="{_columns(sheet)}"/>'
        packed.writestr("content.xml", CONTENT.format(name=quoteattr(_name(sheet.title)), columns=columns, rows=rows))
    return written.getvalue()


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, int):
        return f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in NO_XML.sub("", cell).splitlines() or [""])
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'


def _name(title: str) -> str:
    """A worksheet's name: at most 31 signs, and none of those that spreadsheets forbid."""
    return re.sub(r"[\[\]:*?/\\']", " ", NO_XML.sub("", title))[:31].strip() or "1"


MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">
<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>
<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>
</manifest:manifest>"""
CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.3"><office:body><office:spreadsheet><table:table table:name={name}>{columns}{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""
TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
WRITERS: dict[Format, Callable[[Sheet], bytes]] = {"csv": to_csv, "xlsx": to_xlsx, "ods": to_ods}


def answer(sheet: Sheet, kind: str, name: str) -> Response[bytes]:
    """The file to take along, called `name` and its ending. Raises NotFound for another format than ours."""
    for known, write in WRITERS.items():
        if known == kind:
            return Response(
                write(sheet),
                media_type=TYPES[known],
                headers={
                    "content-disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{known}')}",
                    "cache-control": "no-store",
                },
            )
    raise NotFound(what="format")
