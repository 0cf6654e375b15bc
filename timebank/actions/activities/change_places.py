"""More or fewer places in a role of a session."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import signups
from timebank.actions.action import action
from timebank.actions.signups import move_queue
from timebank.actions.signups.reach import run_by
from timebank.people import audit
from timebank.people.callers import Caller


class Places(msgspec.Struct, frozen=True):
    """`excess`: sign-ups above the new number. They stay, and the organiser decides (schedule-24)."""

    role_id: UUID
    places: int | None
    excess: int


@action
async def change_places(caller: Caller, session_id: UUID, role_id: UUID, places: int | None, now: datetime) -> Places:
    """None is unlimited, 0 is nobody more; what was added is offered to who waits (schedule-23). Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound.
    """
    session = await run_by(caller, session_id)
    excess = await signups.set_places(session.role(role_id).id, places)
    await move_queue.move_queue([role_id], now)
    await audit.write(caller.id, "session.places_changed", f"session:{session_id}", now, role=role_id, places=places)
    return Places(role_id, places, excess)
