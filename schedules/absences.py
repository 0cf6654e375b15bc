"""Who was missed: a confirmed place at a session that is over, no attendance, and nothing said: not excused, not left early."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from schedules import no_shows, sql
from schedules.errors import Refusal
from schedules.no_shows import NoShow

Cause = Literal["no_attendance", "roll_call", "report"]
BACK = timedelta(days=7)
"""A session that ended longer ago proposes nobody by itself: a job that was away for a week does not dig up the past."""


class NotOnTheList(Refusal):
    """The person had no confirmed place at this session: nobody can be missing without one (schedule-79). Facts: none."""


class WasThere(Refusal):
    """The person was checked in, or had excused themselves. Facts: none."""


class NotOverYet(Refusal):
    """The person may still come. Facts: until."""


ABSENT = """
SELECT u.id FROM signup u
 WHERE u.session_id = $1 AND u.state = 'confirmed'
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.signup_id = u.id AND h.state = 'counts')
   AND NOT EXISTS (SELECT FROM signup_fact f WHERE f.signup_id = u.id)
   AND NOT EXISTS (SELECT FROM no_show n WHERE n.signup_id = u.id AND NOT (n.state = 'dropped' AND 'came' = (
                   SELECT c.cause FROM no_show_change c WHERE c.no_show_id = n.id ORDER BY c.id DESC LIMIT 1)))
"""
"""Dropped because the person came, and nothing says so any more: that is no forgiveness, whatever people decided is."""


async def overdue(now: datetime) -> list[UUID]:
    """Sessions whose end and grace are over and at which somebody with a place was not seen; those called off have none."""
    found = await sql.rows(
        "SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id "
        "WHERE greatest(s.closes_at, s.absent_from) <= $1 AND greatest(s.closes_at, s.absent_from) > $2 "
        "AND s.state <> 'cancelled' AND a.state <> 'draft' "
        f"AND EXISTS ({ABSENT.replace('$1', 's.id')}) ORDER BY s.closes_at, s.id",
        now,
        now - BACK,
    )
    return [row["id"] for row in found]


async def propose_absent(
    session_id: UUID, cause: Cause, by_id: UUID | None, now: datetime, comment: str = "", only: Sequence[UUID] | None = None
) -> list[NoShow]:
    """Proposes everybody with a confirmed place who was neither there nor excused, and has none yet; of `only` these sign-ups.

    Whose one was dropped for a scan that was undone since gets a further round. The new ones. Safe to repeat. Locks the
    sign-ups: a scan of the same moment is before this or after it.
    """
    # A scan locks its sign-up as well: whoever is checked in at this moment is seen here, or sees us gone.
    locked = await sql.rows(
        "SELECT id FROM signup WHERE session_id = $1 AND state = 'confirmed' AND ($2::uuid[] IS NULL OR id = ANY($2)) "
        "ORDER BY person_id, id FOR NO KEY UPDATE",
        session_id,
        None if only is None else list(only),
    )
    # Two who propose at once: the key lets one of them through.
    made = await sql.rows(
        f"""
        WITH made AS (
             INSERT INTO no_show (id, signup_id, round, session_id, person_id, state, reported_by, changed_at)
             SELECT gen_random_uuid(), u.id, 1 + (SELECT count(*) FROM no_show n WHERE n.signup_id = u.id), u.session_id,
                    u.person_id, 'proposed', $2, $3
               FROM signup u WHERE u.id = ANY ($6) AND u.id IN ({ABSENT})
                AND NOT EXISTS (SELECT FROM session x WHERE x.id = u.session_id AND x.absent_from > $3)  -- schedule-19
             ON CONFLICT DO NOTHING RETURNING id, round),
        told AS (
             INSERT INTO no_show_change (no_show_id, state, at, by_id, cause, comment)
             SELECT id, 'proposed', $3, $2, CASE WHEN round > 1 AND $4 = 'no_attendance' THEN 'undone' ELSE $4 END, $5
               FROM made)
        SELECT id FROM made
        """,
        session_id,
        by_id,
        now,
        cause,
        comment,
        [row["id"] for row in locked],
    )
    return await no_shows.found_of([row["id"] for row in made], now)


async def report(session_id: UUID, person_id: UUID, by_id: UUID, comment: str, now: datetime) -> NoShow:
    """Somebody says that this person was not there, once the session is over. A repeat gives the first one.

    Raises NotOnTheList, WasThere, NotOverYet.
    """
    signup = await sql.row(
        "SELECT u.id, u.state, greatest(s.ends_at, s.absent_from) AS ends_at "
        "FROM signup u JOIN session s ON s.id = u.session_id "
        "WHERE u.session_id = $1 AND u.person_id = $2",
        session_id,
        person_id,
    )
    if signup is None or signup["state"] != "confirmed":
        raise NotOnTheList()
    if now < signup["ends_at"]:
        raise NotOverYet(until=signup["ends_at"])
    made = await propose_absent(session_id, "report", by_id, now, comment.strip(), [signup["id"]])
    if made:
        return made[0]
    before = await sql.value("SELECT id FROM no_show WHERE signup_id = $1 ORDER BY round DESC LIMIT 1", signup["id"])
    if before is None:
        raise WasThere()
    return await no_shows.find(before, now)


async def came_after_all() -> list[UUID]:
    """Sign-ups with a no-show that is not final yet and an attendance by now."""
    found = await sql.rows(
        "SELECT n.signup_id FROM no_show n WHERE n.state IN ('proposed', 'notified', 'objection') AND EXISTS "
        "(SELECT FROM attendance h WHERE h.signup_id = n.signup_id AND h.state = 'counts') ORDER BY n.changed_at, n.id"
    )
    return [row["signup_id"] for row in found]


async def drop_of(signup_id: UUID, cause: Literal["came", "excused"], by_id: UUID | None, now: datetime) -> NoShow | None:
    """The person was there after all, or is excused: the one that falls with it, None where there is none. Safe to repeat."""
    found = await sql.value("SELECT id FROM no_show WHERE signup_id = $1 AND state <> 'dropped'", signup_id)
    if found is None or not await no_shows.move(
        found, ("proposed", "notified", "objection", "final"), "dropped", now, by_id, cause
    ):
        return None
    return await no_shows.find(found, now)
