"""Files of an old scheme, for coordinators: brought, looked at, applied, undone."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from timebank.actions.imports.columns import Kind
from timebank.actions.imports.imports import (
    Kept,
    Seen,
    apply_import,
    bring,
    confirm_undo,
    drop_import,
    see_import,
    see_imports,
    see_lines,
    undo_import,
)
from timebank.actions.imports.runs import Import, Line, Outcome, Undone, Verdict
from timebank.people.callers import Right
from timebank.web import import_files, import_words, sheets
from timebank.web.access import needs
from timebank.web.request import Key, Now, Reads, Who, request_key
from timebank.web.tables import LARGEST

staff = [needs(Right.MANAGE_MEMBERS)]


class NewImport(msgspec.Struct, forbid_unknown_fields=True):
    """`file` is the CSV or XLSX in base64. `source` (the old scheme) and `vouched_by`: needed but for members."""

    community_id: UUID
    kind: Kind
    file: bytes
    file_name: Annotated[str, Meta(max_length=200)] = ""
    source: Annotated[str, Meta(max_length=60)] = ""
    vouched_by: Annotated[str, Meta(max_length=100)] = ""


class Applying(msgspec.Struct, forbid_unknown_fields=True):
    """`leaves_out`: faulty rows stay out; else nothing is applied while there is one."""

    leaves_out: bool = False


class Undoing(msgspec.Struct, forbid_unknown_fields=True):
    """The reason stands on every row that takes something back."""

    reason: Annotated[str, Meta(max_length=200)]


class Lines(msgspec.Struct):
    """`after` is the cursor of the next page; none: this was the last."""

    lines: list[Line]
    after: int | None


@get("/api/v1/imports", guards=staff)
async def get_imports(caller: Who) -> list[Import]:
    """Within reach, the last first."""
    return await see_imports(caller)


@post("/api/v1/imports", guards=staff, request_max_body_size=LARGEST * 3 // 2)
async def post_import(data: JSONBody[NewImport], caller: Who, now: Now, key: Key = None) -> Response[Kept]:
    """Reads a file; nothing is taken over yet. A job looks at each row: ask for it until its state is `ready`.

    The same file that waits already is the same import.
    """
    wish = (data.kind, data.file, data.file_name, data.community_id, data.source, data.vouched_by)
    bringing = await import_files.bringing(*wish, now)
    answer = await bring.once(request_key(caller, key, data, now, "bring import"), caller, bringing, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/imports/{import_id:uuid}", guards=staff)
async def get_import(import_id: FromPath[UUID], caller: Who) -> Seen:
    """How it stands, with how many rows have each verdict, outcome and end."""
    return await see_import(caller, import_id)


@get("/api/v1/imports/{import_id:uuid}/lines", guards=staff)
async def get_lines(
    import_id: FromPath[UUID],
    caller: Who,
    only: FromQuery[Verdict | Outcome | Undone | None] = None,
    after: Annotated[int, QueryParameter(ge=0, le=2**31 - 1)] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
) -> Lines:
    """The report: what each row said, would do, did, and what became of that. Faults are codes; the file has sentences."""
    found = await see_lines(caller, import_id, only=only or "", after=after, at_most=limit)
    return Lines(found, found[-1].line if len(found) == limit else None)


@get("/api/v1/imports/{import_id:uuid}/report/{ending:str}", guards=staff)
async def get_report(import_id: FromPath[UUID], ending: FromPath[str], caller: Who, language: Reads) -> Response[bytes]:
    """The report as a file: csv, xlsx or ods."""
    return await import_files.report(caller, import_id, language, ending)


@get("/api/v1/import-templates/{kind:str}/{ending:str}", guards=staff)
async def get_template(kind: FromPath[Kind], ending: FromPath[str], language: Reads) -> Response[bytes]:
    """An empty file with headings in the reader's language and an example: csv, xlsx or ods."""
    sheet = import_words.template(kind, language)
    return sheets.answer(sheet, ending, sheet.title)


@post("/api/v1/imports/{import_id:uuid}/apply", guards=staff, status_code=200)
async def post_apply(import_id: FromPath[UUID], data: JSONBody[Applying], caller: Who, now: Now, key: Key = None) -> Kept:
    """A job takes the rows over, in batches. Points and hours: by another coordinator than brought the file."""
    asked = request_key(caller, key, [import_id, data], now, "apply import")
    return (await apply_import.once(asked, caller, import_id, data.leaves_out, now)).value


@post("/api/v1/imports/{import_id:uuid}/drop", guards=staff, status_code=200)
async def post_drop(import_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Kept:
    """Never to be applied."""
    return (await drop_import.once(request_key(caller, key, [import_id], now, "drop import"), caller, import_id, now)).value


@post("/api/v1/imports/{import_id:uuid}/undo", guards=staff, status_code=200)
async def post_undo(import_id: FromPath[UUID], data: JSONBody[Undoing], caller: Who, now: Now, key: Key = None) -> Kept:
    """Of members it begins at once; of points and hours another coordinator confirms it."""
    asked = request_key(caller, key, [import_id, data], now, "undo import")
    return (await undo_import.once(asked, caller, import_id, data.reason, now)).value


@post("/api/v1/imports/{import_id:uuid}/undo/confirm", guards=staff, status_code=200)
async def post_confirm(import_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Kept:
    """The second person's yes."""
    asked = request_key(caller, key, [import_id], now, "confirm undo of import")
    return (await confirm_undo.once(asked, caller, import_id, now)).value


routes: list[Any] = [
    get_imports,
    post_import,
    get_import,
    get_lines,
    get_report,
    get_template,
    post_apply,
    post_drop,
    post_undo,
    post_confirm,
]
