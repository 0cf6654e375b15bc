"""The rewards on one's own phone: what there is at a place, an order, and its code."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from msgspec import Meta

from schedules.errors import NotFound, Refusal
from timebank.actions.people.see_me import see_purse
from timebank.actions.rewards.order_reward import cancel_order, order_reward
from timebank.actions.rewards.redeem import Order as Asked
from timebank.communities import policies
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.qr import svg
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.rewards import catalogue, limits, orders, places, receipts, windows
from timebank.rewards.places import Place
from timebank.web.access import signed_in
from timebank.web.request import Now, Who


class Confirmed(msgspec.Struct):
    """`key` was made with the page and stays the same however often the form is sent; `price` in units."""

    key: Annotated[str, Meta(pattern="^[!-~]{8,200}$")]
    place: UUID
    price: Annotated[int, Meta(gt=0, le=2**53)]


def chosen(near: list[Place], wanted: str) -> Place | None:
    """The place that was asked for, else the nearest."""
    return next((each for each in near if str(each.id) == wanted), near[0] if near else None)


@get("/rewards", guards=[signed_in])
async def shelf(
    request: Ask, caller: Who, now: Now, place: FromQuery[Short] = "", kind: FromQuery[Short] = ""
) -> Response[str]:
    """What there is at a place, what of it one can afford, and what waits to be fetched."""
    near = await places.near(caller.member())
    here = chosen(near, place)
    offers = await catalogue.at_place(here.id, now) if here else []
    kinds = catalogue.kinds(offers)
    return draw(
        request,
        "rewards/shelf.html",
        purse=await see_purse(caller, now),
        places=near,
        here=here,
        kinds=kinds,
        kind=kind if kind in kinds else "",
        offers=[offer for offer in offers if kind not in kinds or offer.category == kind],
        reached=await limits.reached(caller.member(), here.id, now) if here else {},
        opening=await windows.at(here.id, now) if here else None,
        waiting=[order for order in await orders.of(caller.member(), now) if order.state == "waiting"],
    )


@get("/rewards/{reward_id:uuid}", guards=[signed_in])
async def one(reward_id: FromPath[UUID], request: Ask, caller: Who, now: Now, place: FromQuery[Short] = "") -> Response[str]:
    """One reward, its price and limits, and what is left afterwards."""
    return await draw_one(request, caller, now, reward_id, place)


async def draw_one(
    request: Ask, caller: Caller, now: Now, reward_id: UUID, place: str, refusal: Refusal | None = None
) -> Response[str]:
    """Raises NotFound where it does not lie at that place."""
    here = chosen(await places.near(caller.member()), place)
    if here is None:
        raise NotFound(what="place")
    return draw(
        request,
        "rewards/order.html",
        refusal,
        purse=await see_purse(caller, now),
        here=here,
        offer=await catalogue.one_at_place(reward_id, here.id, now),
        reached=(await limits.reached(caller.member(), here.id, now)).get(reward_id),
        opening=await windows.at(here.id, now),
        days=(await policies.in_force(here.community_id, here.today(now))).rules.pickup_days,
    )


@post("/rewards/{reward_id:uuid}/order", guards=[signed_in])
async def take_order(
    reward_id: FromPath[UUID], data: URLEncodedBody[Confirmed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    """Sent again it leads to the same order."""
    try:
        order = await order_reward(caller, data.place, Asked(reward_id, data.price, data.key), now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await draw_one(request, caller, now, reward_id, str(data.place), refusal)
    return go(f"/me/orders/{order.id}")


@get("/rewards/{reward_id:uuid}/order", guards=[signed_in])
async def not_ordered(reward_id: FromPath[UUID]) -> Response[Any]:
    """Where the language switch leads after an order was refused."""
    return go(f"/rewards/{reward_id}")


@get("/me/orders", guards=[signed_in])
async def own_orders(request: Ask, caller: Who, now: Now) -> Response[str]:
    """What was ordered, and what is paid for and not fetched yet: who has lost a kiosk's slip finds its code here."""
    bought = await receipts.waiting_for(caller.member())
    return draw(request, "rewards/orders.html", orders=await orders.of(caller.member(), now), bought=bought)


@get("/me/orders/{order_id:uuid}", guards=[signed_in])
async def own_order(order_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The code to show at the counter. Raises NotFound, also for somebody else's."""
    order = await orders.find(order_id, now)
    if order.member_id != caller.member():
        raise NotFound(what="order")
    return draw(request, "rewards/own_order.html", order=order, svg=svg, again=urlencode({"place": str(order.place_id)}))


@post("/me/orders/{order_id:uuid}/cancel", guards=[signed_in])
async def take_cancel(order_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Points and unit are free again. Safe to repeat."""
    await cancel_order(caller, order_id, now)
    return go(f"/me/orders/{order_id}")


routes: list[Any] = [shelf, one, take_order, not_ordered, own_orders, own_order, take_cancel]
