"""The scan log of a session, in words, and as a file to take along."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from timebank.actions.hours.see_door_log import see_log, take_log
from timebank.pages.forms import Ask, draw
from timebank.people.callers import Right
from timebank.web import door_log, sheets
from timebank.web.access import needs
from timebank.web.door_log import Words
from timebank.web.request import Now, Reads, Who, language_of

runs = [needs(Right.RUN_ACTIVITIES)]


@get("/organise/sessions/{session_id:uuid}/scans", guards=runs)
async def show_log(
    session_id: FromPath[UUID], request: Ask, caller: Who, only: FromQuery[str] = "", before: FromQuery[int | None] = None
) -> Response[str]:
    """The log, the last scan first; refusals alone with `only=refused`."""
    log = await see_log(caller, session_id, only_refused=only == "refused", before=before)
    asked = {"only": "refused"} if only == "refused" else {}
    older = "?" + urlencode(asked | {"before": log.older}) if log.older else ""
    words = Words(language_of(request))
    return draw(request, "door_log/log.html", log=log, words=words, only=only, older=older, before=before)


@get("/organise/sessions/{session_id:uuid}/scans/{kind:str}", guards=runs)
async def take_along(
    session_id: FromPath[UUID], kind: FromPath[str], caller: Who, now: Now, language: Reads, only: FromQuery[str] = ""
) -> Response[bytes]:
    """The log as a file: csv, xlsx or ods."""
    log = await take_log(caller, session_id, now, only_refused=only == "refused")
    sheet = door_log.table(log, language)
    return sheets.answer(sheet, kind, sheet.title)


routes: list[Any] = [show_log, take_along]
