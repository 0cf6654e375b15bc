"""The public board at the start address: today, this week, free rooms, what the neighbourhood gave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from babel.numbers import format_decimal
from litestar import Response, get
from litestar.params import FromQuery

from schedules import walltimes
from schedules.errors import NotFound
from timebank.actions.activities.see_board import Totals, neighbourhoods, see_board
from timebank.actions.hours.notices import count_notices
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy, Rules
from timebank.communities.tree import Node
from timebank.pages.forms import Ask
from timebank.pages.render import page
from timebank.people.callers import Caller
from timebank.web.access import anyone
from timebank.web.formats import LOCALES
from timebank.web.request import Installed, Now, Reads, Who
from timebank.web.words import Language

EVERYWHERE = "all"


@get("/", guards=[anyone])
async def show_board(
    request: Ask,
    caller: Who,
    settings: Installed,
    language: Reads,
    now: Now,
    community: FromQuery[str] = "",
    for_me: FromQuery[bool] = False,
) -> Response[str]:
    nodes = await neighbourhoods()
    here = await chosen(nodes, community, caller)
    zone = here.time_zone if here else settings.time_zone
    only_open = for_me and caller.member_id is not None
    board = await see_board(caller, here.id if here else None, zone, now, only_open)
    rules = await rules_of(here or (nodes[0] if nodes else None), zone, now)
    return page(
        request,
        "board/board.html",
        board=board,
        nodes=nodes,
        here=here,
        place=here or (nodes[0] if nodes else None),
        zone=zone,
        only_open=only_open,
        figures=spelled(board.totals, language),
        unit=rules.unit_zh if language == "zh" else rules.unit_en,
        notices=await count_notices(caller, now),
    )


async def chosen(nodes: list[Node], community: str, caller: Caller) -> Node | None:
    """The node that the address names; without a name, the member's own community. None: everywhere (`all`, and strangers).

    Raises NotFound for a node that is not offered.
    """
    if not community and caller.community_id:
        home = await tree.ancestors(caller.community_id)
        return next((node for node in reversed(nodes) if node.id in home), None)
    for node in nodes:
        if str(node.id) == community:
            return node
    if community not in ("", EVERYWHERE):
        raise NotFound(what="community")
    return None


async def rules_of(node: Node | None, zone: str, now: datetime) -> Rules:
    """The rules in force today, for the name of the unit; the start values where none are."""
    try:
        return (await policies.in_force(node.id, walltimes.day_of(now, zone))).rules if node else Rules()
    except NoPolicy:
        return Rules()


def spelled(totals: Totals, language: Language) -> dict[str, str]:
    """Whole hours, rounded down, and people, with the language's separators; the exact time stands beside them."""
    locale = LOCALES[language]
    return {
        "hours": format_decimal(totals.minutes // 60, locale=locale),
        "people": format_decimal(totals.people, locale=locale),
        "rooms": format_decimal(totals.room_minutes // 60, locale=locale),
    }


routes: list[Any] = [show_board]
