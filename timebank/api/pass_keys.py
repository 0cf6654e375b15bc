"""The keys that sign passes. Coordinators of the whole."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.people import pass_keys
from timebank.people.callers import Right
from timebank.people.pass_keys import KeyLine, Reissued
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

coordinators = [needs(Right.GRANT_ROLES)]
Count = Annotated[int, Meta(ge=0, le=2**31)]


class Made(msgspec.Struct):
    id: str


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """How many cards and phones depend on the key, as the list says: nobody removes more than they have seen."""

    cards: Count
    phones: Count


@get("/api/v1/pass-keys", guards=coordinators)
async def get_keys(caller: Who, now: Now) -> list[KeyLine]:
    """Every key, the newest first, with the cards and phones in force that depend on it."""
    return await pass_keys.see_keys(caller, now)


@post("/api/v1/pass-keys", guards=coordinators)
async def post_key(caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """A new key signs from now on; passes of older keys stay good."""
    answer = await pass_keys.add_key.once(request_key(caller, key, None, now, "add pass key"), caller, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/pass-keys/{key_id:str}/remove", guards=coordinators, status_code=200)
async def post_removal(key_id: FromPath[str], data: JSONBody[Seen], caller: Who, now: Now) -> KeyLine:
    """Passes of this key answer `unknown_pass` from now on. 409 while it signs new passes, and where
    more depend on it than was seen. Safe to repeat.
    """
    return await pass_keys.remove_key(caller, key_id, data.cards, data.phones, now)


@post("/api/v1/pass-keys/{key_id:str}/reissue", guards=coordinators, status_code=200)
async def post_reissue(key_id: FromPath[str], caller: Who, now: Now) -> Reissued:
    """New cards for the next 2,000 members whose card this key signed. Again, while `left` is not 0. Safe to repeat."""
    return await pass_keys.reissue_cards(caller, key_id, now)


routes: list[Any] = [get_keys, post_key, post_removal, post_reissue]
