"""A machine hands over by itself: points and a unit are set aside, it lets go of the unit or keeps it back, each once (A12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schedules import sql
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.actions.rewards.redeem import Buyer, Order, wanted
from timebank.actions.rewards.set_aside import set_aside
from timebank.actions.rewards.visit_kiosk import Kiosk, kiosk_of
from timebank.communities import policies
from timebank.people.callers import Caller
from timebank.points.holds import Hold
from timebank.rewards import orders, places, visits
from timebank.rewards.redemptions import Receipt


@action
async def set_aside_at_kiosk(caller: Caller, visit: str, asked: Order, now: datetime) -> Hold:
    """For the person before this machine, as long as the rules say. Safe to repeat: the same key gives the same hold.

    Raises DeviceNeeded, VisitOver, CardNotValid, PinNeeded, and what `orders.set_aside` raises. Locks the visit first.
    """
    kiosk = kiosk_of(caller)
    member_id, place = await visits.buyer(visit, kiosk.id, now), await places.find(kiosk.place_id)
    rules = (await policies.in_force(place.community_id, place.today(now))).rules
    buyer = Buyer(member_id, kiosk.place_id, kiosk.scope, kiosk.id)
    unit = wanted("machine", buyer, asked, rules.quote_minutes)
    return await set_aside(unit, buyer.place_id, buyer.actor_id, timedelta(minutes=rules.kiosk_hold_minutes), now)


@action
async def let_go(caller: Caller, hold_id: UUID) -> Receipt:
    """The unit is out: it is paid, and collected. Safe to repeat, also when the visit is over (ledger-75).

    Raises DeviceNeeded, NotFound for a hold of another machine, HoldOver: then it stands on the keeper's page (ledger-76).
    """
    await _own(kiosk_of(caller), hold_id)
    return await orders.handed_over(hold_id, kiosk_of(caller).id)


@action
async def keep_back(caller: Caller, hold_id: UUID) -> str:
    """The machine could not: "voided", or "expired" where its time was over; points and unit are as before (ledger-74).

    Raises DeviceNeeded, NotFound, HoldOver where it was handed over. Safe to repeat.
    """
    await _own(kiosk_of(caller), hold_id)
    return await orders.kept_back(hold_id)


async def _own(kiosk: Kiosk, hold_id: UUID) -> None:
    if not await sql.rows("SELECT FROM hold WHERE id = $1 AND scope = $2 AND purpose = 'reward'", hold_id, kiosk.scope):
        raise NotFound(what="hold")
