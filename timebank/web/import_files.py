"""A file that was sent, as the action takes it: its table, its columns, its rows as values."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response

from timebank.actions.imports import values
from timebank.actions.imports.columns import Kind
from timebank.actions.imports.imports import Bringing, see_import, see_lines
from timebank.actions.imports.runs import Line
from timebank.actions.imports.values import Row
from timebank.communities import tree
from timebank.people.callers import Caller
from timebank.web import import_words, sheets, tables
from timebank.web.words import Language

AT_ONCE = 1000
"""Rows of a report that are read with one statement."""


async def bringing(
    kind: Kind, content: bytes, file_name: str, community_id: UUID, source: str, vouched_by: str, now: datetime
) -> Bringing:
    """Reads beside the loop and before any transaction: 20 000 rows take seconds, in which everybody else would wait.

    Raises NotFound (community), and what `decode` raises.
    """
    today = now.astimezone(ZoneInfo((await tree.node(community_id)).time_zone)).date()
    return await asyncio.to_thread(decode, kind, content, file_name, community_id, source, vouched_by, today)


def decode(
    kind: Kind, content: bytes, file_name: str, community_id: UUID, source: str, vouched_by: str, today: date
) -> Bringing:
    """`today`: a local day. Raises NotATable, TableTooLarge, NoKnownHeading, Malformed where two headings mean one column."""
    table = tables.read(content)
    columns = import_words.columns_of(kind, table.heads)
    rows = (
        Row(line, {column: text for column, text in zip(columns, texts, strict=False) if column}) for line, texts in table.rows
    )
    return Bringing(
        community_id=community_id,
        kind=kind,
        source=source,
        vouched_by=vouched_by,
        file_name=file_name,
        file_hash=hashlib.sha256(content).digest(),
        left_heads=[head[:100] for head, column in zip(table.heads, columns, strict=True) if head and not column],
        readings=values.read(kind, rows, today),
    )


async def report(caller: Caller, import_id: UUID, language: Language, ending: str) -> Response[bytes]:
    """What became of each row, as a file. Read a part at a time and written beside the loop: 50 000 rows take seconds.

    Raises NotAllowed, NotFound.
    """
    run = (await see_import(caller, import_id)).run
    lines: list[Line] = []
    while more := await see_lines(caller, import_id, after=lines[-1].line if lines else 0, at_most=AT_ONCE):
        lines += more
    name = f"{run.file_name.rpartition('.')[0] or run.file_name} {run.uploaded_at:%Y-%m-%d}"

    def written() -> Response[bytes]:
        return sheets.answer(import_words.report(lines, language, run.file_name), ending, name)

    return await asyncio.to_thread(written)
