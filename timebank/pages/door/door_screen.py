"""The screen at the place: one huge code that changes every fifteen seconds, and how many are in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from timebank.actions.door import venue
from timebank.actions.door.venue import Shown
from timebank.pages import qr
from timebank.pages.forms import Ask
from timebank.pages.render import page
from timebank.web.door import scanner
from timebank.web.request import Installed, Now, Who


@get("/sessions/{session_id:uuid}/screen", guards=[scanner])
async def show_screen(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[str]:
    return draw(request, "door/screen.html", await venue.show(caller, session_id, now), now, settings.base_url)


@get("/sessions/{session_id:uuid}/screen/code", guards=[scanner])
async def show_code(session_id: FromPath[UUID], request: Ask, caller: Who, now: Now, settings: Installed) -> Response[str]:
    """The part that changes; the page asks for it at each step."""
    return draw(request, "door/code.html", await venue.show(caller, session_id, now), now, settings.base_url)


def draw(request: Ask, template: str, shown: Shown, now: datetime, base_url: str) -> Response[str]:
    address = base_url + shown.path
    left = round((shown.changes_at - now).total_seconds() * 1000)
    return page(request, template, shown=shown, session=shown.session, picture=qr.svg(address), left=left, base_url=base_url)


routes: list[Any] = [show_screen, show_code]
