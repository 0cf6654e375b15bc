"""The shelf is counted: what lies there is compared with the books, and every difference is a move with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.actions.rewards.change_stock import MOST
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.rewards import places, redemptions, stock

Pieces = Annotated[int, msgspec.Meta(ge=0, le=MOST)]


class CountNotFit(Malformed):
    """A figure that is none, or one reward twice. Facts: field, reason."""


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seen` is what the books said when the counting began, `counted` what lay there: what is sold meanwhile changes neither.

    Both with what is paid and waits to be fetched, because it lies there too.
    """

    reward_id: UUID
    seen: Pieces
    counted: Pieces


@action
async def count_stock(caller: Caller, place_id: UUID, counts: Sequence[Counted], now: datetime) -> int:
    """How many rewards differed; their differences are on record as found or missing (ledger-77). All or nothing.

    Raises NotFound, NotAllowed, CountNotFit, StockShort. Locks the stock rows in one order.
    """
    caller.require(Right.MANAGE_REWARDS, (await places.find(place_id)).ancestor_ids)
    if len({one.reward_id for one in counts}) != len(counts):
        raise CountNotFit(field="counted", reason="each reward once")
    known = {line.reward_id for line in await stock.at_place(place_id)}
    changes = [(one.reward_id, one.counted - one.seen) for one in counts if one.counted != one.seen]
    # Two who count at once lock the same rows: in one order, so that they cannot deadlock.
    for reward_id, change in sorted(changes):
        if reward_id not in known:
            raise NotFound(what="reward")
        reason = "found" if change > 0 else "missing"
        await redemptions.move_stock(reward_id, place_id, change, reason, caller.id, now)
    await audit.write(caller.id, "stock.counted", f"place:{place_id}", now, rewards=len(counts), different=len(changes))
    return len(changes)
