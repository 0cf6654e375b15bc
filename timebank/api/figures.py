"""The figures of the board opened: sums by day for everybody, rows for those who read the ledger."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter

from timebank.actions.community.see_figures import Figure, Rows, month_of, named, see_figure, see_rows
from timebank.people.callers import Right
from timebank.web.access import anyone, needs
from timebank.web.request import Installed, Now, Who

Month = Annotated[str, QueryParameter(max_length=7, description="as 2026-11")]


@get("/api/v1/board/{figure:str}", guards=[anyone])
async def get_figure(figure: FromPath[str], settings: Installed, now: Now, month: Month = "") -> Figure:
    """`hours` (whole minutes), `issued`, `redeemed`, `expired`, `donated`, `pools` (units of 1/100 point), `rooms`
    (whole minutes), by month.

    With `month`, also by day and kind. The months add up to the total, which is the board's. No names.
    """
    return await see_figure(named(figure), settings.time_zone, now, month_of(month) if month else None)


@get("/api/v1/board/{figure:str}/rows", guards=[needs(Right.READ_LEDGER)])
async def get_rows(
    figure: FromPath[str],
    caller: Who,
    settings: Installed,
    now: Now,
    month: Annotated[str, QueryParameter(min_length=7, max_length=7, description="as 2026-11")],
    after: FromQuery[UUID | None] = None,
) -> Rows:
    """The rows of one month, the last first, a hundred at a time; `after` of the answer is the cursor of the next page."""
    return await see_rows(caller, named(figure), settings.time_zone, month_of(month), after, now)


routes: list[Any] = [get_figure, get_rows]
