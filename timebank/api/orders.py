"""Rewards ordered from one's own phone, to be fetched with a code."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta

from timebank.actions.rewards.order_reward import cancel_order, order_reward
from timebank.actions.rewards.redeem import Order as Asked
from timebank.api.redemptions import checked
from timebank.people.callers import Right
from timebank.rewards import orders, places
from timebank.rewards.orders import Order
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who

Key = Annotated[str, HeaderParameter(name="Idempotency-Key")]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """`price` is what the member was shown, in units of 1/100 point; `place_id` where it is fetched."""

    reward_id: UUID
    place_id: UUID
    price: Annotated[int, Meta(gt=0, le=2**53)]


@post("/api/v1/orders", guards=[signed_in])
async def post_order(data: JSONBody[Wanted], key: Key, caller: Who, now: Now) -> Response[Order]:
    """Holds the points and one unit until it is fetched or the time is over. A repeat with its key gives the same order."""
    return Response(await order_reward(caller, data.place_id, Asked(data.reward_id, data.price, checked(key)), now))


@get("/api/v1/orders", guards=[signed_in])
async def get_orders(caller: Who, now: Now) -> list[Order]:
    """One's own, those that wait first."""
    return await orders.of(caller.member(), now)


@post("/api/v1/orders/{order_id:uuid}/cancel", guards=[signed_in], status_code=200)
async def post_cancel(order_id: FromPath[UUID], caller: Who, now: Now) -> Order:
    """Gives points and unit back. Safe to repeat."""
    return await cancel_order(caller, order_id, now)


@get("/api/v1/places/{place_id:uuid}/orders", guards=[needs(Right.MANAGE_REWARDS)])
async def get_waiting(place_id: FromPath[UUID], caller: Who, now: Now) -> list[Order]:
    """What waits there to be fetched, the first to lapse first. The codes are theirs who ordered: they are left out."""
    caller.require(Right.MANAGE_REWARDS, (await places.find(place_id)).ancestor_ids)
    return [msgspec.structs.replace(order, code="") for order in await orders.waiting(place_id, now)]


routes: list[Any] = [post_order, get_orders, post_cancel, get_waiting]
