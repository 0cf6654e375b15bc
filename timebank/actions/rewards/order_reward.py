"""Ordered from one's own phone, to be fetched with a code: points and unit are held until then, or until the time is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.actions.rewards.redeem import Order as Asked
from timebank.actions.rewards.redeem import by_member, wanted
from timebank.actions.rewards.set_aside import set_aside
from timebank.communities import policies
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import departures, guardians
from timebank.people.callers import Caller
from timebank.rewards import orders, places
from timebank.rewards.orders import Order


@action
async def order_reward(caller: Caller, place_id: UUID, asked: Asked, now: datetime) -> Order:
    """Safe to repeat: the same key gives the same order, a refusal leaves the key unused.

    Raises SignInNeeded, AlreadyLeft, ConsentMissing, NotFound for the place, and what `orders.set_aside` raises. Locks the
    member against leaving, then as it does.
    """
    member_id, place = caller.member(), await places.find(place_id)
    await departures.require_here(member_id)
    await guardians.require_kept(member_id, now)
    rules = (await policies.in_force(place.community_id, place.today(now))).rules
    unit = wanted("order", by_member(member_id, place_id), asked, rules.quote_minutes)
    held = await set_aside(unit, place_id, member_id, timedelta(days=rules.pickup_days), now, is_order=True)
    made = await orders.find(held.id, now)
    if not held.is_replay:
        await messages.promise([_reminder(made)], now)
    return made


def _reminder(order: Order) -> Message:
    """A day before the end; half-way where it waits for less than two."""
    return Message(
        key=reminder_key(order.id),
        person_id=order.member_id,
        kind="order_lapses",
        facts={
            **{name: getattr(order, name) for name in ("reward", "reward_en", "place", "place_en", "time_zone")},
            "expires_at": order.expires_at.isoformat(),
        },
        path=f"/me/orders/{order.id}",
        is_reminder=True,
        due_at=order.expires_at - min(timedelta(days=1), (order.expires_at - order.made_at) / 2),
        useful_until=order.expires_at,
    )


def reminder_key(order_id: UUID) -> str:
    """Of the message that an order lapses soon; it is taken back when the order ends."""
    return f"order:{order_id}:lapses"


@action
async def cancel_order(caller: Caller, order_id: UUID, now: datetime) -> Order:
    """Points and unit are free again. Safe to repeat.

    Raises NotFound, also for somebody else's order, and HoldOver where it was fetched. Locks the hold, then
    the wallet and that of a pool that paid for it, ascending.
    """
    order = await orders.find(order_id, now)
    if order.member_id != caller.member():
        raise NotFound(what="order")
    await orders.kept_back(order_id)
    await messages.withdraw([reminder_key(order_id)])
    return await orders.find(order_id, now)
