"""Other rooms that would do at the very time that cannot be had in the room that was asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from schedules import rules, sql, wishes
from schedules.facts import Asked, Broken
from schedules.intervals import Interval
from schedules.spaces import Space
from schedules.wishes import DOCUMENT, OtherRoom, Wish

MOST = 3
LOOKED_AT = 12
"""Rooms that are judged, at most: nobody waits for a whole district."""

Also = Callable[[Space, Interval], Awaitable[Sequence[Broken]]]
"""A rule that looks at what the engine does not know: points."""

# Rooms of the same community first, then of those above and below it; the smallest that is large enough before the others. What
# is taken is left out at once, except where a space has several units: the rules count those.
CANDIDATES = """
SELECT booking_facts(s.id, $2, tstzrange($3, $4), $5, $6, NULL, $7, '{}', $8) AS facts
  FROM space o CROSS JOIN space s
 WHERE o.id = $1 AND s.id <> o.id AND s.state = 'open' AND s.seats >= $9 AND s.units >= $10
   AND (s.community_id = ANY (branch_of(o.community_id)) OR o.community_id = ANY (branch_of(s.community_id)))
   AND (s.units > 1 OR NOT EXISTS (
        SELECT FROM occupied(ARRAY[s.key], tstzrange($3, $4), $5) t
         WHERE t.closure_id IS NULL AND (t.booking_id IS NULL OR t.booking_id IS DISTINCT FROM $8)))
 ORDER BY s.community_id <> o.community_id, s.seats, s.name LIMIT $11
"""


async def find(
    wish: Wish,
    use: Interval,
    person_id: UUID | None,
    household_id: UUID | None,
    now: datetime,
    *,
    without: UUID | None = None,
    also: Also | None = None,
) -> list[OtherRoom]:
    """At most three rooms of the same branch that hold as many people and that this person can book at exactly that time.

    `without` is a booking that is to be moved: it is judged as though it did not exist. What is to be borrowed is left out: it
    belongs to the room. Locks nothing; one statement, and one more for each room where `also` asks.
    """
    asked = Asked(use, person_id, wish.people, wish.counts, wish.units, wish.team_id)
    found: list[OtherRoom] = []
    candidates = await sql.rows(
        CANDIDATES,
        wish.space_id,
        household_id,
        use.starts_at,
        use.ends_at,
        now,
        person_id,
        wish.team_id,
        without,
        wish.people,
        wish.units,
        LOOKED_AT,
    )
    for row in candidates:
        facts = wishes.facts_of(DOCUMENT.decode(row["facts"]), use)
        if rules.judge(asked, facts, now) or (also and await also(facts.space, use)):
            continue
        found.append(OtherRoom(facts.space.id, facts.space.name, facts.space.name_en, facts.space.seats))
        if len(found) == MOST:
            break
    return found
