"""The office's page of everything to take along."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Stream

from timebank.actions.exports.exports import ask_export, see_exports, take_export
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.pages.where import node_id, where
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.downloads import zipped
from timebank.web.request import Now, Who

staff = [needs(Right.GRANT_ROLES)]


class Wish(msgspec.Struct):
    community_id: Short = ""


@get("/office/exports", guards=staff)
async def list_exports(request: Ask, caller: Who, now: Now, at: FromQuery[str] = "") -> Response[str]:
    found = await see_exports(caller, now, own=False)
    return draw(
        request,
        "exports/office.html",
        exports=found,
        where=await where(caller, Right.GRANT_ROLES, at),
        is_working=any(each.made_at is None for each in found),
    )


@post("/office/exports", guards=staff)
async def take_wish(data: URLEncodedBody[Wish], caller: Who, now: Now) -> Response[Any]:
    await ask_export(caller, node_id(data.community_id), now)
    return go("/office/exports?" + urlencode({"at": data.community_id}))


@get("/office/exports/{export_id:uuid}", guards=staff)
async def fetch(export_id: FromPath[UUID], caller: Who, now: Now) -> Stream:
    return zipped(await take_export(caller, export_id, now))


routes: list[Any] = [list_exports, take_wish, fetch]
