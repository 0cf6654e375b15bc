"""What lay above the most that a member's wallet takes: where it went, told beside the lines of the wallet (ledger-110)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql


class Above(msgspec.Struct, frozen=True):
    """`units` of 1/100 point that went to the pool or were not granted; below zero where a correction took them back."""

    noted_at: datetime
    earned_at: datetime
    went: Literal["pool", "not_granted"]
    units: int
    what: str
    what_en: str


LINES = """
SELECT o.noted_at, i.earned_at, o.went, o.units, coalesce(i.payload ->> 'what', '') AS what,
       coalesce(i.payload ->> 'what_en', '') AS what_en
  FROM account a JOIN above_cap o ON o.account_id = a.id JOIN intent i ON i.id = o.intent_id
 WHERE a.owner_id = $1 AND o.noted_at >= $2 AND o.noted_at < $3 ORDER BY o.noted_at, o.went
"""
LATEST = LINES.replace(
    "o.noted_at >= $2 AND o.noted_at < $3 ORDER BY o.noted_at, o.went", "true ORDER BY o.noted_at DESC LIMIT $2"
)


async def lines(owner_id: UUID, since: datetime, until: datetime) -> list[Above]:
    """What was noted from `since` until before `until`, the first first."""
    return [Above(**dict(row)) for row in await sql.rows(LINES, owner_id, since, until)]


async def latest(owner_id: UUID, at_most: int = 10) -> list[Above]:
    """The last ones, newest first."""
    return [Above(**dict(row)) for row in await sql.rows(LATEST, owner_id, at_most)]
