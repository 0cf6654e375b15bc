"""The office's pages about rewards: what is offered, at which price, and what lies where."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, get_args
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Malformed, Refusal
from timebank.actions.rewards.change_stock import Move, Reason, UnitsNotFit, change_stock
from timebank.actions.rewards.offer_reward import (
    add_place,
    change_reward,
    offer_reward,
    offer_reward_again,
    set_limits,
    withdraw_reward,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.pages.rewards.limit_form import PERIODS, LimitsTyped, limits_as_typed, limits_of
from timebank.pages.where import node_id, where
from timebank.people.callers import Caller, Right
from timebank.rewards import catalogue, categories, limits, places, stock
from timebank.rewards.catalogue import Details, PriceNotFit, Reward, ValueNotFit
from timebank.rewards.pictures import FALLBACK, PICTURES
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

keeper = [needs(Right.MANAGE_REWARDS)]
REASONS: tuple[Reason, ...] = get_args(Reason)


class RewardTyped(msgspec.Struct):
    """`price` in points and `value` in yuan, as people write them."""

    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    about: Long = ""
    about_en: Long = ""
    price: Short = ""
    picture: Short = FALLBACK
    donor: Short = ""
    donor_en: Short = ""
    value: Short = ""
    category: Short = categories.FALLBACK
    key: Short = ""


class MoveTyped(msgspec.Struct):
    place_id: Short = ""
    reason: Reason = "delivered"
    units: Short = ""
    note: Short = ""
    key: Short = ""


class PlaceTyped(msgspec.Struct):
    community_id: Short = ""
    name: Short = ""
    name_en: Short = ""
    key: Short = ""


def details(typed: RewardTyped) -> Details:
    """Raises PriceNotFit, ValueNotFit."""
    return Details(
        typed.name.strip(),
        units(typed.price),
        typed.name_en.strip(),
        typed.about.strip(),
        typed.about_en.strip(),
        typed.picture,
        typed.donor.strip(),
        typed.donor_en.strip(),
        hundredths(typed.value, "value", ValueNotFit) if typed.value.strip() else None,
        typed.category,
    )


def units(points: str) -> int:
    """`2.5` or `2,5` points as units of 1/100. Raises PriceNotFit for what has more than two decimals or is no figure."""
    return hundredths(points, "price", PriceNotFit)


def hundredths(text: str, field: str, refusal: type[Malformed]) -> int:
    """A figure with at most two decimals as so many hundredths; raises the refusal that names the field."""
    try:
        figure = Decimal(text.strip().replace("，", ",").replace(",", ".")) * 100
    except InvalidOperation as error:
        raise refusal(field=field, reason="not a figure") from error
    if not figure.is_finite() or figure != figure.to_integral_value() or not 0 < figure <= catalogue.HIGHEST_PRICE:
        raise refusal(field=field, reason="at most two decimals, more than nothing, at most a million")
    return int(figure)


def written(hundredths: int) -> str:
    return f"{Decimal(hundredths) / 100:f}".removesuffix(".00")


def as_typed(reward: Reward) -> RewardTyped:
    found = reward.details
    return RewardTyped(
        str(reward.community_id),
        found.name,
        found.name_en,
        found.about,
        found.about_en,
        written(found.price),
        found.picture,
        found.donor,
        found.donor_en,
        written(found.value_fen) if found.value_fen else "",
        found.category,
    )


@get("/office/rewards/new", guards=keeper)
async def new_reward(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await draw_new(request, caller, RewardTyped(community_id=at))


async def draw_new(request: Ask, caller: Caller, typed: RewardTyped, refusal: Refusal | None = None) -> Response[str]:
    found = await where(caller, Right.MANAGE_REWARDS, typed.community_id)
    return draw(
        request, "rewards/new.html", refusal, where=found, typed=typed, pictures=PICTURES, categories=categories.CATEGORIES
    )


@post("/office/rewards", guards=keeper)
async def take_reward(data: URLEncodedBody[RewardTyped], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "offer reward")
        made = (await offer_reward.once(key, caller, node_id(data.community_id), details(data), now)).value
    except Refusal as refusal:
        return await draw_new(request, caller, data, refusal)
    return go(f"/office/rewards/{made}")


@get("/office/rewards/{reward_id:uuid}", guards=keeper)
async def one_reward(reward_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return await draw_one(request, caller, reward_id)


async def draw_one(
    request: Ask,
    caller: Caller,
    reward_id: UUID,
    refusal: Refusal | None = None,
    typed: RewardTyped | None = None,
    moved: MoveTyped | None = None,
    limited: LimitsTyped | None = None,
) -> Response[str]:
    """What it is, and what of it lies at each place within reach. Raises NotFound, NotAllowed."""
    reward = await catalogue.find(reward_id)
    near = await places.below(caller.nodes(Right.MANAGE_REWARDS))
    shelves = [place for place in near if reward.community_id in place.ancestor_ids]
    if not shelves:
        caller.require(Right.MANAGE_REWARDS, reward.ancestor_ids)
    return draw(
        request,
        "rewards/reward.html",
        refusal,
        reward=reward,
        community=await tree.node(reward.community_id),
        may_change=caller.may(Right.MANAGE_REWARDS, reward.ancestor_ids),
        shelves=[(place, await stock.of(reward_id, place.id), await stock.moves(reward_id, place.id, 20)) for place in shelves],
        typed=typed or as_typed(reward),
        moved=moved or MoveTyped(),
        pictures=PICTURES,
        categories=categories.CATEGORIES,
        reasons=REASONS,
        limited=limited or limits_as_typed((await limits.of([reward_id])).get(reward_id, [])),
        is_limiting=limited is not None,
        periods=PERIODS,
        former=await catalogue.former_prices(reward_id),
        zone=(await tree.node(reward.community_id)).time_zone,
    )


@post("/office/rewards/{reward_id:uuid}/limits", guards=keeper)
async def take_limits(
    reward_id: FromPath[UUID], data: URLEncodedBody[LimitsTyped], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await set_limits(caller, reward_id, limits_of(data), now)
    except Refusal as refusal:
        return await draw_one(request, caller, reward_id, refusal, limited=data)
    return go(f"/office/rewards/{reward_id}#limits")


@post("/office/rewards/{reward_id:uuid}", guards=keeper)
async def take_change(
    reward_id: FromPath[UUID], data: URLEncodedBody[RewardTyped], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await change_reward(caller, reward_id, details(data), now)
    except Refusal as refusal:
        return await draw_one(request, caller, reward_id, refusal, typed=data)
    return go(f"/office/rewards/{reward_id}")


@post("/office/rewards/{reward_id:uuid}/withdraw", guards=keeper)
async def take_withdrawal(reward_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await withdraw_reward(caller, reward_id, now)
    return go(f"/office/rewards/{reward_id}")


@post("/office/rewards/{reward_id:uuid}/offer", guards=keeper)
async def take_offer(reward_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await offer_reward_again(caller, reward_id, now)
    return go(f"/office/rewards/{reward_id}")


@post("/office/rewards/{reward_id:uuid}/stock", guards=keeper)
async def take_move(
    reward_id: FromPath[UUID], data: URLEncodedBody[MoveTyped], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        move = Move(reward_id, node_id(data.place_id), pieces(data.units), data.reason, data.note)
        await change_stock.once(request_key(caller, data.key, data, now, "move stock"), caller, move, now)
    except Refusal as refusal:
        return await draw_one(request, caller, reward_id, refusal, moved=data)
    return go(f"/office/rewards/{reward_id}#stock")


def pieces(text: str) -> int:
    """Raises UnitsNotFit."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise UnitsNotFit(field="units", reason="a whole number")
    return int(plain)


@get("/office/rewards/places/new", guards=keeper)
async def new_place(request: Ask, caller: Who, at: FromQuery[str] = "") -> Response[str]:
    return await draw_place(request, caller, PlaceTyped(community_id=at))


async def draw_place(request: Ask, caller: Caller, typed: PlaceTyped, refusal: Refusal | None = None) -> Response[str]:
    found = await where(caller, Right.MANAGE_REWARDS, typed.community_id)
    return draw(request, "rewards/place.html", refusal, where=found, typed=typed)


@post("/office/rewards/places", guards=keeper)
async def take_place(data: URLEncodedBody[PlaceTyped], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        key = request_key(caller, data.key, data, now, "add place")
        made = (await add_place.once(key, caller, node_id(data.community_id), data.name, data.name_en, now)).value
    except Refusal as refusal:
        return await draw_place(request, caller, data, refusal)
    return go("/office/rewards?" + urlencode({"place": str(made)}))


routes: list[Any] = [
    new_reward,
    take_reward,
    one_reward,
    take_change,
    take_withdrawal,
    take_offer,
    take_move,
    take_limits,
    new_place,
    take_place,
]
