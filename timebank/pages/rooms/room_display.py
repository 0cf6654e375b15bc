"""The display at a room's door: free or in use, until when, what comes next, and the code that changes. For any old tablet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from timebank.actions.rooms.see_room_now import see_display
from timebank.pages import qr
from timebank.pages.forms import Ask
from timebank.pages.render import page
from timebank.web.access import anyone
from timebank.web.request import Installed, Now


@get("/display/{space:str}/{mark:str}", guards=[anyone])
async def show_display(space: FromPath[str], mark: FromPath[str], request: Ask, now: Now, settings: Installed) -> Response[str]:
    """Whoever has this address has it from the room's staff, who can renew it; it shows no names."""
    return await _draw(request, "room_doors/display.html", space, mark, now, settings.base_url)


@get("/display/{space:str}/{mark:str}/now", guards=[anyone])
async def show_now(space: FromPath[str], mark: FromPath[str], request: Ask, now: Now, settings: Installed) -> Response[str]:
    """The part that changes; the page asks for it at each step."""
    return await _draw(request, "room_doors/now.html", space, mark, now, settings.base_url)


async def _draw(request: Ask, template: str, space: str, mark: str, now: datetime, base_url: str) -> Response[str]:
    shown = await see_display(space, mark, now)
    left = round((shown.changes_at - now).total_seconds() * 1000)
    picture = qr.svg(base_url + shown.path)
    address = f"{base_url.split('://')[1]}/r"
    return page(
        request,
        template,
        shown=shown,
        room=shown.room,
        picture=picture,
        left=left,
        address=address,
        here=f"/display/{space}/{mark}",
    )


routes: list[Any] = [show_display, show_now]
