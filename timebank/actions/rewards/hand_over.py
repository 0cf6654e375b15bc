"""At the counter: a code is shown, the reward goes over it, once."""

from __future__ import annotations

from datetime import datetime

from schedules.errors import NotFound, Refusal
from timebank.actions.action import action
from timebank.actions.rewards.order_reward import reminder_key
from timebank.outbox import messages
from timebank.people.callers import Caller, Right
from timebank.rewards import orders, places, receipts, redemptions
from timebank.rewards.receipts import Slip


class OrderOver(Refusal):
    """The order was called off or not fetched in time; its points are free again. Facts: state, expires_at."""


@action
async def hand_over(caller: Caller, code: str, now: datetime) -> Slip:
    """The receipt, collected now; an order is paid at this moment. A second showing raises AlreadyCollected with time and place
    (ledger-73).

    Raises UnknownRedemption for a code of neither receipt nor order and where it was undone, NotAllowed where the caller keeps
    no rewards at its place, OrderOver. Locks the redemption, or of an order the hold, the wallet and the stock.
    """
    try:
        slip = await receipts.under_code(code)
    except NotFound:
        return await _fetch(caller, code, now)
    caller.require(Right.MANAGE_REWARDS, (await places.find(slip.place_id)).ancestor_ids)
    await redemptions.collect(slip.id, caller.id, now)
    return await receipts.under_code(code)


async def _fetch(caller: Caller, code: str, now: datetime) -> Slip:
    try:
        order = await orders.under_code(code, now)
    except NotFound:
        raise redemptions.UnknownRedemption() from None
    caller.require(Right.MANAGE_REWARDS, (await places.find(order.place_id)).ancestor_ids)
    if order.state != "waiting":
        raise OrderOver(state=order.state, expires_at=order.expires_at)
    receipt = await orders.handed_over(order.id, caller.id)
    if receipt.replayed:
        # Two counters at once: the second waited for the hold and finds it fetched.
        await redemptions.collect(receipt.id, caller.id, now)
    await messages.withdraw([reminder_key(order.id)])
    return await receipts.under_code(code)
