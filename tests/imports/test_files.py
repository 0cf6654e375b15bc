"""What files may be: every way in which spreadsheets write a table, and what only looks like one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
import xlsxwriter

from tests.imports.files import TODAY
from timebank.web import import_files, import_words, sheets, tables
from timebank.web.import_words import NoKnownHeading
from timebank.web.tables import NotATable, TableTooLarge

NOBODYS = UUID(int=0)
LINES = [
    ["姓名", "手机号", "门牌", "Favourite colour"],
    ["李秀英", "13800138000", "3-201", "red"],
    [],
    ["王伯", "", "3-202", ""],
]


def csv(between: str = ",", codec: str = "utf-8") -> bytes:
    return "\r\n".join(between.join(line) for line in LINES).encode(codec)


def xlsx(*lines: list[object]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet, zeros = book.add_worksheet(), book.add_format({"num_format": "00000"})
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                if isinstance(cell, tuple):
                    sheet.write_number(number, column, cell[0], zeros)
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(number, column, cell, value=42)
                elif cell is not None:
                    sheet.write(number, column, cell)
    return written.getvalue()


def read(content: bytes) -> list[tuple[int, dict[str, str]]]:
    table = tables.read(content)
    columns = import_words.columns_of("members", table.heads)
    return [
        (line, {column: text for column, text in zip(columns, row, strict=False) if column and text})
        for line, row in table.rows
    ]


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_as_any_spreadsheet_writes_it(between: str, codec: str) -> None:
    assert read(csv(between, codec)) == [
        (2, {"name": "李秀英", "phone": "13800138000", "door": "3-201"}),
        (4, {"name": "王伯", "door": "3-202"}),
    ]


def test_the_line_that_excel_writes_for_itself_is_passed_over() -> None:
    assert read(b"sep=;\r\nName;Phone number\r\nLi;13800138000\r\n") == [(3, {"name": "Li", "phone": "13800138000"})]


def test_headings_nobody_knows_are_named_and_not_read() -> None:
    assert import_files.decode("members", csv(), "x", NOBODYS, "", "", TODAY).left_heads == ["Favourite colour"]


def test_a_workbook_gives_phones_zeros_days_and_formulas_as_people_mean_them() -> None:
    content = xlsx(
        ["Name", "手机", "Old number", "Date of birth", "Note for staff"],
        ["Li", 13800138000, (7,), date(1950, 1, 2), "=6*7"],
    )
    assert read(content) == [
        (2, {"name": "Li", "phone": "13800138000", "old_number": "00007", "born_on": "1950-01-02", "staff_note": "42"})
    ]


@pytest.mark.parametrize("kind", ["members", "balances", "records"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("write", [sheets.to_csv, sheets.to_xlsx])
def test_every_template_is_read_again(kind: str, language: str, write: Callable[[sheets.Sheet], bytes]) -> None:
    content = write(import_words.template(kind, language))  # type: ignore[arg-type]
    bringing = import_files.decode(kind, content, "x", NOBODYS, "", "", TODAY)  # type: ignore[arg-type]
    assert not bringing.left_heads
    assert [reading.faults for reading in bringing.readings] == [[]]
    assert len(bringing.readings[0].said) == len([text for text in import_words.EXAMPLES[kind].values() if text])  # type: ignore[index]


def test_what_our_own_files_keep_from_becoming_a_formula_comes_back_as_it_was() -> None:
    sheet = sheets.Sheet(title="x", heads=["Name", "Phone number"], rows=[["Li", "+8613800138000"]])
    assert read(sheets.to_csv(sheet)) == [(2, {"name": "Li", "phone": "+8613800138000"})]


def bomb() -> bytes:
    """A workbook that claims hundreds of megabytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        with packed.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(13):
                part.write(b"0" * 10_000_000)
    return written.getvalue()


def other_zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("word/document.xml", "x")
    return written.getvalue()


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "empty"),
        ("姓名\n".encode(), "empty"),
        (b"Name,Phone\nLi\0,1", "kind"),
        (b"%PDF-1.7\nname", "kind"),
        (b"<html><table>", "kind"),
        (b"\xd0\xcf\x11\xe0 old", "old"),
        (b"Name\n\xff\xff\xff", "letters"),
        (b"PK\x03\x04 not a zip at all", "broken"),
        (other_zip(), "kind"),
    ],
)
def test_what_only_looks_like_a_table_is_refused_with_what_to_do(content: bytes, why: str) -> None:
    with pytest.raises(NotATable) as refused:
        tables.read(content)
    assert refused.value.facts == {"why": why}


@pytest.mark.parametrize(
    "make", [bomb, lambda: b"Name\n" + b"\n" * 2_000_000, lambda: b"0" * 8_000_001, lambda: b"Name\n" + b"x" * 5_001]
)
def test_too_much_is_refused_before_it_is_read(make: Callable[[], bytes]) -> None:
    with pytest.raises(TableTooLarge):
        tables.read(make())


def test_without_the_headings_that_it_needs_a_file_is_refused_with_their_names() -> None:
    with pytest.raises(NoKnownHeading) as refused:
        import_files.decode("balances", csv(), "x", NOBODYS, "", "", TODAY)
    assert refused.value.facts == {"field": "file", "missing": ["points"]}
