"""At the counter: a code is shown, the reward goes over it, once."""

from __future__ import annotations

from datetime import datetime

from timebank.actions.action import action
from timebank.people.callers import Caller, Right
from timebank.rewards import places, receipts, redemptions
from timebank.rewards.receipts import Slip


@action
async def hand_over(caller: Caller, code: str, now: datetime) -> Slip:
    """The receipt, collected now. A second showing raises AlreadyCollected with time and place (ledger-73).

    Raises NotFound for a code of no receipt, NotAllowed where the caller keeps no rewards at its place, UnknownRedemption
    where it was undone.
    """
    slip = await receipts.under_code(code)
    caller.require(Right.MANAGE_REWARDS, (await places.find(slip.place_id)).ancestor_ids)
    await redemptions.collect(slip.id, caller.id, now)
    return await receipts.under_code(code)
