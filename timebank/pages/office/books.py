"""The office's page of the books: the seals, the proofs, what is stuck, and the ledger to take along."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.community.books import (
    ask_proof,
    compare_head,
    put_promise_aside,
    retry_promise,
    see_books,
    see_head,
    take_ledger,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, chosen, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.points.proofs import TYPES, Kind
from timebank.points.reconcile import Report
from timebank.points.seals import Comparison, Verdict
from timebank.web import books, sheets
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language

reads = [needs(Right.READ_LEDGER)]


class Paper(msgspec.Struct):
    head: Short = ""


class Asked(msgspec.Struct):
    kind: Short = ""


@get("/office/books", guards=reads)
async def show(request: Ask, caller: Who, language: Reads) -> Response[str]:
    return await _draw(request, caller, language)


async def _draw(
    request: Ask,
    caller: Caller,
    language: Language,
    refusal: Refusal | None = None,
    typed: str = "",
    compared: Comparison | None = None,
) -> Response[str]:
    seen = await see_books(caller)
    report = seen.reconciliation.result if seen.reconciliation else None
    verdict = seen.verification.result if seen.verification else None
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(
        request,
        "office/books.html",
        refusal,
        seen=seen,
        zone=zone,
        tz=ZoneInfo(zone),
        checks=books.checks(report, language) if isinstance(report, Report) else [],
        verdict=verdict if isinstance(verdict, Verdict) else None,
        broken=books.broken(verdict, language) if isinstance(verdict, Verdict) else "",
        groups=books.grouped(seen.head.hash) if seen.head else [],
        typed=typed,
        compared=compared,
    )


@get("/office/books/head", guards=reads)
async def show_head(request: Ask, caller: Who) -> Response[str]:
    """The last block on a sheet of paper, to print and to take out of the house."""
    head = await see_head(caller)
    node = await tree.of_member(caller.member())
    groups = books.grouped(head.hash) if head else []
    return draw(request, "office/books_head.html", head=head, groups=groups, tz=ZoneInfo(node.time_zone), zone=node.time_zone)


@post("/office/books/head", guards=reads, status_code=200)
async def take_head(data: URLEncodedBody[Paper], request: Ask, caller: Who, language: Reads) -> Response[Any]:
    try:
        compared = await compare_head(caller, data.head)
    except Refusal as refusal:
        return await _draw(request, caller, language, refusal, data.head)
    return await _draw(request, caller, language, typed=data.head, compared=compared)


@post("/office/books/proofs", guards=reads)
async def take_proof(data: URLEncodedBody[Asked], caller: Who, now: Now) -> Response[Any]:
    kind = chosen("kind", data.kind, _kind) or "reconcile"
    await ask_proof(caller, kind, now)
    return go(f"/office/books#{kind}")


def _kind(text: str) -> Kind:
    for kind in TYPES:
        if kind == text:
            return kind
    raise ValueError(text)


@post("/office/promises/{intent_id:uuid}/retry", guards=[needs(Right.GRANT_ROLES)])
async def take_retry(intent_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await retry_promise(caller, intent_id, now)
    return go("/office/books#stuck")


@post("/office/promises/{intent_id:uuid}/put-aside", guards=[needs(Right.GRANT_ROLES)])
async def take_put_aside(intent_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await put_promise_aside(caller, intent_id, now)
    return go("/office/books#stuck")


@get("/office/books/files/{ending:str}", guards=reads)
async def take_file(
    ending: FromPath[str], caller: Who, now: Now, language: Reads, month: FromQuery[str] = ""
) -> Response[bytes]:
    """Every movement of a month: csv, xlsx or ods."""
    sheet = books.table(await take_ledger(caller, month, now), language)
    return sheets.answer(sheet, ending, f"{sheet.title} {month}".strip())


routes: list[Any] = [show, show_head, take_head, take_proof, take_retry, take_put_aside, take_file]
