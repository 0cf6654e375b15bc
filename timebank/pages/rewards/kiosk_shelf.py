"""The kiosk's screen before a person: choose, confirm, receipt."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from schedules.errors import NotFound, Refusal
from timebank.actions.rewards.redeem import Order, redeem_at_kiosk, what_became_of
from timebank.actions.rewards.visit_kiosk import kiosk_of, stand_at_kiosk
from timebank.pages.render import go
from timebank.pages.rewards.kiosk_frame import (
    SECONDS_IN_QUEUE,
    SECONDS_OF_RECEIPT,
    Ask,
    Visiting,
    draw,
    draw_refusal,
    in_queue,
    kiosk_routes,
)
from timebank.points import support_payments, wallets
from timebank.rewards import catalogue, limits, orders, receipts, windows
from timebank.rewards.redemptions import PriceChanged
from timebank.rewards.visits import VisitOver
from timebank.web.request import Now, Who

FEW = 8
"""So many rewards are seen at once, without kinds to choose from."""


class Confirmed(msgspec.Struct):
    """`key` was made with the page and stays the same however often the form is sent."""

    key: Annotated[str, Meta(pattern="^[!-~]{8,200}$")]
    reward: UUID
    price: Annotated[int, Meta(gt=0, le=2**53)]


@get("/rewards")
async def choose(request: Ask, caller: Who, now: Now, visit: Visiting = "", kind: FromQuery[str] = "") -> Response[str]:
    """What there is, and what of it the person can afford."""
    person = await stand_at_kiosk(caller, visit, now)
    available = await _to_spend(person.member_id, now)
    offers = await catalogue.at_place(kiosk_of(caller).place_id, now)
    kinds = catalogue.kinds(offers) if len(offers) > FEW else []
    waiting = await receipts.waiting_for(person.member_id)
    reached = await limits.reached(person.member_id, kiosk_of(caller).place_id, now)
    return await draw(
        request,
        caller,
        now,
        "rewards.html",
        visit=person,
        available=available,
        kinds=kinds,
        kind=kind if kind in kinds else "",
        offers=[offer for offer in offers if kind not in kinds or offer.category == kind],
        waiting=waiting,
        ordered=[order for order in await orders.of(person.member_id, now) if order.state == "waiting"],
        reached=reached,
        opening=await windows.at(kiosk_of(caller).place_id, now),
    )


@get("/rewards/{reward_id:uuid}")
async def confirm(reward_id: FromPath[UUID], request: Ask, caller: Who, now: Now, visit: Visiting = "") -> Response[str]:
    """One reward, its price, and what is left afterwards."""
    person = await stand_at_kiosk(caller, visit, now)
    available = await _to_spend(person.member_id, now)
    offer = await catalogue.one_at_place(reward_id, kiosk_of(caller).place_id, now)
    reached = (await limits.reached(person.member_id, kiosk_of(caller).place_id, now)).get(reward_id)
    opening = await windows.at(kiosk_of(caller).place_id, now)
    return await draw(request, caller, now, "confirm.html", offer=offer, available=available, reached=reached, opening=opening)


async def _to_spend(member_id: UUID, now: Now) -> int:
    """With what the pool would pay: one figure, because whoever stands behind the person reads the screen too."""
    return (await wallets.balance(member_id)).available + await support_payments.left(member_id, now)


@post("/redeem")
async def take(data: URLEncodedBody[Confirmed], request: Ask, caller: Who, now: Now, visit: Visiting = "") -> Response[Any]:
    """Points and stock move together. Sent again it leads to the same receipt."""
    try:
        await redeem_at_kiosk(caller, visit, Order(data.reward, data.price, data.key), now)
    except VisitOver:
        raise
    except Refusal as refusal:
        back = f"/kiosk/rewards/{data.reward}" if isinstance(refusal, PriceChanged) else "/kiosk/rewards"
        return await draw_refusal(request, caller, now, refusal, data.key, back)
    return go(f"/kiosk/receipts/{data.key}")


@get("/redeem")
async def nothing_confirmed() -> Redirect:
    """Where the language switch leads after an exchange was refused."""
    return go("/kiosk/rewards")


@get("/receipts/{key:str}")
async def receipt(key: FromPath[str], request: Ask, caller: Who, now: Now, visit: Visiting = "") -> Response[Any]:
    """What the person before the kiosk has just taken; told without its code where the visit has ended. Raises NotFound."""
    _, slip = await what_became_of(caller, key)
    try:
        person = await stand_at_kiosk(caller, visit, now)
    except VisitOver:
        return go(f"/kiosk?about={key}")
    if slip is None or slip.member_id != person.member_id:
        raise NotFound(what="receipt")
    seconds = SECONDS_IN_QUEUE if in_queue(request) else SECONDS_OF_RECEIPT
    left = (await wallets.balance(person.member_id)).available
    return await draw(request, caller, now, "receipt.html", receipt=slip, left=left, seconds=seconds)


routes: list[Any] = [kiosk_routes(choose, confirm, take, nothing_confirmed, receipt)]
