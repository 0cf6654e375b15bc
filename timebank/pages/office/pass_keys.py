"""The office's pages about the keys that sign passes: the list, a new one, new cards, and the way out of an old one."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.people import pass_keys
from timebank.communities import tree
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.people.pass_keys import KeySigns, MoreWouldDie
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

coordinators = [needs(Right.GRANT_ROLES)]
Count = Annotated[int, Meta(ge=0, le=2**31)]


class New(msgspec.Struct):
    key: Short = ""


class Seen(msgspec.Struct):
    """What the page has shown before the tap."""

    cards: Count = 0
    phones: Count = 0


async def draw_keys(request: Ask, caller: Caller, now: Now, refusal: Refusal | None = None, **context: Any) -> Response[str]:
    zone = (await tree.of_member(caller.member())).time_zone
    lines = await pass_keys.see_keys(caller, now)
    return draw(request, "office/pass_keys.html", refusal, lines=lines, zone=zone, **{"done": None, "left": 0} | context)


@get("/office/pass-keys", guards=coordinators)
async def list_keys(
    request: Ask, caller: Who, now: Now, done: FromQuery[int | None] = None, left: FromQuery[int] = 0
) -> Response[str]:
    return await draw_keys(request, caller, now, done=done, left=left)


@post("/office/pass-keys", guards=coordinators)
async def take_key(data: URLEncodedBody[New], caller: Who, now: Now) -> Response[Any]:
    await pass_keys.add_key.once(request_key(caller, data.key, None, now, "add pass key"), caller, now)
    return go("/office/pass-keys")


@get("/office/pass-keys/{key_id:str}/remove", guards=coordinators)
async def ask_removal(key_id: FromPath[str], request: Ask, caller: Who, now: Now) -> Response[str]:
    """What dies with it, before anything is done."""
    return draw(request, "office/remove_pass_key.html", line=await pass_keys.see_key(caller, key_id, now))


@post("/office/pass-keys/{key_id:str}/remove", guards=coordinators)
async def take_removal(key_id: FromPath[str], data: URLEncodedBody[Seen], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await pass_keys.remove_key(caller, key_id, data.cards, data.phones, now)
    except (KeySigns, MoreWouldDie) as refusal:
        return draw(request, "office/remove_pass_key.html", refusal, line=await pass_keys.see_key(caller, key_id, now))
    return go("/office/pass-keys")


@post("/office/pass-keys/{key_id:str}/reissue", guards=coordinators)
async def take_reissue(key_id: FromPath[str], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        reissued = await pass_keys.reissue_cards(caller, key_id, now)
    except KeySigns as refusal:
        return await draw_keys(request, caller, now, refusal)
    return go("/office/pass-keys?" + urlencode({"done": reissued.done, "left": reissued.left}))


routes: list[Any] = [list_keys, take_key, ask_removal, take_removal, take_reissue]
