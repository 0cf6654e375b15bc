"""Two neighbours who exchange much help with each other and with nobody else in a month: a list for a talk (rules.md 11).

Nothing follows from standing on it, and nothing is kept but what somebody wrote down after the talk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql


class Pair(msgspec.Struct, frozen=True):
    """Whole minutes of settled help in a month: `minutes` in all, `by_one` of them given by the first of the two."""

    one_id: UUID
    one: str
    one_number: int
    other_id: UUID
    other: str
    other_number: int
    community_id: UUID
    community: str
    community_en: str
    times: int
    minutes: int
    by_one: int


class Note(msgspec.Struct, frozen=True):
    """What somebody wrote about two of them."""

    one_id: UUID
    other_id: UUID
    note: str
    noted_by: str
    noted_at: datetime


PAIRS = """
WITH helped AS (
    SELECT least(x.helper_id, x.helped_id) AS one_id, greatest(x.helper_id, x.helped_id) AS other_id,
           min(p.community_id::text)::uuid AS community_id, count(*)::int AS times, sum(x.settled_minutes)::int AS minutes,
           coalesce(sum(x.settled_minutes) FILTER (WHERE x.helper_id < x.helped_id), 0)::int AS by_one
      FROM exchange x JOIN neighbour_post p ON p.id = x.post_id JOIN community c ON c.id = p.community_id
     WHERE x.state = 'settled' AND x.settled_minutes > 0 AND x.starts_at >= $1::timestamp AT TIME ZONE c.time_zone
       AND x.starts_at < ($1 + interval '1 month')::timestamp AT TIME ZONE c.time_zone
     GROUP BY 1, 2)
SELECT h.one_id, a.name AS one, a.number AS one_number, h.other_id, b.name AS other, b.number AS other_number, h.community_id,
       c.name AS community, c.name_en AS community_en, h.times, h.minutes, h.by_one
  FROM helped h JOIN member a ON a.id = h.one_id JOIN member b ON b.id = h.other_id JOIN community c ON c.id = h.community_id
 WHERE c.ancestor_ids && $2::uuid[] AND NOT EXISTS (
       SELECT FROM helped o WHERE (o.one_id, o.other_id) <> (h.one_id, h.other_id)
          AND (h.one_id IN (o.one_id, o.other_id) OR h.other_id IN (o.one_id, o.other_id)))
 ORDER BY h.minutes DESC, a.number
"""


async def alone_together(month: date, node_ids: Sequence[UUID]) -> list[Pair]:
    """All pairs below these nodes without a third, the most minutes first; `month` is its first day, on each one's own wall."""
    return [Pair(**dict(row)) for row in await sql.rows(PAIRS, month, list(node_ids))]


async def notes(month: date) -> list[Note]:
    """Of a month, oldest first."""
    found = await sql.rows(
        "SELECT n.one_id, n.other_id, n.note, m.name AS noted_by, n.noted_at FROM pair_note n "
        "JOIN member m ON m.id = n.noted_by WHERE n.month = $1 ORDER BY n.noted_at, n.id",
        month,
    )
    return [Note(**dict(row)) for row in found]


async def note(pair: Pair, month: date, text: str, by: UUID, now: datetime) -> UUID:
    """Written once, never changed."""
    made = uuid4()
    await sql.rows(
        "INSERT INTO pair_note (id, one_id, other_id, month, note, noted_by, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        made,
        pair.one_id,
        pair.other_id,
        month,
        text,
        by,
        now,
    )
    return made
