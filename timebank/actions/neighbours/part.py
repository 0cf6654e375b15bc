"""A member wants nothing to do with a neighbour, and may think better of it. The other is not told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import sql
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.actions.neighbours import news
from timebank.people import audit, blocks
from timebank.people.blocks import Blocked
from timebank.people.callers import Caller
from timebank.points import exchanges


async def see_blocked(caller: Caller) -> list[Blocked]:
    """Raises SignInNeeded. Reads only."""
    return await blocks.of_member(caller.member())


@action
async def block(caller: Caller, member_id: UUID, now: datetime) -> None:
    """Neither finds or answers the other; what is only asked between the two ends, what is agreed stays. Safe to repeat.

    Locks what is asked between the two. Raises NotFound.
    """
    if member_id == caller.member() or not await sql.rows("SELECT FROM member WHERE id = $1", member_id):
        raise NotFound(what="member")
    if not await blocks.between(caller.member(), member_id):
        # Not under the other: their own export lists what was done to them, and this they are not told.
        await audit.write(caller.id, "neighbour.blocked", f"neighbour_block:{caller.member()}", now, blocked=str(member_id))
    await blocks.add(caller.member(), member_id, now)
    for each in await exchanges.of_member(caller.member()):
        if each.state != "asked" or each.other(caller.member()) != member_id:
            continue
        exchange = await exchanges.locked(each.id)
        if exchange.state == "asked":
            await exchanges.end(exchange, "declined" if exchange.waits_for == caller.member() else "withdrawn", now)
            await news.tell(exchange, "exchange_declined", [member_id], now)


@action
async def unblock(caller: Caller, member_id: UUID, now: datetime) -> None:
    """Safe to repeat. Raises SignInNeeded."""
    await blocks.end(caller.member(), member_id, now)
    await audit.write(caller.id, "neighbour.unblocked", f"neighbour_block:{caller.member()}", now, blocked=str(member_id))
