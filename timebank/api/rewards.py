"""The catalogue, the places and the stock."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.rewards.change_stock import Move, Reason, change_stock
from timebank.actions.rewards.count_stock import Counted, count_stock
from timebank.actions.rewards.offer_reward import add_place, change_reward, offer_reward, offer_reward_again, withdraw_reward
from timebank.people.callers import Right
from timebank.rewards import catalogue, places
from timebank.rewards.catalogue import Details, Offer, Reward
from timebank.rewards.places import Place
from timebank.web.access import known, needs
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

Short = Annotated[str, Meta(max_length=100)]
Long = Annotated[str, Meta(max_length=1000)]
keeper = [needs(Right.MANAGE_REWARDS)]


class Described(msgspec.Struct, forbid_unknown_fields=True):
    """`price` in units of 1/100 point; `picture` is the name of a drawing that comes with the program.

    `donor` gave it; `value_fen` is what one unit is worth, in 1/100 yuan.
    """

    name: Short
    price: Annotated[int, Meta(gt=0, le=catalogue.HIGHEST_PRICE)]
    name_en: Short = ""
    about: Long = ""
    about_en: Long = ""
    picture: Short = "gift"
    donor: Short = ""
    donor_en: Short = ""
    value_fen: Annotated[int, Meta(gt=0, le=catalogue.HIGHEST_PRICE)] | None = None
    category: Literal["food", "home", "care", "learning", "other"] = "other"


class NewReward(Described, forbid_unknown_fields=True, kw_only=True):
    community_id: UUID


class NewPlace(msgspec.Struct, forbid_unknown_fields=True):
    community_id: UUID
    name: Short
    name_en: Short = ""


class NewMove(msgspec.Struct, forbid_unknown_fields=True):
    """`delivered` and `found` add the units, every other reason takes them away."""

    reward_id: UUID
    place_id: UUID
    units: Annotated[int, Meta(gt=0, le=100_000)]
    reason: Reason
    note: Short = ""


class NewCount(msgspec.Struct, forbid_unknown_fields=True):
    place_id: UUID
    counts: Annotated[list[Counted], Meta(min_length=1, max_length=1000)]


class Different(msgspec.Struct):
    """How many rewards differed from the books."""

    different: int


class Count(msgspec.Struct):
    count: int


def details(data: Described) -> Details:
    return Details(**{name: getattr(data, name) for name in Details.__struct_fields__})


@get("/api/v1/places", guards=keeper)
async def get_places(caller: Who) -> list[Place]:
    """The places within the keeper's reach."""
    return await places.below(caller.nodes(Right.MANAGE_REWARDS))


@post("/api/v1/places", guards=keeper)
async def post_place(data: JSONBody[NewPlace], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    asked = request_key(caller, key, data, now, "add place")
    answer = await add_place.once(asked, caller, data.community_id, data.name, data.name_en, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@get("/api/v1/places/{place_id:uuid}/rewards", guards=[known])
async def get_offers(place_id: FromPath[UUID], now: Now) -> list[Offer]:
    """What is offered at a place, with what is free."""
    return await catalogue.at_place(place_id, now)


@get("/api/v1/rewards", guards=keeper)
async def get_rewards(caller: Who) -> list[Reward]:
    """The rewards within the keeper's reach, withdrawn ones too."""
    return await catalogue.below(caller.nodes(Right.MANAGE_REWARDS))


@post("/api/v1/rewards", guards=keeper)
async def post_reward(data: JSONBody[NewReward], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    asked = request_key(caller, key, data, now, "offer reward")
    answer = await offer_reward.once(asked, caller, data.community_id, details(data), now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@put("/api/v1/rewards/{reward_id:uuid}", guards=keeper)
async def put_reward(reward_id: FromPath[UUID], data: JSONBody[Described], caller: Who, now: Now) -> Reward:
    """Safe to repeat. A price that somebody has seen is honoured for the minutes that the policy names."""
    await change_reward(caller, reward_id, details(data), now)
    return await catalogue.find(reward_id)


@post("/api/v1/rewards/{reward_id:uuid}/withdraw", guards=keeper, status_code=204)
async def post_withdraw(reward_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Safe to repeat; receipts stay good."""
    await withdraw_reward(caller, reward_id, now)


@post("/api/v1/rewards/{reward_id:uuid}/offer", guards=keeper, status_code=204)
async def post_offer(reward_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Takes a withdrawal back. Safe to repeat."""
    await offer_reward_again(caller, reward_id, now)


@post("/api/v1/stock-moves", guards=keeper)
async def post_move(data: JSONBody[NewMove], caller: Who, now: Now, key: Key = None) -> Response[Count]:
    """Changes a stock, with its reason on record; the first move puts the reward on offer at the place."""
    asked = request_key(caller, key, data, now, "move stock")
    answer = await change_stock.once(
        asked, caller, Move(data.reward_id, data.place_id, data.units, data.reason, data.note), now
    )
    return Response(Count(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/stock-counts", guards=keeper)
async def post_count(data: JSONBody[NewCount], caller: Who, now: Now, key: Key = None) -> Response[Different]:
    """A stock-taking: every difference becomes a move, found or missing; all or nothing."""
    asked = request_key(caller, key, data, now, "count stock")
    answer = await count_stock.once(asked, caller, data.place_id, data.counts, now)
    return Response(Different(answer.value), status_code=200 if answer.is_replay else 201)


routes: list[Any] = [
    get_places,
    post_place,
    get_offers,
    get_rewards,
    post_reward,
    put_reward,
    post_withdraw,
    post_offer,
    post_move,
    post_count,
]
