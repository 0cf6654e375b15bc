"""How a page is read: language and size of type, remembered in the browser; the switch stays on the page."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from timebank.pages.render import go
from timebank.web.access import anyone
from timebank.web.words import LANGUAGE_COOKIE, LANGUAGES

YEAR = 365 * 24 * 3600
LARGE_COOKIE = "timebank_large"


class Reading(msgspec.Struct):
    back: str = "/"
    chosen_language: str = ""
    large: str = ""


@post("/reading", guards=[anyone])
async def choose_reading(data: Annotated[Reading, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Redirect:
    """Remembers the choice and goes back to the same page."""
    answer = go(own_path(data.back))
    if data.chosen_language in LANGUAGES:
        answer.set_cookie(Cookie(LANGUAGE_COOKIE, value=data.chosen_language, max_age=YEAR, samesite="lax"))
    if data.large in ("0", "1"):
        answer.set_cookie(Cookie(LARGE_COOKIE, value=data.large, max_age=YEAR, samesite="lax"))
    return answer


def own_path(path: str) -> str:
    """A path of this site, never an address of another."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


routes: list[Any] = [choose_reading]
