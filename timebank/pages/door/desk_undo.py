"""The last scans of a desk, to undo: for a desk without JavaScript, under the same action as the programs."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody
from msgspec import Meta

from schedules.errors import Refusal
from schedules.scans import Direction
from timebank.actions.hours.see_door_log import see_last_scans, see_scan
from timebank.actions.uploads.undo import Standing, undo
from timebank.pages.forms import Ask, Short, draw
from timebank.people.callers import Caller
from timebank.web.door import scanner
from timebank.web.door_log import Words
from timebank.web.request import Now, Who, language_of
from timebank.web.uploads import standing, still

Chosen = Annotated[list[UUID], Meta(max_length=50)]


class Taken(msgspec.Struct):
    """`sessions` and `direction` are where the desk goes on."""

    nonce: Short = ""
    undo_nonce: Short = ""
    sessions: Chosen | UUID = []
    direction: Direction = "in"

    @property
    def chosen(self) -> list[UUID]:
        return self.sessions if isinstance(self.sessions, list) else [self.sessions]


@get("/desk/last", guards=[scanner])
async def show_last(
    request: Ask, caller: Who, now: Now, sessions: FromQuery[Chosen], direction: FromQuery[Direction] = "in"
) -> Response[str]:
    return await last_page(request, caller, now, sessions, direction)


@post("/desk/undo", guards=[scanner])
async def send_undo(data: URLEncodedBody[Taken], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The scan counts no more; the same page with the rest."""
    try:
        found = await undo(caller, data.nonce, data.undo_nonce or f"form:{data.nonce}", now)
    except Refusal as refusal:
        return await last_page(request, caller, now, data.chosen, data.direction, refusal)
    return await last_page(request, caller, now, data.chosen, data.direction, undone=found)


async def last_page(
    request: Ask,
    caller: Caller,
    now: Any,
    sessions: list[UUID],
    direction: Direction,
    refusal: Refusal | None = None,
    undone: Standing | None = None,
) -> Response[str]:
    desk = "/desk/scan?" + urlencode([*(("sessions", str(one)) for one in sessions), ("direction", direction)])
    context: dict[str, Any] = {"undone": None, "last": await see_last_scans(caller, now), "words": Words(language_of(request))}
    if undone:
        language = language_of(request)
        context |= {"undone": await see_scan(caller, undone.nonce), "is_unchanged": undone.is_unchanged}
        context |= {"standing": standing(undone, language), "still": still(undone, language)}
    return draw(
        request, "door_log/last.html", refusal, desk=desk if sessions else "/desk", sessions=sessions, way=direction, **context
    )


routes: list[Any] = [show_last, send_undo]
