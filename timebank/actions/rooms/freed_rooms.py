"""Rooms that sessions do not need after all are offered to who waits for them, as those of cancelled bookings are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schedules.edits import Changed
from schedules.intervals import Interval
from schedules.sessions import Session
from timebank.actions.rooms import room_line


async def offer(sessions: Sequence[Session], now: datetime) -> None:
    """Asks the line for the rooms of sessions as they stood, in the transaction that freed them: the last thing in it.

    What is taken again by now is offered to nobody. Safe to repeat.
    """
    for session in sessions:
        begin = max(now, session.starts_at)
        if session.space_id and begin < session.ends_at:
            await room_line.offer_freed(session.space_id, Interval(begin, session.ends_at), now)


async def offer_moved(changes: Sequence[Changed], now: datetime) -> None:
    """The same for sessions that are at another time or elsewhere now."""
    await offer([changed.before for changed in changes if changed.moves], now)
