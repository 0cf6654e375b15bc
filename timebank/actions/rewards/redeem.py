"""One reward for its price: points and stock move together, in the request, never through the queue."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from timebank.actions.action import action, one_statement
from timebank.actions.rewards.visit_kiosk import Kiosk, kiosk_of
from timebank.communities import policies
from timebank.outbox.functions import KeyConflict
from timebank.people.callers import Caller
from timebank.points import support_payments
from timebank.points.refusals import InsufficientPoints
from timebank.points.support_payments import WantedUnit
from timebank.rewards import places, receipts, redemptions, visits
from timebank.rewards.receipts import Slip
from timebank.rewards.redemptions import REWARDS, PriceChanged, Receipt


class Order(msgspec.Struct, frozen=True):
    """What is asked for, at the price that the person saw (units of 1/100 point), under the client's own key."""

    reward_id: UUID
    quoted_price: int
    key: str


class Buyer(msgspec.Struct, frozen=True):
    """Who pays, where it lies, and who asks: the kiosk, or the member."""

    member_id: UUID
    place_id: UUID
    scope: str
    actor_id: UUID


def by_member(member_id: UUID, place_id: UUID) -> Buyer:
    """Who asks for oneself."""
    return Buyer(member_id, place_id, f"member:{member_id}", member_id)


def wanted(verb: Literal["redeem", "order", "machine"], buyer: Buyer, order: Order, quote_minutes: int) -> WantedUnit:
    """The unit under its key; what the key stands for: two requests are one only when all of this is the same (ledger-21)."""
    asked = f"{verb}\0{buyer.member_id}\0{order.reward_id}\0{buyer.place_id}\0{order.quoted_price}"
    return WantedUnit(
        scope=buyer.scope,
        client_key=order.key,
        request_hash=hashlib.sha256(asked.encode()).digest(),
        member_id=buyer.member_id,
        reward_id=order.reward_id,
        quoted_price=order.quoted_price,
        quote_minutes=quote_minutes,
        claims=verb == "redeem",
    )


async def redeem_at_kiosk(caller: Caller, visit: str, order: Order, now: datetime) -> Receipt:
    """By the person before this kiosk. Raises DeviceNeeded, VisitOver, CardNotValid, PinNeeded, and as `redeem` does.

    Safe to repeat. A repeat is answered with its receipt also when the visit has ended meanwhile: the key is the kiosk's own.
    Who asks for something else under it is told KeyConflict then too.
    """
    kiosk = kiosk_of(caller)
    try:
        return await _at_the_price_seen(
            lambda minutes, helped: _take_standing(kiosk, visit, order, now, minutes, helped), kiosk.place_id, now
        )
    except (visits.VisitOver, visits.CardNotValid):
        if (done := await _done_before(kiosk, visit, order, now)) is None:
            raise
        return done


async def _done_before(kiosk: Kiosk, visit: str, order: Order, now: datetime) -> Receipt | None:
    """What this very request has led to; a visit that is forgotten by now is taken to be that of the receipt.

    Raises KeyConflict where its key stands for another request.
    """
    if (done := await redemptions.by_key(kiosk.scope, order.key)) is None:
        return None
    member_id = await visits.whose(visit, kiosk.id)
    if member_id is None and done.made_at < now - visits.KEPT:
        member_id = done.member_id
    if member_id is not None:
        unit = wanted("redeem", Buyer(member_id, done.place_id, kiosk.scope, kiosk.id), order, 0)
        if await redemptions.is_for(done.id, unit.request_hash):
            return done
    raise KeyConflict(key=order.key)


async def redeem_for_oneself(caller: Caller, place_id: UUID, order: Order, now: datetime) -> Receipt:
    """By the member who is signed in, at the counter of `place_id`: paid at once, where an order only holds (`order_reward`).

    Raises what `redeem` raises. Safe to repeat.
    """
    return await redeem(by_member(caller.member(), place_id), order, now)


async def redeem(buyer: Buyer, order: Order, now: datetime) -> Receipt:
    """Safe to repeat: the same key gives the same receipt, marked `replayed`; a refusal leaves the key unused.

    Raises InsufficientPoints, SoldOut, PriceChanged, RewardWithdrawn, UnknownReward, AccountClosed, NotEligible, Abandoned, and
    KeyConflict where the key stands for another member, reward, place or price. Locks the key, the wallet, then the stock.
    """
    return await _at_the_price_seen(
        lambda minutes, helped: _take_helped(buyer, order, now, minutes) if helped else _take(buyer, order, minutes),
        buyer.place_id,
        now,
    )


async def _at_the_price_seen(take: Callable[[int, bool], Awaitable[Receipt]], place_id: UUID, now: datetime) -> Receipt:
    try:
        return await _from_the_pool_too(take, 0)
    except PriceChanged:
        # Rare, so that only then the policy is asked how long a price that was seen still holds (ledger-69).
        place = await places.find(place_id)
        rules = (await policies.in_force(place.community_id, place.today(now))).rules
        return await _from_the_pool_too(take, rules.quote_minutes)


async def _from_the_pool_too(take: Callable[[int, bool], Awaitable[Receipt]], quote_minutes: int) -> Receipt:
    try:
        return await take(quote_minutes, False)
    except InsufficientPoints:
        # Rare as well: only then it is asked whether the pool pays for this member what is missing.
        return await take(quote_minutes, True)


@one_statement
async def _take(buyer: Buyer, order: Order, quote_minutes: int) -> Receipt:
    return await _pay(buyer, order, quote_minutes)


@action
async def _take_helped(buyer: Buyer, order: Order, now: datetime, quote_minutes: int) -> Receipt:
    """What the pool puts to it and the exchange, in one transaction."""
    await _help(buyer, order, now, quote_minutes)
    return await _pay(buyer, order, quote_minutes)


@action
async def _take_standing(kiosk: Kiosk, visit: str, order: Order, now: datetime, quote_minutes: int, is_helped: bool) -> Receipt:
    """Who stands there and what they pay, in one transaction: the look locks the visit, so that it cannot end in between."""
    buyer = Buyer(await visits.buyer(visit, kiosk.id, now), kiosk.place_id, kiosk.scope, kiosk.id)
    if is_helped:
        await _help(buyer, order, now, quote_minutes)
    return await _pay(buyer, order, quote_minutes)


async def _help(buyer: Buyer, order: Order, now: datetime, quote_minutes: int) -> None:
    await support_payments.pay_missing_for_reward(REWARDS, wanted("redeem", buyer, order, quote_minutes), now)


async def _pay(buyer: Buyer, order: Order, quote_minutes: int) -> Receipt:
    return await redemptions.redeem(
        buyer.scope,
        order.key,
        wanted("redeem", buyer, order, quote_minutes).request_hash,
        buyer.member_id,
        order.reward_id,
        buyer.place_id,
        order.quoted_price,
        buyer.actor_id,
        quote_minutes=quote_minutes,
    )


async def what_became_of(caller: Caller, key: str) -> tuple[Literal["done", "refused", "unknown"], Slip | None]:
    """What this kiosk's key has led to (ledger-133). Raises DeviceNeeded."""
    scope = kiosk_of(caller).scope
    if slip := await receipts.under_key(scope, key):
        return "refused" if slip.state == "undone" else "done", slip
    return "refused" if await receipts.is_abandoned(scope, key) else "unknown", None
