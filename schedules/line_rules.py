"""What an activity does when it is full, and who decides about its sign-ups; changed also while it is public."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import NotFound


class LineRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As in `plans.Plan`."""

    has_waiting_list: bool
    needs_approval: bool
    counts_requests: bool = False
    asks_again: bool = False
    offer_minutes: Annotated[int, Meta(ge=1, le=100_000)] = 720


async def change(activity_id: UUID, rules: LineRules) -> None:
    """From now on. What stands stays as it is: places, offers with their end, requests, whoever is in line.

    Raises NotFound. Locks the activity's row. Safe to repeat.
    """
    found = await sql.rows(
        "UPDATE activity SET has_waiting_list = $2, needs_approval = $3, counts_requests = $4, asks_again = $5, "
        "offer_minutes = $6 WHERE id = $1 RETURNING id",
        activity_id,
        *msgspec.structs.astuple(rules),
    )
    if not found:
        raise NotFound(what="activity")
