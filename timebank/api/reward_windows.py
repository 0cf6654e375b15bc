"""When points are exchanged, and how much of a reward there is for one."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta

from timebank.actions.rewards.keep_windows import add_window, remove_window
from timebank.actions.rewards.offer_reward import set_limits
from timebank.communities import tree
from timebank.people.callers import Right
from timebank.rewards import catalogue, limits, places, windows
from timebank.rewards.catalogue import Former
from timebank.rewards.limits import Limit
from timebank.rewards.windows import Opening, Span, Window
from timebank.web.access import known, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

keeper, ruler = [needs(Right.MANAGE_REWARDS)], [needs(Right.SET_RULES)]


class NewWindow(Span, frozen=True, forbid_unknown_fields=True, kw_only=True):
    community_id: UUID


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    """One for a person and one for a household at most; an empty list takes the limits off."""

    limits: Annotated[list[Limit], Meta(max_length=2)]


@get("/api/v1/places/{place_id:uuid}/opening", guards=[known])
async def get_opening(place_id: FromPath[UUID], now: Now) -> Opening:
    """Whether points are exchanged at a place now, or when next; `is_limited` false: always."""
    return await windows.at((await places.find(place_id)).id, now)


@get("/api/v1/reward-windows", guards=keeper)
async def get_windows(community_id: FromQuery[UUID]) -> list[Window]:
    """The windows that hold at this community: its own, else those of the nearest node above it that has any."""
    return await windows.holding(await tree.ancestors(community_id))


@post("/api/v1/reward-windows", guards=ruler)
async def post_window(data: JSONBody[NewWindow], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """One more window; outside of a community's windows nothing is exchanged. Days and times are the community's own."""
    span = Span(data.first_on, data.last_on, data.repeats, data.from_time, data.until_time)
    asked = request_key(caller, key, data, now, "add window")
    answer = await add_window.once(asked, caller, data.community_id, span, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/reward-windows/{window_id:uuid}/remove", guards=ruler, status_code=204)
async def post_removal(window_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Safe to repeat. Without windows points are exchanged at all times."""
    await remove_window(caller, window_id, now)


@put("/api/v1/rewards/{reward_id:uuid}/limits", guards=keeper)
async def put_limits(reward_id: FromPath[UUID], data: JSONBody[Limits], caller: Who, now: Now) -> list[Limit]:
    """These limits and no others, from now on. Safe to repeat."""
    await set_limits(caller, reward_id, data.limits, now)
    return (await limits.of([reward_id])).get(reward_id, [])


@get("/api/v1/rewards/{reward_id:uuid}/prices", guards=keeper)
async def get_prices(reward_id: FromPath[UUID], caller: Who) -> list[Former]:
    """What it cost before, the latest first; `replaced_at` is the end of each."""
    caller.require(Right.MANAGE_REWARDS, (await catalogue.find(reward_id)).ancestor_ids)
    return await catalogue.former_prices(reward_id)


routes: list[Any] = [get_opening, get_windows, post_window, post_removal, put_limits, get_prices]
