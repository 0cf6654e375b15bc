"""The roll of a session: who is expected, here, late, gone; by which door; and who was ticked off a list by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.attendance import counted
from schedules.errors import NotFound, Refusal

OPEN_FOR = timedelta(days=14)
"""After the end: about ten working days, in which service is to be recorded (rules.md 4). What comes later is entered later."""


class RollNotOpen(Refusal):
    """Nobody is let in yet, or the session was called off. Facts: opens_at."""


class RollClosed(Refusal):
    """The time to call the roll is over. Facts: until."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One person with a place, or there without. `state` left: out again; `excused` and `left_early` were noted."""

    signup_id: UUID
    person_id: UUID
    role: str
    role_en: str
    signup_state: str
    in_at: datetime | None
    out_at: datetime | None
    minutes: int | None
    is_inside: bool
    is_late: bool
    is_automatic: bool
    is_by_hand: bool
    excused: bool
    left_early: bool
    fact_reason: str
    """What was said of either, the last of it."""
    no_show: str | None

    @property
    def state(self) -> Literal["expected", "excused", "here", "left"]:
        if self.in_at is None:
            return "excused" if self.excused else "expected"
        return "here" if self.is_inside else "left"


class Door(msgspec.Struct, frozen=True):
    """Entries and exits at one scanner: a desk, or whoever checked in by hand; `self`: phones; `job`: set by itself."""

    source: Literal["desk", "self", "manual", "job"]
    scanner_id: UUID | None
    came: int
    went: int


ROLL = """
SELECT u.id AS signup_id, u.person_id, r.name AS role, r.name_en AS role_en, u.state AS signup_state,
       h.in_at, h.out_at, h.minutes, coalesce(h.is_inside, false) AS is_inside, coalesce(h.is_late, false) AS is_late,
       coalesce(h.is_automatic, false) AS is_automatic, coalesce(h.is_by_hand, false) AS is_by_hand,
       EXISTS (SELECT FROM signup_fact f WHERE f.signup_id = u.id AND f.kind = 'excused') AS excused,
       EXISTS (SELECT FROM signup_fact f WHERE f.signup_id = u.id AND f.kind = 'left_early') AS left_early,
       coalesce((SELECT f.reason FROM signup_fact f WHERE f.signup_id = u.id AND f.kind IN ('excused', 'left_early')
                  ORDER BY f.at DESC LIMIT 1), '') AS fact_reason,
       (SELECT n.state FROM no_show n WHERE n.signup_id = u.id ORDER BY n.round DESC LIMIT 1) AS no_show
  FROM signup u JOIN session_role r ON r.id = u.role_id
  CROSS JOIN LATERAL (
       SELECT min(in_at) AS in_at, bool_or(out_at IS NULL) AS is_inside,
              CASE WHEN bool_or(out_at IS NULL) THEN NULL ELSE max(out_at) END AS out_at, sum(minutes)::int AS minutes,
              (array_agg(is_late ORDER BY in_at, entry))[1] AS is_late, bool_or(is_automatic) AS is_automatic,
              bool_or(NOT is_by_code AND NOT is_automatic) AS is_by_hand
         FROM attendance WHERE signup_id = u.id AND state = 'counts') h
 WHERE u.session_id = $1 AND (u.state = 'confirmed' OR h.in_at IS NOT NULL)
 ORDER BY r.position, u.made_at, u.id
"""
# Counted from the stays and the scans that made them, so that the doors and the roll cannot disagree (schedule-102).
DOORS = """
SELECT source, scanner_id, sum(came)::int AS came, sum(went)::int AS went FROM (
    SELECT CASE WHEN c.source = 'upload' THEN 'desk' ELSE c.source END AS source,
           CASE WHEN c.source <> 'self' THEN c.scanner_id END AS scanner_id, 1 AS came, 0 AS went
      FROM attendance h JOIN scan c ON c.id = h.in_scan WHERE h.session_id = $1 AND h.state = 'counts'
    UNION ALL
    SELECT CASE WHEN c.id IS NULL THEN 'job' WHEN c.source = 'upload' THEN 'desk' ELSE c.source END,
           CASE WHEN c.source <> 'self' THEN c.scanner_id END, 0, 1
      FROM attendance h LEFT JOIN scan c ON c.id = h.out_scan
     WHERE h.session_id = $1 AND h.state = 'counts' AND h.out_at IS NOT NULL) passed
 GROUP BY source, scanner_id ORDER BY source, scanner_id
"""


async def lines(session_id: UUID) -> list[Line]:
    """By role and sign-up. Names are the caller's to add."""
    return [Line(**dict(row)) for row in await sql.rows(ROLL, session_id)]


