"""When a space is busy, and nothing else: what everybody may take into a calendar (booking-123)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.intervals import Interval


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """One use of the space. `id` is that of the booking, session or closure; `sequence` rises with its changes."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    sequence: int
    made_at: datetime
    changed_at: datetime
    is_over: bool
    """It was given back or called off: a calendar that knows it has to let go of it."""


# Of a use that was moved, the row that stands; of one that was given back, the last.
TIMES = """
SELECT DISTINCT ON (id) * FROM (
    SELECT coalesce(o.booking_id, o.session_id, o.closure_id) AS id, o.use_from AS starts_at, o.use_until AS ends_at,
           coalesce(b.sequence, s.sequence, (c.ended_at IS NOT NULL)::int) AS sequence,
           coalesce(b.made_at, a.made_at, c.made_at) AS made_at,
           coalesce(b.changed_at, s.changed_at, c.ended_at, c.made_at) AS changed_at,
           NOT o.active OR o.expires_at <= $4 AS is_over, o.id AS row
      FROM space p JOIN space_part q ON q.space_id = p.id JOIN leaf l ON l.space_id = q.part_id
      JOIN occupancy o ON o.space_key = l.key
      LEFT JOIN booking b ON b.id = o.booking_id LEFT JOIN session s ON s.id = o.session_id
      LEFT JOIN activity a ON a.id = s.activity_id LEFT JOIN closure c ON c.id = o.closure_id
     WHERE p.id = $1 AND o.use_until > $2 AND o.use_from < $3) each
 ORDER BY id, is_over, row DESC
"""


async def of_space(space_id: UUID, within: Interval, now: datetime) -> list[Busy]:
    """Uses of the space and of its parts, those given back too, by start."""
    found = await sql.rows(TIMES, space_id, within.starts_at, within.ends_at, now)
    uses = [Busy(**{name: row[name] for name in Busy.__struct_fields__}) for row in found]
    return sorted(uses, key=lambda use: (use.starts_at, use.id))
