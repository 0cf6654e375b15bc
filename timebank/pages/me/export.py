"""The member's page of all their own data."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from timebank.actions.exports.exports import ask_export, see_exports, take_export
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.web.access import signed_in
from timebank.web.downloads import zipped
from timebank.web.request import Now, Who

members = [signed_in]


@get("/me/export", guards=members)
async def list_exports(request: Ask, caller: Who, now: Now) -> Response[str]:
    found = await see_exports(caller, now, own=True)
    return draw(request, "exports/me.html", exports=found, is_working=any(each.made_at is None for each in found))


@post("/me/export", guards=members)
async def take_wish(caller: Who, now: Now) -> Response[Any]:
    await ask_export(caller, None, now)
    return go("/me/export")


@get("/me/export/{export_id:uuid}", guards=members)
async def fetch(export_id: FromPath[UUID], caller: Who, now: Now) -> Stream:
    return zipped(await take_export(caller, export_id, now))


routes: list[Any] = [list_exports, take_wish, fetch]
