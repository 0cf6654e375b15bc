"""Class A hours that bring points only once somebody who runs the activity has said that the member was there (checkin-75)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import sql

# Of a stay joined as `h`: its last record waits.
WAITS = """EXISTS (SELECT FROM stay_confirmation w WHERE w.attendance_id = h.id AND w.confirmed_at IS NULL AND w.version =
       (SELECT max(version) FROM service_record WHERE attendance_id = h.id))"""


async def confirm(attendance_id: UUID, version: int, by_id: UUID, now: datetime) -> bool:
    """Whether this version waited until now. Safe to repeat; the database refuses the member's own."""
    # Of two who confirm at once, one finds it waiting: the promise is made once.
    return bool(
        await sql.rows(
            "UPDATE stay_confirmation SET confirmed_by = $3, confirmed_at = $4 "
            "WHERE attendance_id = $1 AND version = $2 AND confirmed_at IS NULL RETURNING 1",
            attendance_id,
            version,
            by_id,
            now,
        )
    )


async def too_near(by_id: UUID, others: Sequence[UUID]) -> set[UUID]:
    """Those of the others who are, or live with, this person: somebody else stands for their hours (rules.md 2)."""
    found = await sql.rows(
        "SELECT b.id FROM member a JOIN member b ON b.household_id = a.household_id WHERE a.id = $1 AND b.id = ANY ($2)",
        by_id,
        list(others),
    )
    return {row["id"] for row in found} | ({by_id} & set(others))
