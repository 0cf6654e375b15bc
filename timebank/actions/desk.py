"""What a desk serves: sessions near now in its reach, and how full they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from schedules import sql
from schedules.decision import NEAR
from schedules.errors import NotFound
from timebank.actions.admission import Met
from timebank.actions.door import reach
from timebank.people.callers import Caller

MOST = 200


class Served(Met, frozen=True, kw_only=True):
    """A session at a desk. `signed_up` are the confirmed, `here` those inside now, `came` all who were."""

    opens_at: datetime
    closes_at: datetime
    signed_up: int
    here: int
    came: int

    def is_open(self, now: datetime) -> bool:
        """Whether entry scans are taken now."""
        return self.opens_at <= now <= self.closes_at


SERVED = """
SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at, s.ends_at,
       a.time_zone, s.opens_at, s.closes_at,
       (SELECT count(*) FROM signup WHERE session_id = s.id AND state = 'confirmed') AS signed_up, h.here, h.came
  FROM session s JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
  LEFT JOIN space p ON p.id = s.space_id
  CROSS JOIN LATERAL (SELECT count(DISTINCT signup_id) AS came,
                             count(DISTINCT signup_id) FILTER (WHERE out_at IS NULL) AS here
                        FROM attendance WHERE session_id = s.id AND state = 'counts') h
 WHERE c.ancestor_ids && $1::uuid[] AND ($2::uuid[] IS NULL OR s.id = ANY ($2))
   AND a.state = 'published' AND s.state = 'planned'
   AND s.opens_at <= $3::timestamptz + $4::interval AND s.closes_at >= $3 - $4::interval
 ORDER BY s.starts_at, a.title, s.id LIMIT $5
"""


async def near(caller: Caller, now: datetime) -> list[Served]:
    """Every session in reach whose door is open, opens soon or closed not long ago, by time."""
    return [Served(**dict(row)) for row in await sql.rows(SERVED, reach(caller), None, now, NEAR, MOST)]


async def serve(caller: Caller, session_ids: Sequence[UUID], now: datetime) -> list[Served]:
    """Those of these sessions that this desk may serve now. Raises NotFound where that is none."""
    found = await sql.rows(SERVED, reach(caller), list(session_ids), now, NEAR, MOST)
    if not found:
        raise NotFound(what="session")
    return [Served(**dict(row)) for row in found]
