"""Stays that have not ended: whose they are, and what their session says about their end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.attendance import Inside


class OpenStay(msgspec.Struct, frozen=True):
    """One that counts and has no way out."""

    inside: Inside
    signup_id: UUID
    person_id: UUID


OPEN = """
SELECT h.id, h.signup_id, h.person_id, h.in_at, h.is_by_code, s.id::text AS session, s.starts_at, s.ends_at, s.closes_at,
       a.tolerance
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
 WHERE h.out_at IS NULL AND h.state = 'counts'
"""


async def find(attendance_id: UUID, *, closed_by: datetime | None = None) -> OpenStay | None:
    """None where it has ended, or its door is open still at `closed_by`. Whoever ends it holds the lock of the sign-up."""
    row = await sql.row(f"{OPEN} AND h.id = $1 AND ($2::timestamptz IS NULL OR s.closes_at <= $2)", attendance_id, closed_by)
    if row is None:
        return None
    return OpenStay(Inside(**{name: row[name] for name in Inside.__struct_fields__}), row["signup_id"], row["person_id"])


async def due(now: datetime) -> list[UUID]:
    """Those that are open although the grace of their session is over, by its end."""
    return [row["id"] for row in await sql.rows(f"{OPEN} AND s.closes_at <= $1 ORDER BY s.closes_at, h.id", now)]


async def of_signup(signup_id: UUID) -> UUID | None:
    """The stay of this sign-up."""
    found: UUID | None = await sql.value(
        "SELECT id FROM attendance WHERE signup_id = $1 AND out_at IS NULL AND state = 'counts'", signup_id
    )
    return found