async def doors(session_id: UUID) -> list[Door]:
    """Every scanner at which somebody came or went; what came less what went is who is inside."""
    return [Door(*row) for row in await sql.rows(DOORS, session_id)]


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """A session whose roll may be called now."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    tolerance: int

    def came_at(self, now: datetime) -> datetime:
        """From when on who is ticked counts as there: the planned start, or now where it has not come."""
        return min(self.starts_at, now)


async def open_for(session_id: UUID, now: datetime) -> Called:
    """Raises NotFound, RollNotOpen, RollClosed."""
    row = await sql.row(
        "SELECT s.id, s.starts_at, s.ends_at, s.opens_at, s.state, a.tolerance FROM session s "
        "JOIN activity a ON a.id = s.activity_id WHERE s.id = $1 AND a.state <> 'draft'",
        session_id,
    )
    if row is None:
        raise NotFound(what="session")
    if row["state"] == "cancelled" or now < row["opens_at"]:
        raise RollNotOpen(opens_at=row["opens_at"])
    if now > row["ends_at"] + OPEN_FOR:
        raise RollClosed(until=row["ends_at"] + OPEN_FOR)
    return Called(id=row["id"], starts_at=row["starts_at"], ends_at=row["ends_at"], tolerance=row["tolerance"])


Result = Literal[
    "recorded",
    "already",
    "not_on_the_list",
    "already_elsewhere",
    "blocked",
    "cancelled",
    "withdrawn",
    "rejected",
    "not_approved",
    "waitlisted",
    "qualification_missing",
]
"""`recorded`, or why not: what the rules of a scan say against it under their own code, the rest as a roll has it."""

TICK = """
WITH came AS (
     INSERT INTO scan (nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id,
                       happened_at, received_at)
     VALUES ('roll-in:' || $1, $5, $5, 'manual', 'in', 'roll', 'ok', $3, $2, $4, $6, $8) RETURNING id),
went AS (
     INSERT INTO scan (nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id,
                       happened_at, received_at)
     SELECT 'roll-out:' || $1, $5, $5, 'manual', 'out', 'roll', 'ok', $3, $2, $4, $7, $8
      WHERE $7::timestamptz IS NOT NULL RETURNING id)
INSERT INTO attendance (id, signup_id, session_id, person_id, entry, in_at, out_at, in_scan, out_scan, minutes, version,
                        is_by_code)
SELECT $1::uuid, $2, $3, $4, (SELECT coalesce(max(entry), 0) + 1 FROM attendance WHERE signup_id = $2), $6, $7, came.id,
       (SELECT id FROM went), $9, CASE WHEN $7::timestamptz IS NULL THEN 0 ELSE 1 END, false
  FROM came
"""


async def tick(called: Called, signup_id: UUID, by_id: UUID, now: datetime) -> Result:
    """Somebody was there, by the organiser's word: from the planned start, and to the planned end once that is over (class B).

    The rules of a scan were asked before. Whoever has a stay already keeps it. Safe to repeat. Locks the sign-up as well.
    """
    signup = await sql.row(
        "SELECT person_id, state FROM signup WHERE id = $1 AND session_id = $2 FOR NO KEY UPDATE", signup_id, called.id
    )
    if signup is None or signup["state"] != "confirmed":
        return "not_on_the_list"
    if await sql.rows("SELECT 1 FROM attendance WHERE signup_id = $1 AND state = 'counts' LIMIT 1", signup_id):
        return "already"
    in_at = called.came_at(now)
    out_at = called.ends_at if now >= called.ends_at else None
    if await sql.rows(
        "SELECT 1 FROM attendance WHERE person_id = $1 AND state = 'counts' "
        "AND in_at < $3 AND coalesce(out_at, $4) > $2 LIMIT 1",
        signup["person_id"],
        in_at,
        called.ends_at,
        max(now, called.ends_at),
    ):
        return "already_elsewhere"
    minutes = counted(in_at, out_at, called.starts_at, called.ends_at, called.tolerance) if out_at else None
    await sql.rows(TICK, str(uuid4()), signup_id, called.id, signup["person_id"], by_id, in_at, out_at, now, minutes)
    return "recorded"


async def note(signup_id: UUID, kind: Literal["excused", "left_early"], by_id: UUID, reason: str, now: datetime) -> bool:
    """A fact of its own, which never counts as a no-show (schedule-80). Whether it is new; safe to repeat. Raises NotFound."""
    if not await sql.rows("SELECT 1 FROM signup WHERE id = $1 FOR NO KEY UPDATE", signup_id):
        raise NotFound(what="signup")
    return bool(
        await sql.rows(
            "INSERT INTO signup_fact (signup_id, kind, at, by_id, reason) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (signup_id, kind) DO NOTHING RETURNING 1",
            signup_id,
            kind,
            now,
            by_id,
            reason.strip(),
        )
    )
