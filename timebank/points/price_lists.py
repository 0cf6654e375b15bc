"""What the use of a room costs, as the house sets it: the list of a space, which is frozen into each booking made by it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from timebank.points import prices
from timebank.points.prices import PriceList


async def of(space_id: UUID) -> PriceList | None:
    """The price list of a space as it is now; None: it costs nothing."""
    found = await sql.value("SELECT list FROM price_list WHERE space_id = $1", space_id)
    return msgspec.json.decode(found, type=PriceList) if found else None


async def keep(space_id: UUID, prices_now: PriceList, by: UUID, now: datetime) -> None:
    """Replaces the list for bookings made from now on. Safe to repeat. Raises Malformed."""
    prices.check(prices_now)
    await sql.rows(
        "INSERT INTO price_list (space_id, list, changed_at, changed_by) VALUES ($1, $2, $3, $4) ON CONFLICT (space_id) "
        "DO UPDATE SET list = excluded.list, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        space_id,
        msgspec.json.encode(prices_now).decode(),
        now,
        by,
    )
    await sql.rows("UPDATE space SET is_priced = $2, changed_at = $3 WHERE id = $1", space_id, bool(prices_now.rules), now)
