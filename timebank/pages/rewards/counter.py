"""The keeper's page of one place: a code is shown, the reward goes over the counter; below, what waits and what lies there."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from schedules.errors import NotFound, Refusal
from timebank.actions.rewards.hand_over import hand_over
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.rewards import catalogue, orders, places, receipts, stock, windows
from timebank.rewards.receipts import Slip
from timebank.rewards.redemptions import AlreadyCollected
from timebank.web.access import needs
from timebank.web.request import Now, Who

keeper = [needs(Right.MANAGE_REWARDS)]


class CodeTyped(msgspec.Struct):
    code: Short = ""
    place: Short = ""


@get("/office/rewards", guards=keeper)
async def counter(
    request: Ask, caller: Who, now: Now, place: FromQuery[str] = "", done: FromQuery[str] = "", counted: FromQuery[str] = ""
) -> Response[str]:
    """`place`: the one the keeper stands at, else the first within reach; `done`: the code that was handed over just now;
    `counted`: how many rewards differed in a stock-taking.
    """
    slip = await slip_within_reach(caller, done) if done else None
    return await draw_counter(request, caller, now, place, slip=slip, counted=counted if counted.isdigit() else "")


async def draw_counter(
    request: Ask,
    caller: Caller,
    now: datetime,
    place: str,
    refusal: Refusal | None = None,
    typed: str = "",
    slip: Slip | None = None,
    counted: str = "",
) -> Response[str]:
    near = await places.below(caller.nodes(Right.MANAGE_REWARDS))
    here = next((each for each in near if str(each.id) == place), near[0] if near else None)
    ordered = await orders.waiting(here.id, now) if here else []
    return draw(
        request,
        "rewards/counter.html",
        refusal,
        places=near,
        here=here,
        waiting=await receipts.to_collect(here.id) if here else [],
        ordered=ordered,
        ended=await orders.ended(here.id, now) if here else [],
        held=Counter(order.reward_id for order in ordered),
        opening=await windows.at(here.id, now) if here else None,
        lines=await stock.at_place(here.id) if here else [],
        rewards=await catalogue.below(caller.nodes(Right.MANAGE_REWARDS)),
        typed=typed,
        slip=slip,
        counted=counted,
        lately=await receipts.lately(here.id, now, 20) if here else [],
    )


async def slip_within_reach(caller: Caller, code: str) -> Slip | None:
    """The receipt of a code, where the caller keeps rewards at its place."""
    try:
        slip = await receipts.under_code(code)
    except NotFound:
        return None
    return slip if caller.may(Right.MANAGE_REWARDS, (await places.find(slip.place_id)).ancestor_ids) else None


@post("/office/rewards/hand-over", guards=keeper)
async def take_code(data: URLEncodedBody[CodeTyped], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """Once: a second showing says when and where it went over the counter."""
    try:
        slip = await hand_over(caller, data.code, now)
    except Refusal as refusal:
        slip_before = await slip_within_reach(caller, data.code) if isinstance(refusal, AlreadyCollected) else None
        return await draw_counter(request, caller, now, data.place, refusal, data.code[:20], slip_before)
    return go("/office/rewards?" + urlencode({"place": data.place, "done": slip.code}))


@get("/office/rewards/hand-over", guards=keeper)
async def no_code() -> Response[Any]:
    """Where the language switch leads after a code was refused."""
    return go("/office/rewards")


routes: list[Any] = [counter, take_code, no_code]
