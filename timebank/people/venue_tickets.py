"""Tickets for venue codes that were used: each is good for the first member who uses it; passed on it is worth nothing."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from schedules import sql

KEPT = timedelta(hours=1)
"""Longer than any ticket lasts."""


async def holder(ticket: str) -> UUID | None:
    """Who has used it; None: nobody yet."""
    found = await sql.value("SELECT member_id FROM venue_ticket WHERE mark = $1", _mark(ticket))
    return UUID(str(found)) if found else None


async def claim(ticket: str, member_id: UUID, now: datetime) -> bool:
    """Uses it; whether it is this member's. Safe to repeat."""
    # Two members with one ticket at once: the key lets one through, the other waits for it and then finds whose it is.
    await sql.rows(
        "INSERT INTO venue_ticket (mark, member_id, used_at) VALUES ($1, $2, $3) ON CONFLICT (mark) DO NOTHING",
        _mark(ticket),
        member_id,
        now,
    )
    # A statement of its own: the insert's snapshot may not see the row that it gave way to.
    return await holder(ticket) == member_id


def _mark(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()


async def clean(now: datetime) -> int:
    """Those whose time is long over; how many. Safe to repeat."""
    return len(await sql.rows("DELETE FROM venue_ticket WHERE used_at < $1 RETURNING 1", now - KEPT))
