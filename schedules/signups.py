"""Sign-ups: a person's place at a session. The last place goes to one; of two clashing sign-ups of one person one stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from schedules import answers, rosters, sessions, sql
from schedules.answers import OVERRIDABLE
from schedules.errors import Malformed, NotFound, Refusal
from schedules.sessions import Clash, Session


class WithdrawTooLate(Refusal):
    """The member may no longer withdraw alone. Facts: until, organiser_id (whom to ask)."""


class HasAttended(Refusal):
    """The person was checked in on this sign-up. Facts: none."""


class NotSignedUp(Refusal):
    """There is no confirmed sign-up to take back. Facts: state."""


class Taken(msgspec.Struct, frozen=True):
    """A place that was taken. `clash` is the own session close by: the answer was `tight`, or an override passed over it."""

    signup_id: UUID
    session_id: UUID
    role_id: UUID
    answer: str
    clash: Clash | None = None


async def take(
    session_id: UUID,
    role_id: UUID | None,
    person_id: UUID,
    by_id: UUID,
    now: datetime,
    *,
    is_blocked: bool = False,
    reason: str = "",
    is_override: bool = False,
) -> Taken:
    """Signs one person up; without `role_id`, for the only role. With `is_override` an organiser passes over the answer.

    Raises what `answers` refuses with, NotFound (for drafts too), and Malformed where a role has to be named. Locks the row of
    the person, then that of the role. Three statements. A repeat is refused with SignedUp and changes nothing.
    """
    await _lock(person_id)
    session = await sessions.one(session_id, person_id)
    role = _role(session, role_id)
    answer = answers.answer(session, now, is_blocked=is_blocked, role_id=role)
    passes_over = is_override and answer.name in OVERRIDABLE
    refusal = None if passes_over else answers.refusal(answer, session, role)
    if refusal is not None:
        raise refusal
    made = await _write(session_id, role, person_id, by_id, now, reason, passes_over)
    if made is None:
        raise answers.Full(role_id=role)
    return Taken(made, session_id, role, answer.name.value, answer.clash)


async def _lock(person_id: UUID) -> None:
    # Two clashing sign-ups of one person: the second waits here and then sees the first (schedule-49).
    await sql.rows(
        "INSERT INTO signup_person (person_id) VALUES ($1) "
        "ON CONFLICT (person_id) DO UPDATE SET person_id = excluded.person_id",
        person_id,
    )


def _role(session: Session, role_id: UUID | None) -> UUID:
    if session.activity_state == "draft":
        raise NotFound(what="session")
    if role_id is not None:
        return session.role(role_id).id
    if len(session.roles) != 1:
        raise Malformed(field="role_id", reason="this session has several roles; name one")
    return session.roles[0].id


async def _write(
    session_id: UUID, role_id: UUID, person_id: UUID, by_id: UUID, now: datetime, reason: str, is_override: bool
) -> UUID | None:
    """The id of the sign-up, or None where no place was left."""
    # The place is counted and taken by one conditional update: of fifty who ask for the last one, one gets it (schedule-20).
    made: UUID | None = await sql.value(
        """
        WITH place AS (
             UPDATE session_role SET taken = taken + 1, beyond = greatest(beyond, taken + 1 - places)
              WHERE id = $2 AND ($8 OR places IS NULL OR taken < places) RETURNING id),
        made AS (
             INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at)
             SELECT $4, $1, place.id, $3, 'confirmed', $6, $6 FROM place
             ON CONFLICT (session_id, person_id) DO UPDATE
             SET role_id = excluded.role_id, state = excluded.state, changed_at = excluded.changed_at,
                 sequence = signup.sequence + 1
             RETURNING id),
        told AS (
             INSERT INTO signup_change (signup_id, state, at, by_id, reason, is_override)
             SELECT id, 'confirmed', $6, $5, $7, $8 FROM made)
        SELECT id FROM made
        """,
        session_id,
        role_id,
        person_id,
        uuid4(),
        by_id,
        now,
        reason,
        is_override,
    )
    return made


async def withdraw(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> UUID:
    """The person's own withdrawal, until the deadline; frees the place, which the same person may take again. The session's id.

    Raises NotFound, NotSignedUp, HasAttended, WithdrawTooLate. Locks the person's row, the sign-up's and the role's.
    A repeat is refused.
    """
    return await _leave(signup_id, "withdrawn", by_id, reason, now, is_organiser=False)


async def take_back(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> UUID:
    """An organiser takes a place back, also after the deadline (schedule-64). As `withdraw`; Malformed without a reason."""
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; the member reads it")
    return await _leave(signup_id, "cancelled", by_id, reason, now, is_organiser=True)


async def _leave(signup_id: UUID, state: str, by_id: UUID, reason: str, now: datetime, *, is_organiser: bool) -> UUID:
    signup = await rosters.find(signup_id)
    await _lock(signup.person_id)
    # The sign-up's own row as well: a check-in locks it, and whoever was checked in keeps the place.
    standing = await sql.value("SELECT state FROM signup WHERE id = $1 FOR NO KEY UPDATE", signup_id)
    session = await sessions.one(signup.session_id, signup.person_id)
    if standing != "confirmed":
        raise NotSignedUp(state=standing)
    if await sql.rows("SELECT 1 FROM attendance WHERE signup_id = $1 AND state = 'counts' LIMIT 1", signup_id):
        raise HasAttended()
    if not is_organiser and not session.is_called_off and now >= session.withdraw_until:
        raise WithdrawTooLate(until=session.withdraw_until, organiser_id=session.organiser_id)
    await sql.rows(
        """
        WITH gone AS (
             UPDATE signup SET state = $2, changed_at = $3, sequence = sequence + 1
              WHERE id = $1 AND state = 'confirmed' RETURNING id, role_id),
        freed AS (
             UPDATE session_role r SET taken = taken - 1, beyond = least(beyond, greatest(0, taken - 1 - places))
               FROM gone WHERE r.id = gone.role_id)
        INSERT INTO signup_change (signup_id, state, at, by_id, reason) SELECT id, $2, $3, $4, $5 FROM gone
        """,
        signup_id,
        state,
        now,
        by_id,
        reason.strip(),
    )
    return session.id


async def set_places(role_id: UUID, places: int | None) -> int:
    """Raises or lowers a role's places; how many sign-ups now stand above the plan. Nobody is dropped (schedule-24).

    Raises NotFound. Locks the role's row. Safe to repeat.
    """
    excess = await sql.value(
        "UPDATE session_role SET places = $2::int, beyond = coalesce(greatest(0, taken - $2), 0) WHERE id = $1 "
        "RETURNING beyond",
        role_id,
        places,
    )
    if excess is None:
        raise NotFound(what="role")
    return int(excess)
