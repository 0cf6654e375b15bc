"""What the versions of a stay have promised and what of it is owed: read when scans that came late change its hours."""

from __future__ import annotations

from uuid import UUID

from schedules import sql
from timebank.points.earning import business_key


async def has_any(attendance_id: UUID) -> bool:
    """Whether any version of this stay has promised points, or promised none with a reason."""
    return bool(
        await sql.value(
            "SELECT EXISTS (SELECT FROM intent WHERE business_key LIKE $1 || '%')", business_key(attendance_id, 0)[:-1]
        )
    )


async def owed_by(attendance_id: UUID, version: int) -> int:
    """Units (1/100 point) that taking back this version left the member owing: they were spent (checkin-63)."""
    found = await sql.value(
        "SELECT d.amount - d.paid - d.waived FROM debt d JOIN transfer t ON t.id = d.transfer_id WHERE t.business_key = $1",
        f"advance:correct:{business_key(attendance_id, version)}",
    )
    return int(found or 0)
