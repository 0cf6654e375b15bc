"""Neighbours who exchange help with each other and nobody else: a list for a talk."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta

from timebank.actions.hours.pairs import Month, note_pair, see_pairs
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

reads = [needs(Right.READ_REVIEW)]


class Word(msgspec.Struct, forbid_unknown_fields=True):
    """What came of the talk with the two, about a month such as 2026-11."""

    one_id: UUID
    other_id: UUID
    month: Annotated[str, Meta(pattern=r"^\d{4}-\d\d$")]
    note: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]


class Noted(msgspec.Struct):
    id: UUID


@get("/api/v1/pairs", guards=reads)
async def get_pairs(caller: Who, now: Now, month: FromQuery[str] = "") -> Month:
    """Pairs above the minutes of the rules in a month, neither of whom exchanged help with anybody else in it."""
    return await see_pairs(caller, month, now)


@post("/api/v1/pairs/notes", guards=reads)
async def post_note(data: JSONBody[Word], caller: Who, now: Now, key: Key = None) -> Response[Noted]:
    """Says what came of it; nothing else changes. 409 `own_finding`."""
    asked = request_key(caller, key, data, now, "note pair")
    answer = await note_pair.once(asked, caller, data.one_id, data.other_id, data.month, data.note, now)
    return Response(Noted(answer.value), status_code=200 if answer.is_replay else 201)


routes: list[Any] = [get_pairs, post_note]
