"""A figure of the board, opened: by month, and a month by day and kind. For everybody, without a name."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from timebank.actions.community.see_figures import month_of, named, see_figure
from timebank.pages.forms import Ask, draw
from timebank.web import figures
from timebank.web.access import anyone
from timebank.web.request import Installed, Now, Reads


@get("/board/{figure:str}", guards=[anyone])
async def show_figure(
    figure: FromPath[str], request: Ask, settings: Installed, language: Reads, now: Now, month: FromQuery[str] = ""
) -> Response[str]:
    """With `month`, as 2026-11, also its days."""
    found = await see_figure(named(figure), settings.time_zone, now, month_of(month) if month else None)
    return draw(request, "board/figure.html", found=found, words=figures.words(found.name, language))


routes: list[Any] = [show_figure]
