"""Codes that lead to nobody are evidence and stay in the log, up to a bound: a scanner that reads anything must not fill it.

A code that leads to somebody is never bounded, whatever else its scanner has read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql
from timebank.people.limits import TooManyTries

MOST, WINDOW = 300, timedelta(hours=1)
"""Of one desk, or one phone that scans: more than a busy door meets. Scans that are judged at once may pass together."""
MINUTE = timedelta(minutes=1)


class Room(msgspec.Struct, frozen=True):
    """How many more are kept now; where none, `again_at` says when."""

    left: int
    again_at: datetime


KEPT = """
SELECT count(*)::int AS kept, min(received_at) AS oldest FROM (
    SELECT received_at FROM scan WHERE scanner_id = $1 AND person_id IS NULL AND received_at > $2
     ORDER BY received_at DESC LIMIT $3) s
"""


async def room(scanner_id: UUID, now: datetime) -> Room:
    """One statement, along the index of rows without a person."""
    found = await sql.one(KEPT, scanner_id, now - WINDOW, MOST)
    return Room(MOST - found["kept"], (found["oldest"] or now) + WINDOW)


async def too_many(scanner_id: UUID, now: datetime) -> TooManyTries | None:
    """What a scanner is told online instead of a further row in the log."""
    found = await room(scanner_id, now)
    return None if found.left > 0 else TooManyTries(again_at=found.again_at, minutes=minutes(found, now))


def minutes(found: Room, now: datetime) -> int:
    """Until there is room again, rounded up."""
    return -(-(found.again_at - now) // MINUTE)
