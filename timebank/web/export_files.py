"""An export as one ZIP: each table as CSV for people and as JSON lines for programs, and a README in both languages."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import IO, Any
from uuid import UUID

import msgspec

from timebank.actions.exports.exports import Export, File
from timebank.web.export_words import COLUMN_WORDS, FILE_WORDS
from timebank.web.sheets import as_text
from timebank.web.words import LANGUAGES, Language, _, say

IN_MEMORY = 8_000_000


async def write(export: Export, files: Sequence[File], now: datetime, into: IO[bytes]) -> None:
    """The whole ZIP. Holds a few hundred rows at a time."""
    counts: dict[str, int] = {}
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            # A ZIP is written one file after the other: the second waits beside it.
            with tempfile.SpooledTemporaryFile(IN_MEMORY) as lines:
                with packed.open(f"{file.name}.csv", "w", force_zip64=True) as table:
                    counts[file.name] = await _write(file, table, lines)
                lines.seek(0)
                with packed.open(f"{file.name}.jsonl", "w", force_zip64=True) as whole:
                    shutil.copyfileobj(lines, whole)
        for language in LANGUAGES:
            packed.writestr(f"README.{language}.txt", b"\xef\xbb\xbf" + _readme(export, files, counts, now, language).encode())


async def _write(file: File, table: IO[bytes], lines: IO[bytes]) -> int:
    """One table both ways, in one reading; how many rows."""
    rows = 0
    table.write(b"\xef\xbb\xbf" + _csv(file.columns))
    async for chunk in file.rows:
        rows += len(chunk)
        for row in chunk:
            table.write(_csv([_cell(value) for value in row]))
            lines.write(msgspec.json.encode(dict(zip(file.columns, map(_value, row), strict=True))) + b"\n")
    return rows


def _csv(cells: Sequence[Any]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()


def _cell(value: Any) -> Any:
    """Text that looks like a formula gets an apostrophe; instants are in UTC."""
    found = _value(value)
    if isinstance(found, bool):
        return "true" if found else "false"
    return as_text(found) if isinstance(found, str) else found


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, date | UUID):
        return str(value)
    return value


def _readme(export: Export, files: Sequence[File], counts: dict[str, int], now: datetime, language: Language) -> str:
    """What the export is, and each file and column."""
    whole = say(language, _("Everything of %(name)s and all below it"), name=export.community)
    own = say(language, _("Everything that is kept about one member"))
    lines = [
        whole if export.community_id else own,
        say(language, _("As it stood on %(at)s (UTC)."), at=_value(now)),
        "",
        say(
            language, _("Each table is there twice: as .csv for spreadsheets (UTF-8) and as .jsonl for programs, a row a line.")
        ),
        say(
            language,
            _("Instants are in UTC, days local. Units are 1/100 point. An apostrophe before =, + - or @ keeps text text."),
        ),
        say(language, _("Not in it: passwords, PINs, codes and keys.")),
    ]
    if export.community_id:
        lines.append(say(language, _("Nor the seals of the ledger, with each movement as it is hashed: they are under Books.")))
    for file in files:
        lines += ["", f"{file.name}.csv, {file.name}.jsonl ({counts[file.name]})", say(language, FILE_WORDS[file.name])]
        lines += [f"  {column}: {say(language, COLUMN_WORDS[column])}" for column in file.columns]
    return "\n".join(lines) + "\n"
