"""Sign-ups as they are read: who comes to a session, where a person goes, and every state that a sign-up has had."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound


class Signup(msgspec.Struct, frozen=True):
    """A sign-up as lists show it, with the name of its role."""

    id: UUID
    session_id: UUID
    person_id: UUID
    role_id: UUID
    role: str
    role_en: str
    state: str
    made_at: datetime
    changed_at: datetime
    sequence: int
    override_reason: str
    reason: str = ""
    """Of its last change."""
    offered_until: datetime | None = None
    position: int | None = None
    """The place in line of who waits: 1 is next."""
    is_late_leave: bool = False
    """Let off by an organiser after the deadline."""
    holds_place: bool = False
    """It counts against the places: confirmed, offered, or a request that holds one."""


class Change(msgspec.Struct, frozen=True):
    """One state that a sign-up has had: since when, by whom (none: its time had come), why.

    `is_late_leave`: let off by an organiser after the deadline, which is no no-show.
    """

    state: str
    at: datetime
    by_id: UUID | None
    reason: str
    is_override: bool
    is_late_leave: bool = False


FOUND = """
SELECT u.id, u.session_id, u.person_id, u.role_id, r.name AS role, r.name_en AS role_en, u.state, u.made_at, u.changed_at,
       u.sequence, coalesce((SELECT CASE WHEN c.is_override THEN c.reason END FROM signup_change c
                              WHERE c.signup_id = u.id ORDER BY c.id DESC LIMIT 1), '') AS override_reason,
       coalesce((SELECT c.reason FROM signup_change c WHERE c.signup_id = u.id ORDER BY c.id DESC LIMIT 1), '') AS reason,
       u.offered_until, CASE WHEN u.state = 'waiting' THEN position_in_line(u.role_id, u.line) END AS position,
       u.is_late_leave, u.holds_place
  FROM signup u JOIN session_role r ON r.id = u.role_id
"""


async def find(signup_id: UUID) -> Signup:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE u.id = $1", signup_id)
    if row is None:
        raise NotFound(what="signup")
    return Signup(*row)


async def of_session(session_id: UUID) -> list[Signup]:
    """Every sign-up of a session, whatever its state, by role and in the order in which they were made; who waits, in line."""
    return [
        Signup(*row)
        for row in await sql.rows(
            f"{FOUND} WHERE u.session_id = $1 "
            "ORDER BY r.position, CASE WHEN u.state = 'waiting' THEN u.line END NULLS FIRST, u.made_at, u.id",
            session_id,
        )
    ]


async def of_person(
    person_id: UUID, *, ends_after: datetime | None = None, after: UUID | None = None, limit: int = 50
) -> list[Signup]:
    """A person's sign-ups by start; with `ends_after`, of sessions not over then. `after` is the last one seen."""
    found = await sql.rows(
        f"{FOUND} JOIN session s ON s.id = u.session_id WHERE u.person_id = $1 AND ($2::timestamptz IS NULL OR s.ends_at > $2) "
        "AND ($3::uuid IS NULL OR (s.starts_at, u.id) > "
        "(SELECT t.starts_at, v.id FROM signup v JOIN session t ON t.id = v.session_id WHERE v.id = $3)) "
        "ORDER BY s.starts_at, u.id LIMIT $4",
        person_id,
        ends_after,
        after,
        limit,
    )
    return [Signup(*row) for row in found]


async def history(signup_id: UUID) -> list[Change]:
    """Every state the sign-up has had, oldest first (schedule-66)."""
    return [
        Change(*row)
        for row in await sql.rows(
            "SELECT state, at, by_id, reason, is_override, is_late_leave FROM signup_change WHERE signup_id = $1 ORDER BY id",
            signup_id,
        )
    ]
