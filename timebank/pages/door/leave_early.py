"""The button of somebody who has to go before the end: on the page of the stay, or at the desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.params import FromPath, URLEncodedBody

from timebank.actions.hours.leave_early import leave_early
from timebank.pages.forms import Long
from timebank.pages.render import go
from timebank.web.access import known
from timebank.web.request import Now, Who


class Leaving(msgspec.Struct):
    reason: Long = ""


@post("/attendance/{attendance_id:uuid}/early", guards=[known])
async def send_left_early(attendance_id: FromPath[UUID], data: URLEncodedBody[Leaving], caller: Who, now: Now) -> Response[Any]:
    """Back to the stay, or to the desk."""
    await leave_early(caller, attendance_id, data.reason, now)
    return go("/desk" if caller.member_id is None else f"/attendance/{attendance_id}")


routes: list[Any] = [send_left_early]
