"""What lies at a place becomes more or less, with a reason that stays."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.people.callers import Caller, Right
from timebank.rewards import catalogue, places, redemptions

Reason = Literal["delivered", "returned", "damaged", "missing", "found", "given_away"]
MORE: frozenset[str] = frozenset({"delivered", "found"})
MOST = 100_000


class UnitsNotFit(Malformed):
    """Facts: field, reason."""


class Move(msgspec.Struct, frozen=True):
    """`units` above zero; whether they come or go follows from the reason. `note` is kept beside it."""

    reward_id: UUID
    place_id: UUID
    units: int
    reason: Reason
    note: str = ""

    @property
    def change(self) -> int:
        return self.units if self.reason in MORE else -self.units


@action
async def change_stock(caller: Caller, move: Move, now: datetime) -> int:
    """The new count (ledger-77). A reward lies at a place from its first move on, anywhere below its community.

    Raises UnitsNotFit, NotFound, NotAllowed, and StockShort where less lies there, or live holds keep it. Locks the stock.
    """
    if not 0 < move.units <= MOST:
        raise UnitsNotFit(field="units", reason=f"1 to {MOST}")
    place, reward = await places.find(move.place_id), await catalogue.find(move.reward_id)
    caller.require(Right.MANAGE_REWARDS, place.ancestor_ids)
    if reward.community_id not in place.ancestor_ids:
        raise NotFound(what="reward")
    reason = f"{move.reason}: {move.note.strip()}" if move.note.strip() else move.reason
    return await redemptions.move_stock(move.reward_id, move.place_id, move.change, reason, caller.id, now)
