"""What a session earns, before anybody signs up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath

from schedules import sessions
from schedules.errors import NotFound
from timebank.actions.activities.foretell import Foretold, foretell
from timebank.web.access import signed_in
from timebank.web.request import Who


@get("/api/v1/sessions/{session_id:uuid}/earnings", guards=[signed_in])
async def get_earnings(session_id: FromPath[UUID], caller: Who) -> Foretold:
    """Units of 1/100 point for whoever keeps its times, and the windows that count more. 404 where it earns nothing."""
    session = await sessions.one(session_id, caller.member_id)
    found = (await foretell([session])).get(session_id)
    if found is None or session.activity_state == "draft":
        raise NotFound(what="earnings")
    return found


routes: list[Any] = [get_earnings]
