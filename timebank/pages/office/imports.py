"""The office's pages of imported files: choose a kind, bring a file, read what it would do, confirm, and undo."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, QueryParameter, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.imports.columns import COLUMNS, NEEDED, Kind
from timebank.actions.imports.imports import (
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
from timebank.actions.imports.runs import WORKING
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people.callers import Caller, Right
from timebank.web import import_files, import_words, sheets
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who
from timebank.web.tables import LARGEST

staff = [needs(Right.MANAGE_MEMBERS)]
FORM = 20_000
"""Bytes of a form beside its file."""
SHOWN = 100
"""Rows of the report on a page; the file has all."""
FILTERS = ("faulty", "new", "changed", "same", "failed", "kept")


class Sent(msgspec.Struct):
    community_id: str = ""
    source: str = ""
    vouched_by: str = ""
    file: UploadFile | None = None


class Confirmed(msgspec.Struct):
    faulty_rows: Short = ""


class Reason(msgspec.Struct):
    reason: Short = ""


@get("/office/imports", guards=staff)
async def list_imports(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "imports/list.html", imports=await see_imports(caller), kinds=import_words.KINDS, working=WORKING)


@get("/office/imports/new/{kind:str}", guards=staff)
async def new_import(kind: FromPath[Kind], request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await _form(request, caller, kind, Sent(community_id=at))


async def _form(request: Ask, caller: Caller, kind: Kind, typed: Sent, refusal: Refusal | None = None) -> Response[str]:
    return draw(
        request,
        "imports/new.html",
        refusal,
        kind=kind,
        kinds=import_words.KINDS,
        heads=import_words.HEADS,
        columns=COLUMNS[kind],
        needed=NEEDED[kind],
        where=await where(caller, Right.MANAGE_MEMBERS, typed.community_id),
        typed=typed,
    )


@get("/office/imports/templates/{kind:str}/{ending:str}", guards=staff)
async def take_template(kind: FromPath[Kind], ending: FromPath[str], language: Reads) -> Response[bytes]:
    """Headings in the reader's language and an example: csv or xlsx."""
    sheet = import_words.template(kind, language)
    return sheets.answer(sheet, ending, sheet.title)


@post("/office/imports/new/{kind:str}", guards=staff, request_max_body_size=LARGEST + FORM)
async def take_import(
    kind: FromPath[Kind],
    data: Annotated[Sent, Body(media_type=RequestEncodingType.MULTI_PART)],
    request: Ask,
    caller: Who,
    now: Now,
) -> Response[Any]:
    """The file is looked at from the page to which this leads; what was typed stays where it was refused."""
    source, vouched_by = data.source[:60], data.vouched_by[:100]
    try:
        content = await data.file.read() if data.file else b""
        name, home = data.file.filename if data.file else "", node_id(data.community_id)
        bringing = await import_files.bringing(kind, content, name, home, source, vouched_by, now)
        kept = await bring(caller, bringing, now)
    except Refusal as refusal:
        return await _form(request, caller, kind, data, refusal)
    return go(f"/office/imports/{kept.id}")


@get("/office/imports/{import_id:uuid}", guards=staff)
async def show_import(
    import_id: FromPath[UUID],
    request: Ask,
    caller: Who,
    only: FromQuery[str] = "",
    after: Annotated[int, QueryParameter(ge=0, le=2**31 - 1)] = 0,
) -> Response[str]:
    return await _page(request, caller, import_id, only=only, after=after)


async def _page(
    request: Ask,
    caller: Caller,
    import_id: UUID,
    refusal: Refusal | None = None,
    *,
    only: str = "",
    after: int = 0,
    typed: str = "",
) -> Response[str]:
    seen = await see_import(caller, import_id)
    chosen = only if only in FILTERS else _first_choice(seen)
    lines = await see_lines(caller, import_id, only=chosen, after=after, at_most=SHOWN)
    return draw(
        request,
        "imports/one.html",
        refusal,
        seen=seen,
        run=seen.run,
        counts=seen.counts,
        lines=lines,
        only=chosen,
        filters=[word for word in FILTERS if _count(seen, word)],
        number=lambda word: _count(seen, word),
        after=lines[-1].line if len(lines) == SHOWN else None,
        words=import_words,
        is_working=seen.run.state in WORKING,
        done=_done(seen),
        typed=typed,
    )


def _first_choice(seen: Seen) -> str:
    """What somebody has to look at stands first."""
    return next((word for word in ("kept", "failed", "faulty", "new", "changed", "same") if _count(seen, word)), "")


def _count(seen: Seen, word: str) -> int:
    place = "outcome" if word == "failed" else "undone" if word == "kept" else "verdict"
    return seen.counts.get(f"{place}:{word}", 0)


def _done(seen: Seen) -> int:
    """Rows that the present work is through with."""
    what = {"checking": "verdict:", "applying": "outcome:", "undoing": "undone:"}.get(seen.run.state, "-")
    return sum(number for word, number in seen.counts.items() if word.startswith(what))


@get("/office/imports/{import_id:uuid}/report/{ending:str}", guards=staff)
async def take_report(import_id: FromPath[UUID], ending: FromPath[str], caller: Who, language: Reads) -> Response[bytes]:
    return await import_files.report(caller, import_id, language, ending)


@post("/office/imports/{import_id:uuid}/apply", guards=staff)
async def take_apply(
    import_id: FromPath[UUID], data: URLEncodedBody[Confirmed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await apply_import(caller, import_id, data.faulty_rows == "leave_out", now)
    except Refusal as refusal:
        return await _page(request, caller, import_id, refusal)
    return go(f"/office/imports/{import_id}")


@post("/office/imports/{import_id:uuid}/drop", guards=staff)
async def take_drop(import_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await drop_import(caller, import_id, now)
    except Refusal as refusal:
        return await _page(request, caller, import_id, refusal)
    return go("/office/imports?" + urlencode({"done": "dropped"}))


@post("/office/imports/{import_id:uuid}/undo", guards=staff)
async def take_undo(
    import_id: FromPath[UUID], data: URLEncodedBody[Reason], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await undo_import(caller, import_id, data.reason, now)
    except Refusal as refusal:
        return await _page(request, caller, import_id, refusal, typed=data.reason)
    return go(f"/office/imports/{import_id}")


@post("/office/imports/{import_id:uuid}/undo/confirm", guards=staff)
async def take_confirm(import_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await confirm_undo(caller, import_id, now)
    except Refusal as refusal:
        return await _page(request, caller, import_id, refusal)
    return go(f"/office/imports/{import_id}")


routes: list[Any] = [
    list_imports,
    new_import,
    take_template,
    take_import,
    show_import,
    take_report,
    take_apply,
    take_drop,
    take_undo,
    take_confirm,
]
