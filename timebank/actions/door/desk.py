"""What a desk serves: sessions near now in its reach, and how full they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.decision import NEAR
from schedules.errors import NotFound
from timebank.actions.door.admission import Met
from timebank.actions.door.door import reach
from timebank.people.callers import Caller, NotAllowed, Right

MOST = 200


class Served(Met, frozen=True, kw_only=True):
    """A session at a desk. `signed_up` are the confirmed, `expected` those of them who have not come, `here` those inside now,
    `came` all who were, with a place or without.

    `walk_ins`: who comes without a sign-up may take a place that is free. `by_name`: the caller may check in by name, and
    overrule. `late_after` in minutes.
    """

    opens_at: datetime
    closes_at: datetime
    late_after: int
    is_called_off: bool
    allows_reentry: bool
    allows_many: bool
    walk_ins: bool
    by_name: bool
    signed_up: int
    expected: int
    here: int
    came: int

    def is_open(self, now: datetime) -> bool:
        """Whether entry scans are taken now."""
        return self.opens_at <= now <= self.closes_at


# Of session s.
FIGURES = """
  CROSS JOIN LATERAL (SELECT count(*) AS signed_up, count(*) FILTER (WHERE NOT EXISTS (
                                 SELECT FROM attendance WHERE signup_id = u.id AND state = 'counts')) AS expected
                        FROM signup u WHERE u.session_id = s.id AND u.state = 'confirmed') u
  CROSS JOIN LATERAL (SELECT count(DISTINCT signup_id) AS came,
                             count(DISTINCT signup_id) FILTER (WHERE out_at IS NULL) AS here
                        FROM attendance WHERE session_id = s.id AND state = 'counts') h
"""
SERVED = f"""
SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at, s.ends_at,
       a.time_zone, s.opens_at, s.closes_at, a.late_after, s.state = 'cancelled' AS is_called_off,
       a.allows_reentry, a.allows_many, a.walk_ins, c.ancestor_ids && $6::uuid[] AS by_name,
       u.signed_up, u.expected, h.here, h.came
  FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
  LEFT JOIN space p ON p.id = s.space_id {FIGURES}
 WHERE c.ancestor_ids && $1::uuid[] AND ($2::uuid[] IS NULL OR s.id = ANY ($2))
   AND a.state = 'published' AND (s.state = 'planned' OR s.state = 'cancelled' AND $2 IS NOT NULL)
   AND s.opens_at <= $3::timestamptz + $4::interval AND s.closes_at >= $3 - $4::interval
 ORDER BY s.starts_at, a.title, s.id LIMIT $5
"""
OUT_OF_REACH = """
SELECT FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
 WHERE s.id = ANY ($1) AND NOT c.ancestor_ids && $2::uuid[] LIMIT 1
"""


class Count(msgspec.Struct, frozen=True):
    """People of one session: those confirmed, those of them who have not come, those inside now, and all who were."""

    id: UUID
    signed_up: int
    expected: int
    here: int
    came: int


COUNTED = f"SELECT s.id, u.signed_up, u.expected, h.here, h.came FROM session s {FIGURES} WHERE s.id = ANY ($1)"


async def count(session_ids: Sequence[UUID]) -> list[Count]:
    """How many are there, without asking who asks: rights were looked at when the listening began."""
    return [Count(*row) for row in await sql.rows(COUNTED, list(session_ids))]


async def near(caller: Caller, now: datetime) -> list[Served]:
    """Every session in reach whose door is open, opens soon or closed not long ago, by time."""
    return await _served(caller, None, now)


async def serve(caller: Caller, session_ids: Sequence[UUID], now: datetime) -> list[Served]:
    """Those of these sessions that are near now, also one that was called off: it says so to who scans.

    Raises NotAllowed where one of them is out of the caller's reach, NotFound where none is near.
    """
    if await sql.rows(OUT_OF_REACH, list(session_ids), reach(caller)):
        raise NotAllowed(right=Right.SCAN.value)
    found = await _served(caller, session_ids, now)
    if not found:
        raise NotFound(what="session")
    return found


async def _served(caller: Caller, session_ids: Sequence[UUID] | None, now: datetime) -> list[Served]:
    named = None if session_ids is None else list(session_ids)
    by_name = caller.nodes(Right.CHECK_IN_BY_NAME)
    return [Served(**dict(row)) for row in await sql.rows(SERVED, reach(caller), named, now, NEAR, MOST, by_name)]
