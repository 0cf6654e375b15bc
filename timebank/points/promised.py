"""What the versions of a stay have promised and what of it is owed: read when scans that came late change its hours."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from schedules import sql
from timebank.points.earning import business_key


async def of_stays(last_versions: Mapping[UUID, int]) -> set[UUID]:
    """Those of these stays of which any version, up to the last one, has promised points, or promised none with a reason.

    One statement; none for nothing.
    """
    keys = {
        business_key(attendance_id, version): attendance_id
        for attendance_id, last in last_versions.items()
        for version in range(last + 1)
    }
    if not keys:
        return set()
    return {keys[row[0]] for row in await sql.rows("SELECT business_key FROM intent WHERE business_key = ANY ($1)", list(keys))}


async def owed_by(attendance_id: UUID, version: int) -> int:
    """Units (1/100 point) that taking back this version left the member owing: they were spent (checkin-63)."""
    found = await sql.value(
        "SELECT d.amount - d.paid - d.waived FROM debt d JOIN transfer t ON t.id = d.transfer_id WHERE t.business_key = $1",
        f"advance:correct:{business_key(attendance_id, version)}",
    )
    return int(found or 0)
