"""The rows behind a figure of the board, with names, for those who read the ledger; each reading is noted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath, FromQuery

from schedules import walltimes
from timebank.actions.community.see_figures import month_of, named, see_rows
from timebank.pages.forms import Ask, draw
from timebank.people.callers import Right
from timebank.web import figures
from timebank.web.access import needs
from timebank.web.request import Installed, Now, Reads, Who


@get("/office/figures/{figure:str}", guards=[needs(Right.READ_LEDGER)])
async def show_rows(
    figure: FromPath[str],
    request: Ask,
    caller: Who,
    settings: Installed,
    language: Reads,
    now: Now,
    month: FromQuery[str] = "",
    after: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Of this month, unless another is named."""
    chosen = month_of(month) if month else walltimes.day_of(now, settings.time_zone).replace(day=1)
    found = await see_rows(caller, named(figure), settings.time_zone, chosen, after, now)
    zone = settings.time_zone
    return draw(request, "office/figure.html", found=found, words=figures.words(found.name, language), zone=zone)


routes: list[Any] = [show_rows]
