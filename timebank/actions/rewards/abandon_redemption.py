"""The kiosk gives an exchange up: the person walked away, or does not want to wait."""

from __future__ import annotations

from timebank.actions.action import action
from timebank.actions.rewards.visit_kiosk import kiosk_of
from timebank.people.callers import Caller
from timebank.points import closing
from timebank.rewards import receipts, redemptions
from timebank.rewards.receipts import Slip

REASON = "abandoned"


@action
async def abandon_redemption(caller: Caller, key: str) -> Slip | None:
    """None where nothing had happened: a request that comes later is answered Abandoned. Otherwise the receipt as it is now:

    undone, with the points back and the unit in stock again, or collected where it was handed over already. Never both
    (ledger-134, ledger-135). Of who has left meanwhile it stays as it is: nothing comes back to a closed wallet (decision 35).

    Raises DeviceNeeded. Safe to repeat. Locks the key, the wallet and that of a pool, the redemption, then the stock.
    """
    kiosk = kiosk_of(caller)
    done = await redemptions.abandon(kiosk.scope, key)
    if done is None:
        return None
    if await receipts.lock(done.id) == "to_collect" and not await closing.is_closed(done.member_id):
        await redemptions.undo(done.id, kiosk.id, REASON, restock=True)
    return await receipts.under_key(kiosk.scope, key)
