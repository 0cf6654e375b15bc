"""What a desk, a session's page and the screen at the place listen to: how many are there, as it changes."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream
from msgspec import Meta

from schedules.errors import Refusal
from timebank.actions.door import desk
from timebank.pages.forms import Ask
from timebank.people import callers
from timebank.web import clock
from timebank.web.access import tokens_of
from timebank.web.door import scanner
from timebank.web.live_counts import watch
from timebank.web.request import Now, Who

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""Proxies pass each line on at once."""


@get("/desk/events", guards=[scanner], media_type="text/event-stream")
async def follow_counts(
    request: Ask, caller: Who, now: Now, sessions: FromQuery[Annotated[list[UUID], Meta(min_length=1, max_length=50)]]
) -> Stream:
    """Events `counts`, each a list of id, signed_up, expected, here and came: at once and on changes. Ends with the rights."""
    served = [each.id for each in await desk.serve(caller, sessions, now)]

    async def is_welcome() -> bool:
        then = clock.now()
        try:
            await desk.serve(await callers.identify(*tokens_of(request), then), served, then)
        except Refusal:
            return False
        return True

    return Stream(watch.follow(served, is_welcome), media_type="text/event-stream", headers=HEADERS)


routes: list[Any] = [follow_counts]
