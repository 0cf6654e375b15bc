"""What the pool pays for oneself: how much is left, what it paid, who of staff has looked, and a no at any time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from schedules.errors import NotFound, Refusal
from timebank.actions.points.see_support import see_own_support
from timebank.actions.points.support import decline_support
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who


@get("/me/support", guards=[signed_in])
async def show_own(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _draw(request, caller, now)


async def _draw(request: Ask, caller: Caller, now: Now, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "supports/own.html", refusal, own=await see_own_support(caller, now))


@post("/me/support/{support_id:uuid}/decline", guards=[signed_in])
async def take_decline(support_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await decline_support(caller, support_id, now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _draw(request, caller, now, refusal)
    return go("/me/support")


routes: list[Any] = [show_own, take_decline]
