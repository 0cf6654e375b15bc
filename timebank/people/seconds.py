"""Who could be the second person where two are needed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from schedules import sql
from timebank.people.callers import RIGHTS, Right

SECONDS = """
SELECT DISTINCT m.id FROM role_grant g JOIN member m ON m.id = g.member_id AND m.state = 'active'
 WHERE g.ended_at IS NULL AND g.role = ANY ($1) AND g.community_id = ANY ($2) AND m.id <> ALL ($3)
   AND m.household_id <> ALL (SELECT household_id FROM member WHERE id = ANY ($4))
"""


async def seconds(
    rights: Collection[Right], ancestor_ids: Collection[UUID], not_these: Collection[UUID], gaining: Collection[UUID] = ()
) -> list[UUID]:
    """Active members with a role that has all these rights there; neither `not_these`, nor who shares a door with `gaining`."""
    roles = [role for role, held in RIGHTS.items() if set(rights) <= held]
    found = await sql.rows(SECONDS, roles, list(ancestor_ids), list(not_these), list(gaining))
    return [row["id"] for row in found]
