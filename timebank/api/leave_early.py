"""Somebody has to go before the end."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.hours.leave_early import Left, leave_early
from timebank.web.access import known
from timebank.web.request import Now, Who


class Leaving(msgspec.Struct, forbid_unknown_fields=True):
    """`left_at` is between the way in and now; none: now."""

    reason: Annotated[str, Meta(max_length=500)] = ""
    left_at: Annotated[datetime, Meta(tz=True)] | None = None


@post("/api/v1/attendances/{attendance_id:uuid}/left-early", guards=[known], status_code=200)
async def post_left_early(attendance_id: FromPath[UUID], data: JSONBody[Leaving], caller: Who, now: Now) -> Left:
    """Said by the member, a desk, or who runs the session: left early, with the hours really given, and no no-show.

    Who is still in is checked out without a code, which a second person confirms (class B). Who was scanned out keeps that
    time. Safe to repeat. 409 `ended_already` after the end.
    """
    return await leave_early(caller, attendance_id, data.reason, now, data.left_at)


routes: list[Any] = [post_left_early]
