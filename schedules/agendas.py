"""A person's agenda: where they are expected next, and where they are now."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql


class Item(msgspec.Struct, frozen=True):
    """A sign-up with its session. Inside: `in_at` without `out_at`."""

    signup_id: UUID
    state: Literal["requested", "confirmed", "waiting", "offered"]
    session_id: UUID
    activity_id: UUID
    title: str
    title_en: str
    role: str
    role_en: str
    place: str
    place_en: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    is_called_off: bool
    in_at: datetime | None
    out_at: datetime | None
    offered_until: datetime | None = None
    position: int | None = None
    """The place in line of who waits: 1 is next."""
    attendance_id: UUID | None = None
    """The latest stay there, where there is one."""

    @property
    def is_inside(self) -> bool:
        return self.in_at is not None and self.out_at is None


AGENDA = """
SELECT u.id AS signup_id, u.state, s.id AS session_id, a.id AS activity_id, a.title, a.title_en,
       r.name AS role, r.name_en AS role_en,
       s.place, coalesce(p.name_en, '') AS place_en, a.time_zone, s.starts_at, s.ends_at, s.opens_at,
       s.state = 'cancelled' AS is_called_off, t.in_at, t.out_at, t.id AS attendance_id,
       u.offered_until, CASE WHEN u.state = 'waiting' THEN position_in_line(u.role_id, u.line) END AS position
  FROM signup u
  JOIN session s ON s.id = u.session_id
  JOIN activity a ON a.id = s.activity_id
  JOIN session_role r ON r.id = u.role_id
  LEFT JOIN space p ON p.id = s.space_id
  LEFT JOIN LATERAL (
       SELECT id, in_at, out_at FROM attendance
        WHERE signup_id = u.id AND state = 'counts' ORDER BY entry DESC LIMIT 1) t ON true
 WHERE u.person_id = $1 AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
   AND (s.ends_at > $2 OR t.in_at IS NOT NULL AND t.out_at IS NULL)
 ORDER BY t.in_at IS NOT NULL AND t.out_at IS NULL DESC, s.starts_at, u.id LIMIT $3
"""


async def of_person(person_id: UUID, now: datetime, limit: int = 20) -> list[Item]:
    """Sign-ups of sessions that are not over, by start.

    The one where the person is checked in stands first, also when it is over.
    """
    return [Item(**dict(row)) for row in await sql.rows(AGENDA, person_id, now, limit)]
