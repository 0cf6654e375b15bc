"""The shelf of a place is counted: one figure for each reward, compared with the books in one go."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from schedules.errors import Refusal
from timebank.actions.rewards.change_stock import MOST
from timebank.actions.rewards.count_stock import Counted, CountNotFit, count_stock
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.pages.where import node_id
from timebank.people.callers import Caller, Right
from timebank.rewards import places, stock
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

keeper = [needs(Right.MANAGE_REWARDS)]


class Sheet(msgspec.Struct, frozen=True):
    """What a filled-in form says, as its key stands for it."""

    place_id: UUID
    counts: list[Counted]


@get("/office/rewards/count", guards=keeper)
async def counting(request: Ask, caller: Who, place: FromQuery[str] = "") -> Response[str]:
    return await draw_count(request, caller, place, {})


async def draw_count(
    request: Ask, caller: Caller, place_id: str, typed: dict[str, str], refusal: Refusal | None = None
) -> Response[str]:
    """Raises NotFound, NotAllowed."""
    here = await places.find(node_id(place_id))
    caller.require(Right.MANAGE_REWARDS, here.ancestor_ids)
    return draw(request, "rewards/count.html", refusal, here=here, lines=await stock.at_place(here.id), typed=typed)


@post("/office/rewards/count", guards=keeper)
async def take_count(request: Ask, caller: Who, now: Now) -> Response[Any]:
    """What was left empty was not counted. The form has as many fields as the shelf has rewards."""
    data = {name: text for name, text in (await request.form()).items() if isinstance(text, str)}
    place_id = data.get("place", "")
    try:
        sheet = Sheet(node_id(place_id), counts_of(data))
        key = request_key(caller, data.get("key", ""), sheet, now, "count stock")
        different = (await count_stock.once(key, caller, sheet.place_id, sheet.counts, now)).value
    except Refusal as refusal:
        return await draw_count(request, caller, place_id, data, refusal)
    return go("/office/rewards?" + urlencode({"place": place_id, "counted": different}))


def counts_of(data: dict[str, str]) -> list[Counted]:
    """The fields `counted-<reward>` with their `seen-<reward>`. Raises CountNotFit, also where nothing was counted."""
    fields = [name.removeprefix("counted-") for name, text in data.items() if name.startswith("counted-") and text.strip()]
    if not fields:
        raise CountNotFit(field="counted", reason="nothing was counted")
    return [Counted(node_id(one), pieces(data, f"seen-{one}"), pieces(data, f"counted-{one}")) for one in fields]


def pieces(data: dict[str, str], field: str) -> int:
    """Raises CountNotFit, which names the field."""
    plain = data.get(field, "").strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 7 and int(plain) <= MOST):
        raise CountNotFit(field=field, reason="a whole number")
    return int(plain)


routes: list[Any] = [counting, take_count]
