"""A sign-up as it comes and changes: each step is one conditional statement that counts the place and writes the history.

Locks are taken in one order everywhere: the person, the role, the sign-up.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql


class Changed(msgspec.Struct, frozen=True):
    """A sign-up that has just changed its state. `sequence` tells this change from every other of the same sign-up."""

    signup_id: UUID
    session_id: UUID
    role_id: UUID
    person_id: UUID
    state: str
    sequence: int


async def lock_person(person_id: UUID) -> None:
    """The first lock of whatever judges somebody's sign-ups."""
    # Two clashing sign-ups of one person: the second waits here and then sees the first (schedule-49).
    await sql.rows(
        "INSERT INTO signup_person (person_id) VALUES ($1) "
        "ON CONFLICT (person_id) DO UPDATE SET person_id = excluded.person_id",
        person_id,
    )


async def lock_role(role_id: UUID) -> None:
    """The second lock: until the transaction ends nobody else takes, frees, offers or asks for a place of this role."""
    # Accepting an offer and its running out, two workers with two free places: one after the other (schedule-56, 57).
    await sql.rows("SELECT 1 FROM session_role WHERE id = $1 FOR NO KEY UPDATE", role_id)


ENTER = """
WITH place AS (
     UPDATE session_role SET taken = taken + $9::int, beyond = greatest(beyond, taken + $9::int - places)
      WHERE id = $2 AND CASE WHEN $5 = 'waiting' THEN taken >= places - $10::int
                             ELSE $9::int = 0 OR $8 OR places IS NULL OR taken < places - $10::int END RETURNING id),
made AS (
     INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at, request_holds)
     SELECT $4, $1, place.id, $3, $5, $6, $6, $5 = 'requested' AND $9::int = 1 FROM place
     ON CONFLICT (session_id, person_id) DO UPDATE
     SET role_id = excluded.role_id, state = excluded.state, changed_at = excluded.changed_at, line = excluded.line,
         request_holds = excluded.request_holds, offered_until = NULL, lapsed_round = NULL, is_late_leave = false,
         sequence = signup.sequence + 1
     RETURNING id, session_id, role_id, person_id, state, sequence),
told AS (
     INSERT INTO signup_change (signup_id, state, at, by_id, reason, is_override, is_walk_in)
     SELECT id, $5, $6, $7, $11, $8, $12 FROM made)
SELECT * FROM made
"""


async def enter(
    session_id: UUID,
    role_id: UUID,
    person_id: UUID,
    state: str,
    by_id: UUID,
    now: datetime,
    *,
    holds: bool,
    keeps_last: bool = False,
    reason: str = "",
    is_override: bool = False,
    is_walk_in: bool = False,
) -> Changed | None:
    """A new sign-up, or an old one anew; None where there was no place, or for `waiting`, where there was one.

    `holds`: it takes a place, with `is_override` beyond the plan; with `keeps_last`, any but the last. `is_walk_in`: a scan
    at the door made it, and it goes with the scan (`walk_ins`).
    """
    # The place is counted and taken by one conditional update: of fifty who ask for the last one, one gets it (schedule-20).
    # Nobody comes into the line beside a place that has just become free: whoever frees one has the role's row.
    found = await sql.row(
        ENTER,
        session_id,
        role_id,
        person_id,
        uuid4(),
        state,
        now,
        by_id,
        is_override,
        int(holds),
        int(keeps_last),
        reason,
        is_walk_in,
    )
    return Changed(*found) if found else None


CHANGE = """
WITH old AS (
     SELECT id, holds_place FROM signup WHERE id = $1 AND state = $2 FOR NO KEY UPDATE),
changed AS (
     UPDATE signup u SET state = $3, changed_at = $4, sequence = sequence + 1, offered_until = $7, request_holds = $8,
            is_late_leave = $9, line = CASE WHEN $11 THEN nextval('signup_line') ELSE line END,
            lapsed_round = CASE WHEN $11 THEN (SELECT round FROM session_role WHERE id = u.role_id) ELSE lapsed_round END
       FROM old WHERE u.id = old.id
     RETURNING u.id, u.session_id, u.role_id, u.person_id, u.state, u.sequence,
               u.holds_place::int - old.holds_place::int AS more),
counted AS (
     UPDATE session_role r
        SET taken = taken + more, round = round + (more < 0 AND NOT $11)::int,
            beyond = CASE WHEN more < 0 THEN least(beyond, greatest(0, taken + more - places))
                          WHEN $10 THEN greatest(beyond, taken + more - places) ELSE beyond END
       FROM changed WHERE r.id = changed.role_id AND more <> 0),
told AS (
     INSERT INTO signup_change (signup_id, state, at, by_id, reason, is_override, is_late_leave)
     SELECT id, $3, $4, $5, $6, $10, $9 FROM changed)
SELECT id, session_id, role_id, person_id, state, sequence FROM changed
"""


async def change(
    signup_id: UUID,
    was: str,
    state: str,
    by_id: UUID | None,
    now: datetime,
    reason: str = "",
    *,
    offered_until: datetime | None = None,
    request_holds: bool = False,
    is_late_leave: bool = False,
    is_override: bool = False,
    has_run_out: bool = False,
) -> Changed | None:
    """From the state it is expected in to another; None, and nothing done, where it is in another. Lock the role before.

    `by_id` none: by itself, when its time had come. `has_run_out`: an offer that nobody took; its person goes to the end of the
    line and waits for another place than this one. A place is taken or freed as the states say; where none is left for it the
    database refuses, unless `is_override`.
    """
    found = await sql.row(
        CHANGE,
        signup_id,
        was,
        state,
        now,
        by_id,
        reason,
        offered_until,
        request_holds,
        is_late_leave,
        is_override,
        has_run_out,
    )
    return Changed(*found) if found else None
