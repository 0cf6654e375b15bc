"""The books of the whole ledger, for programs of auditors."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from timebank.actions.community.books import (
    Books,
    Movement,
    ask_proof,
    compare_head,
    put_promise_aside,
    retry_promise,
    see_books,
    take_ledger,
)
from timebank.people.callers import Right
from timebank.points.proofs import Kind
from timebank.points.seals import Comparison
from timebank.web import books, sheets
from timebank.web.access import needs
from timebank.web.request import Key, Now, Reads, Who, request_key

reads = [needs(Right.READ_LEDGER)]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """`reconcile`: does the ledger agree with itself; `seals`: was a sealed movement touched."""

    kind: Kind


class Paper(msgspec.Struct, forbid_unknown_fields=True):
    """A printed head: the number of the block, then its 64 signs, grouped in whatever way."""

    head: Annotated[str, Meta(max_length=200)]


class Compared(msgspec.Struct):
    """`holds`: this block stands; `other`: its hash is another one; `missing`: there is no block of this number."""

    result: Comparison


@get("/api/v1/books", guards=reads)
async def get_books(caller: Who) -> Books:
    """The last block of the seals, the last proofs, promises that are stuck. Auditors and coordinators of the whole."""
    return await see_books(caller)


@post("/api/v1/books/proofs", guards=reads)
async def post_proof(data: JSONBody[Asked], caller: Who, now: Now, key: Key = None) -> Response[None]:
    """Asks for a proof; `GET /api/v1/books` has it within two minutes. 202."""
    await ask_proof.once(request_key(caller, key, data, now, "ask proof"), caller, data.kind, now)
    return Response(None, status_code=202)


@post("/api/v1/books/head", guards=reads, status_code=200)
async def post_head(data: JSONBody[Paper], caller: Who) -> Compared:
    """Compares a head on paper with the blocks; changes nothing. 400 for what is no head."""
    return Compared(await compare_head(caller, data.head))


@get("/api/v1/books/movements", guards=reads)
async def get_movements(caller: Who, now: Now, month: FromQuery[str] = "") -> list[Movement]:
    """Every movement recorded in a month (`2026-11`; else the present one) with its place in the seals. Noted in the audit."""
    return await take_ledger(caller, month, now)


@get("/api/v1/books/files/{ending:str}", guards=reads)
async def get_file(
    ending: FromPath[str], caller: Who, now: Now, language: Reads, month: FromQuery[str] = ""
) -> Response[bytes]:
    """The same as a file: csv, xlsx or ods."""
    sheet = books.table(await take_ledger(caller, month, now), language)
    return sheets.answer(sheet, ending, f"{sheet.title} {month}".strip())


@post("/api/v1/promises/{intent_id:uuid}/retry", guards=[needs(Right.GRANT_ROLES)], status_code=204)
async def post_retry(intent_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> None:
    """A promise of points that was given up is tried again as it was promised. 404 where it was not given up.

    Coordinators of the whole. Safe to repeat.
    """
    await retry_promise.once(request_key(caller, key, [intent_id], now, "retry promise"), caller, intent_id, now)


@post("/api/v1/promises/{intent_id:uuid}/put-aside", guards=[needs(Right.GRANT_ROLES)], status_code=204)
async def post_put_aside(intent_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> None:
    """A promise that was given up and that nobody can keep: of nothing, or to a member who has left. 409 `still_promised`.

    Coordinators of the whole. Safe to repeat.
    """
    await put_promise_aside.once(request_key(caller, key, [intent_id], now, "put promise aside"), caller, intent_id, now)


routes: list[Any] = [get_books, post_proof, post_head, get_movements, get_file, post_retry, post_put_aside]
