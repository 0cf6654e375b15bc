"""A keeper takes an exchange back: the points return, and the piece goes back on the shelf only where the keeper says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.outbox import messages
from timebank.outbox.functions import AccountClosed
from timebank.outbox.messages import Message
from timebank.people import audit, households
from timebank.people.callers import Caller, Right
from timebank.points import closing
from timebank.rewards import places, receipts, redemptions
from timebank.rewards.places import Place
from timebank.rewards.receipts import Slip


class OwnRefund(Refusal):
    """Nobody gives points back to themselves or to who lives with them (ledger-104, rules-22). Facts: none."""


class RefundTooLate(Refusal):
    """The exchange is older than what the rules let a keeper take back. Facts: days."""


@action
async def refund(caller: Caller, redemption_id: UUID, reason: str, is_restocked: bool, now: datetime) -> Slip:
    """The receipt, undone. Of two keepers at once one does it, and both are shown it (ledger-94 to ledger-96); safe to repeat.

    Raises NotFound, NotAllowed, OwnRefund, RefundTooLate, ReasonMissing, AccountClosed. Locks the wallet and that of a
    pool that paid for it, ascending, the redemption, the stock.
    """
    slip = await receipts.find(redemption_id)
    place = await places.find(slip.place_id)
    caller.require(Right.MANAGE_REWARDS, place.ancestor_ids)
    if await households.share(caller.member(), [slip.member_id]):
        raise OwnRefund()
    if await receipts.lock(slip.id) == "undone":
        return await receipts.find(slip.id)
    rules = (await policies.in_force(place.community_id, place.today(now))).rules
    if now - slip.made_at > timedelta(days=rules.undo_days):
        raise RefundTooLate(days=rules.undo_days)
    if await closing.is_closed(slip.member_id):
        raise AccountClosed()
    said = reason.strip()
    await redemptions.undo(slip.id, caller.id, said, restock=is_restocked, grace_days=rules.grace_days)
    await audit.write(
        caller.id, "redemption.refunded", f"redemption:{slip.id}", now, reward=slip.reward, reason=said, restocked=is_restocked
    )
    await messages.promise([_told(slip, place, rules, said)], now)
    return await receipts.find(slip.id)


def _told(slip: Slip, place: Place, rules: Rules, reason: str) -> Message:
    facts = {"reward": slip.reward, "reward_en": slip.reward_en, "units": slip.price, "reason": reason}
    return Message(
        key=f"redemption:{slip.id}:refunded",
        person_id=slip.member_id,
        kind="redemption_refunded",
        facts=facts | {"unit": rules.unit_zh, "unit_en": rules.unit_en, "place": place.name, "place_en": place.name_en},
        path="/me/points",
    )
