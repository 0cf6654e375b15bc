"""Reminders before the start of a session or a booking, asked from the tables: what is due and was not promised?

Nothing is written ahead, so what is moved, called off or withdrawn before takes its reminder along (schedule-70).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from schedules import sql
from timebank.actions.action import action
from timebank.outbox import messages
from timebank.outbox.messages import Message

Kind = Literal["session_reminder", "booking_reminder"]

# One reminder for a sign-up and the local day of its session: moved to another day, it is due anew.
SIGNUPS = """
SELECT u.id, u.person_id, s.id AS session_id, s.starts_at, s.ends_at, a.title, a.title_en, coalesce(sp.name, s.place) AS place,
       coalesce(sp.name_en, '') AS place_en, a.time_zone, '/activities/' || a.id AS path,
       s.starts_at - make_interval(mins => a.remind_before) AS due_at,
       'remind:' || u.id || ':' || (s.starts_at AT TIME ZONE a.time_zone)::date AS key
  FROM session s JOIN activity a ON a.id = s.activity_id JOIN signup u ON u.session_id = s.id
  JOIN member m ON m.id = u.person_id LEFT JOIN space sp ON sp.id = s.space_id
 WHERE s.starts_at > $1 AND s.starts_at <= $1::timestamptz + interval '7 days' AND s.ends_at - s.starts_at <= interval '1 day'
   AND a.remind_before > 0 AND s.starts_at - make_interval(mins => a.remind_before) <= $1
   AND s.state = 'planned' AND a.state = 'published' AND u.state = 'confirmed'
   AND u.changed_at < s.starts_at - make_interval(mins => a.remind_before) AND m.reminders AND m.state <> 'left'
"""
BOOKINGS = """
SELECT b.id, b.person_id, b.id AS session_id, b.starts_at, b.ends_at, sp.name AS title, sp.name_en AS title_en,
       sp.name AS place, sp.name_en AS place_en, sp.time_zone, '/me/bookings/' || b.id AS path,
       b.starts_at - make_interval(mins => sp.remind_before) AS due_at,
       'remind:' || b.id || ':' || (b.starts_at AT TIME ZONE sp.time_zone)::date AS key
  FROM booking b JOIN space sp ON sp.id = b.space_id JOIN member m ON m.id = b.person_id
 WHERE b.starts_at > $1 AND b.starts_at <= $1::timestamptz + interval '7 days'
   AND sp.remind_before > 0 AND b.starts_at - make_interval(mins => sp.remind_before) <= $1
   AND b.state = 'confirmed' AND b.counts AND b.changed_at < b.starts_at - make_interval(mins => sp.remind_before)
   AND m.reminders AND m.state <> 'left'
"""
QUESTIONS: dict[Kind, str] = {"session_reminder": SIGNUPS, "booking_reminder": BOOKINGS}

STILL_SO = """
SELECT m.key, w.starts_at, w.ends_at, w.due_at
  FROM message m LEFT JOIN LATERAL (
       SELECT s.starts_at, s.ends_at, s.starts_at - make_interval(mins => a.remind_before) AS due_at, a.time_zone
         FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
        WHERE m.kind = 'session_reminder' AND u.id = (m.facts ->> 'of')::uuid AND u.state = 'confirmed'
          AND s.state = 'planned' AND a.state = 'published'
        UNION ALL
       SELECT b.starts_at, b.ends_at, b.starts_at - make_interval(mins => sp.remind_before), sp.time_zone
         FROM booking b JOIN space sp ON sp.id = b.space_id
        WHERE m.kind = 'booking_reminder' AND b.id = (m.facts ->> 'of')::uuid AND b.state = 'confirmed') w
    ON (w.starts_at AT TIME ZONE w.time_zone)::date = (m.facts ->> 'starts_on')::date
 WHERE m.state = 'pending' AND m.kind IN ('session_reminder', 'booking_reminder')
   AND (w.starts_at IS NULL OR w.starts_at <> (m.facts ->> 'starts_at')::timestamptz)
"""


class Due(msgspec.Struct, frozen=True):
    """A session, or a booking, with reminders to promise."""

    kind: Kind
    id: UUID

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


async def due(job: str, now: datetime, at_most: int) -> list[Due]:
    """What has reminders that are due and were not promised, except for what rests after a failure. Reads only."""
    found = []
    for kind, question in QUESTIONS.items():
        rows = await sql.rows(
            f"SELECT DISTINCT q.session_id FROM ({question}) q WHERE NOT EXISTS (SELECT FROM message WHERE key = q.key) "
            "AND NOT is_resting($2, $3 || ':' || q.session_id, $1) LIMIT $4",
            now,
            job,
            kind,
            at_most,
        )
        found += [Due(kind, row["session_id"]) for row in rows]
    return found


@action
async def remind(what: Due, now: datetime) -> int:
    """Promises the reminders of one session or booking; how many are new. Safe to repeat and to run twice at once."""
    found = await sql.rows(f"SELECT * FROM ({QUESTIONS[what.kind]}) q WHERE q.session_id = $2", now, what.id)
    return await messages.promise([_reminder(what.kind, row) for row in found], now)


def _reminder(kind: Kind, row: asyncpg.Record) -> Message:
    facts = {name: row[name] for name in ("title", "title_en", "place", "place_en", "time_zone")}
    facts |= {name: row[name].isoformat() for name in ("starts_at", "ends_at")}
    return Message(
        key=row["key"],
        person_id=row["person_id"],
        kind=kind,
        facts=facts | {"of": str(row["id"]), "starts_on": row["key"].rpartition(":")[2]},
        path=row["path"],
        is_reminder=True,
        due_at=row["due_at"],
        useful_until=row["starts_at"],
    )


@action
async def keep_true() -> int:
    """Takes back or moves reminders that wait to be sent and are no longer so: the session was moved meanwhile, called off, or
    the member withdrew. How many. Safe to repeat.
    """
    found = await sql.rows(STILL_SO)
    if gone := [row["key"] for row in found if row["starts_at"] is None]:
        await messages.withdraw(gone)
    for row in found:
        if row["starts_at"] is not None:
            await messages.move(row["key"], row["due_at"], row["starts_at"], starts_at=row["starts_at"], ends_at=row["ends_at"])
    return len(found)
