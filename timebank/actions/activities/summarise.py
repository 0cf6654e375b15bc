"""The evening's summary: tomorrow's sessions for who has a place there and for who runs them, once each local day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from timebank.actions.action import action
from timebank.outbox import messages
from timebank.outbox.messages import Message

AT = time(20)
"""Local to where the member lives; until midnight, since then tomorrow is another day."""

Kind = Literal["day_own", "day_run"]

# `evening`: communities in which it is evening now, with their own today. Clocks that change do not make a second one of it.
ASKED = """
WITH evening AS (
    SELECT id, ($1::timestamptz AT TIME ZONE time_zone)::date AS today FROM community
     WHERE ($1::timestamptz AT TIME ZONE time_zone)::time >= $2
), tomorrow AS (
    SELECT s.id, s.starts_at, a.organiser_id, (s.starts_at AT TIME ZONE a.time_zone)::date AS day
      FROM session s JOIN activity a ON a.id = s.activity_id
     WHERE s.starts_at BETWEEN $1 AND $1::timestamptz + interval '3 days' AND s.state = 'planned' AND a.state = 'published'
), asked AS (
    SELECT 'day_own' AS kind, u.person_id, t.id, t.day
      FROM tomorrow t JOIN signup u ON u.session_id = t.id AND u.state = 'confirmed'
    UNION ALL
    SELECT 'day_run', t.organiser_id, t.id, t.day FROM tomorrow t
)
SELECT q.kind, q.person_id, e.today, array_agg(q.id) AS session_ids
  FROM asked q JOIN member m ON m.id = q.person_id JOIN evening e ON e.id = m.community_id
 WHERE q.day = e.today + 1 AND m.state <> 'left' AND CASE q.kind WHEN 'day_own' THEN m.summary_own ELSE m.summary_run END
   AND NOT EXISTS (SELECT FROM message WHERE key = q.kind || ':' || q.person_id || ':' || e.today)
   AND NOT is_resting($3, q.kind || ':' || q.person_id, $1)
 GROUP BY 1, 2, 3 LIMIT $4
"""
SESSIONS = """
SELECT a.title, a.title_en, s.starts_at, s.ends_at, a.time_zone, coalesce(sp.name, s.place) AS place,
       coalesce(sp.name_en, '') AS place_en,
       (SELECT count(*) FROM signup WHERE session_id = s.id AND state = 'confirmed') AS expected,
       (SELECT count(*) FROM signup WHERE session_id = s.id AND state = 'requested') AS waiting,
       (SELECT coalesce(sum(greatest(places - taken, 0)), 0) FROM session_role WHERE session_id = s.id) AS missing
  FROM session s JOIN activity a ON a.id = s.activity_id LEFT JOIN space sp ON sp.id = s.space_id
 WHERE s.id = ANY ($1) ORDER BY s.starts_at, s.id
"""


class Summary(msgspec.Struct, frozen=True):
    """What one member is to be told this evening; `today` is the day on which it is written."""

    kind: Kind
    person_id: UUID
    today: date
    session_ids: Sequence[UUID]

    def __str__(self) -> str:
        return f"{self.kind}:{self.person_id}"


async def due(job: str, now: datetime, at_most: int) -> list[Summary]:
    """Summaries of this evening that nobody has written, except for what rests after a failure. Reads only."""
    return [Summary(**dict(row)) for row in await sql.rows(ASKED, now, AT, job, at_most)]


@action
async def summarise(what: Summary, now: datetime) -> int:
    """Promises one summary; 0 where somebody was faster. Safe to repeat: one for each person and local day (schedule-69)."""
    zone = ZoneInfo(
        await sql.value(
            "SELECT c.time_zone FROM member m JOIN community c ON c.id = m.community_id WHERE m.id = $1", what.person_id
        )
    )
    found = await sql.rows(SESSIONS, list(what.session_ids))
    tomorrow = what.today + timedelta(days=1)
    message = Message(
        key=f"{what.kind}:{what.person_id}:{what.today}",
        person_id=what.person_id,
        kind=what.kind,
        facts={
            "day_on": tomorrow.isoformat(),
            "time_zone": zone.key,
            "sessions": [dict(row) | {name: row[name].isoformat() for name in ("starts_at", "ends_at")} for row in found],
        },
        path="/me" if what.kind == "day_own" else "/organise",
        due_at=datetime.combine(what.today, AT, zone),
        useful_until=datetime.combine(tomorrow, time(), zone),
    )
    return await messages.promise([message], now)
