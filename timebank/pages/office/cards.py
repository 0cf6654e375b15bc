"""Members' cards on A4: one, those of a search, or those of a household."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery

from timebank.actions.people.cards import print_cards
from timebank.pages.forms import Ask, draw
from timebank.pages.qr import svg
from timebank.people import directory
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who
from timebank.web.words import say

A_SHEET = 10


@get("/office/cards", guards=[needs(Right.MANAGE_MEMBERS)])
async def cards(
    request: Ask,
    caller: Who,
    now: Now,
    member: FromQuery[list[UUID] | None] = None,
    q: FromQuery[str] = "",
    key: FromQuery[str] = "",
    after: FromQuery[int] = 0,
) -> Response[str]:
    """A sheet to print: the members named, else the next ten of the search or with cards of this key."""
    if member:
        found, is_full = member[:A_SHEET], False
    else:
        nodes = caller.nodes(Right.MANAGE_MEMBERS)
        lines = await (
            directory.with_card_of(key, nodes, after, A_SHEET) if key else directory.search(q[:100], nodes, after, A_SHEET)
        )
        found, is_full = [line.id for line in lines], len(lines) == A_SHEET
        after = lines[-1].number if lines else after
    sheet = await print_cards(caller, found, now)
    return draw(request, "office/cards.html", sheet=sheet, svg=svg, q=q, key=key, after=after, is_full=is_full, say=say)


routes: list[Any] = [cards]
