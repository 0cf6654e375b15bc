"""Sessions at risk: too few people, or nobody to lead, when the time to be warned has come (schedule-26)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql


class Shortage(msgspec.Struct, frozen=True):
    """A session that lacks people. `coming` counts confirmed places; `minimum` 0: none is set."""

    session_id: UUID
    activity_id: UUID
    community_id: UUID
    organiser_id: UUID
    title: str
    title_en: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    place: str
    minimum: int
    coming: int
    lacks_leader: bool
    warn_before: int

    @property
    def missing(self) -> int:
        """How many people it lacks."""
        return max(0, self.minimum - self.coming)

    def is_at_risk(self, now: datetime) -> bool:
        """From the time set before the start until the start."""
        return self.starts_at - timedelta(minutes=self.warn_before) <= now < self.starts_at


FOUND = """
SELECT s.id, a.id, a.community_id, a.organiser_id, a.title, a.title_en, s.starts_at, s.ends_at, a.time_zone, s.place, a.minimum,
       n.coming, n.leads > 0 AND n.leading = 0, a.warn_before
  FROM session s JOIN activity a ON a.id = s.activity_id
 CROSS JOIN LATERAL (
       SELECT (SELECT count(*) FROM signup u WHERE u.session_id = s.id AND u.state = 'confirmed')::int AS coming,
              count(q.role) AS leads,
              count(q.role) FILTER (WHERE EXISTS (
                  SELECT FROM signup u WHERE u.role_id = r.id AND u.state = 'confirmed')) AS leading
         FROM session_role r LEFT JOIN role_rule q ON q.activity_id = a.id AND q.role = r.name AND q.is_lead
        WHERE r.session_id = s.id) n
 WHERE a.state = 'published' AND s.state = 'planned'
   AND (n.coming < a.minimum OR (n.leads > 0 AND n.leading = 0))
"""


async def at_risk(now: datetime, community_ids: Sequence[UUID] | None = None, limit: int = 200) -> list[Shortage]:
    """Sessions of these communities (none: of all) that are at risk now, by start."""
    found = await sql.rows(
        f"{FOUND} AND s.starts_at > $1 AND s.starts_at <= $1::timestamptz + make_interval(mins => a.warn_before) "
        "AND ($2::uuid[] IS NULL OR a.community_id = ANY($2)) ORDER BY s.starts_at, s.id LIMIT $3",
        now,
        None if community_ids is None else list(community_ids),
        limit,
    )
    return [Shortage(*row) for row in found]


async def of_session(session_id: UUID) -> Shortage | None:
    """What the session lacks, however far off it is; None where it has everybody it needs."""
    row = await sql.row(f"{FOUND} AND s.id = $1", session_id)
    return Shortage(*row) if row else None
