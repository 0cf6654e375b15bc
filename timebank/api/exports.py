"""Taking everything along, for programs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from timebank.actions.exports.exports import Export, ask_export, see_exports, take_export
from timebank.web.access import signed_in
from timebank.web.answers import Made
from timebank.web.downloads import zipped
from timebank.web.request import Key, Now, Who, request_key

members = [signed_in]


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """Everything of a community and all below it, for its coordinators; without one, the caller's own data."""

    community_id: UUID | None = None


@post("/api/v1/exports", guards=members)
async def post_export(data: JSONBody[Asked], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """Asks for a ZIP of CSV files and JSON lines; a job makes it within minutes. One that waits already is the same. 202."""
    answer = await ask_export.once(request_key(caller, key, data, now, "ask export"), caller, data.community_id, now)
    return Response(Made(answer.value), status_code=202)


@get("/api/v1/exports", guards=members)
async def get_exports(caller: Who, now: Now) -> list[Export]:
    """Those that the caller asked for; `made_at` null: the job is at it. They can be fetched until `gone_at`."""
    return [*await see_exports(caller, now, own=True), *await see_exports(caller, now, own=False)]


@get("/api/v1/exports/{export_id:uuid}/file", guards=members)
async def get_file(export_id: FromPath[UUID], caller: Who, now: Now) -> Stream:
    """The ZIP, for the one who asked. 404 while it is not made, 410 once its time is over. Noted in the audit."""
    return zipped(await take_export(caller, export_id, now))


routes: list[Any] = [post_export, get_exports, get_file]
