"""When a community exchanges points: its windows are set and taken away by who sets its rules."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.rewards import windows
from timebank.rewards.windows import Span


@action
async def add_window(caller: Caller, community_id: UUID, span: Span, now: datetime) -> UUID:
    """From now on points are exchanged there, and below, only within its windows (ledger-72).

    Raises NotFound, NotAllowed, WindowNotFit.
    """
    caller.require(Right.SET_RULES, await tree.ancestors(community_id))
    made = uuid4()
    await windows.add(made, community_id, span, caller.member(), now)
    await audit.write(caller.id, "window.added", f"community:{community_id}", now, first_on=f"{span.first_on}")
    return made


@action
async def remove_window(caller: Caller, window_id: UUID, now: datetime) -> None:
    """Without any window of its own the windows of the node above hold. Raises NotFound, NotAllowed. Safe to repeat."""
    window = await windows.find(window_id)
    caller.require(Right.SET_RULES, await tree.ancestors(window.community_id))
    await windows.remove(window_id, now)
    await audit.write(caller.id, "window.removed", f"community:{window.community_id}", now, window=f"{window_id}")
