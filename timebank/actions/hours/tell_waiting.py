"""Hours and stays that wait for a second person do not wait in silence: who may confirm them is told, once a day at most."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from schedules import sql
from timebank.actions.action import action
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people.callers import RIGHTS, Right

FROM, UNTIL = time(9), time(21)
"""Local to where the member lives: nobody is told at night."""
APPROVERS = [role for role, rights in RIGHTS.items() if Right.APPROVE_HOURS in rights]

# `awake`: communities in which it is day now, with their own today. `entry`: hours that were sent, with whoever may decide
# them: nobody who entered them, whom they are about, or of a list who is on it or runs it, nor who lives with them (rules.md 2,
# 3 and 12). `stay`: of days that are over, scanned stays whose points wait for a word: the organiser's, and where the organiser
# is too near or gone, that of who approves hours there.
ASKED = """
WITH awake AS (
    SELECT id, time_zone, ($1::timestamptz AT TIME ZONE time_zone)::date AS today FROM community
     WHERE ($1::timestamptz AT TIME ZONE time_zone)::time >= $2 AND ($1::timestamptz AT TIME ZONE time_zone)::time < $3
), approver AS (
    SELECT DISTINCT g.member_id AS person_id, m.household_id, g.community_id
      FROM role_grant g JOIN member m ON m.id = g.member_id
     WHERE g.ended_at IS NULL AND g.role = ANY ($4) AND m.state = 'active'
), pending AS (
    SELECT e.id, e.kind, e.session_id, e.entered_by, e.member_id, c.ancestor_ids
      FROM hours_entry e JOIN community c ON c.id = e.community_id WHERE e.state = 'pending'
), involved AS (
    SELECT id, unnest(ARRAY[entered_by, member_id]) AS person_id FROM pending
    UNION SELECT e.id, a.organiser_id FROM pending e JOIN session s ON s.id = e.session_id
             JOIN activity a ON a.id = s.activity_id WHERE e.kind <> 'later'
    UNION SELECT e.id, u.person_id FROM pending e JOIN signup u ON u.session_id = e.session_id AND u.state = 'confirmed'
           WHERE e.kind <> 'later'
    UNION SELECT e.id, h.person_id FROM pending e JOIN attendance h ON h.session_id = e.session_id AND h.state = 'counts'
           WHERE e.kind <> 'later'
), entry AS (
    SELECT DISTINCT p.person_id, e.id FROM pending e JOIN approver p ON p.community_id = ANY (e.ancestor_ids)
     WHERE NOT EXISTS (SELECT FROM involved i JOIN member b ON b.id = i.person_id
                        WHERE i.id = e.id AND b.household_id = p.household_id)
), waits AS (
    SELECT w.attendance_id AS id, c.ancestor_ids, o.id AS organiser_id, m.household_id,
           (s.ends_at AT TIME ZONE a.time_zone)::date AS ended_on,
           o.household_id = m.household_id OR o.state <> 'active' AS is_for_others
      FROM stay_confirmation w JOIN attendance h ON h.id = w.attendance_id AND h.state = 'counts'
      JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id JOIN community c ON c.id = a.community_id
      JOIN member o ON o.id = a.organiser_id JOIN member m ON m.id = w.member_id
     WHERE w.confirmed_at IS NULL AND s.ends_at < $1
       AND w.version = (SELECT max(version) FROM service_record WHERE attendance_id = w.attendance_id)
), stay AS (
    SELECT organiser_id AS person_id, id, ended_on FROM waits WHERE NOT is_for_others
    UNION SELECT p.person_id, w.id, w.ended_on FROM waits w JOIN approver p ON p.community_id = ANY (w.ancestor_ids)
           WHERE w.is_for_others AND p.household_id <> w.household_id
), asked AS (
    SELECT person_id, id AS entry_id, NULL::uuid AS stay_id, NULL::date AS ended_on FROM entry
    UNION ALL SELECT person_id, NULL, id, ended_on FROM stay
)
SELECT q.person_id, a.today, a.time_zone, count(q.entry_id)::int AS entries, count(q.stay_id)::int AS stays
  FROM asked q JOIN member m ON m.id = q.person_id JOIN awake a ON a.id = m.community_id
 WHERE (q.ended_on IS NULL OR q.ended_on < a.today)
   AND NOT EXISTS (SELECT FROM message WHERE key = 'waiting:' || q.person_id || ':' || a.today)
   AND NOT is_resting($5, 'waiting:' || q.person_id || ':' || a.today, $1)
 GROUP BY 1, 2, 3 LIMIT $6
"""


class Waiting(msgspec.Struct, frozen=True):
    """What waits for one person on their local day: hours to decide, and stays of their sessions that are over."""

    person_id: UUID
    today: date
    time_zone: str
    entries: int
    stays: int

    @property
    def key(self) -> str:
        return f"waiting:{self.person_id}:{self.today}"


async def due(job: str, now: datetime, at_most: int) -> Sequence[Waiting]:
    """Who is to be told and was not today, except for what rests after a failure. Reads only."""
    return [Waiting(**dict(row)) for row in await sql.rows(ASKED, now, FROM, UNTIL, APPROVERS, job, at_most)]


@action
async def tell_waiting(what: Waiting, now: datetime) -> int:
    """Promises one message; 0 where somebody was faster. Safe to repeat: one for each person and local day."""
    kind = "hours_wait" if not what.stays else "stays_wait" if not what.entries else "hours_and_stays_wait"
    message = Message(
        key=what.key,
        person_id=what.person_id,
        kind=kind,
        facts={"entries": what.entries, "stays": what.stays},
        path="/organise/hours" if what.entries else "/organise/close",
        is_reminder=True,
        useful_until=datetime.combine(what.today + timedelta(days=1), time(), ZoneInfo(what.time_zone)),
    )
    return await messages.promise([message], now)
