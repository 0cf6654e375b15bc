"""Sign-ups: a person's place at a session. The last place goes to one; of two clashing sign-ups of one person one stands.

`offers` moves the waiting list on, `requests` decides where an organiser has to. Who frees a place calls `offers.move_queue`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import answers, changes, rosters, session_rows, sessions, sql
from schedules.answers import ACTIVE, OVERRIDABLE, Answer, Missed, Name
from schedules.changes import Changed
from schedules.errors import Malformed, NotFound, Refusal
from schedules.sessions import Clash, Own, Session


class WithdrawTooLate(Refusal):
    """The member may no longer withdraw alone. Facts: until, organiser_id (whom to ask)."""


class HasAttended(Refusal):
    """The person was checked in on this sign-up. Facts: none."""


class NotSignedUp(Refusal):
    """There is no sign-up to take back. Facts: state."""


class BriefingUnread(Refusal):
    """The activity has a briefing that its people read before they sign up. Facts: activity_id, briefing_id."""


class Taken(msgspec.Struct, frozen=True):
    """A sign-up that was made. `state`: confirmed, requested (an organiser decides) or waiting (at `position` of the line).

    `clash` is the own session close by: the answer was `tight`, or an override passed over it.
    """

    signup_id: UUID
    session_id: UUID
    role_id: UUID
    answer: str
    clash: Clash | None = None
    state: str = "confirmed"
    position: int | None = None
    sequence: int = 0


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
    waits: bool = False,
    missed: Missed | None = None,
) -> Taken:
    """Signs one person up; without `role_id`, for the only role. With `is_override` an organiser passes over the answer.

    With `waits` the person joins the line where there is no place. Where an organiser decides, it is a request, also by hand:
    only the override, a decision with a reason, passes over that (schedule-41).

    Raises what `answers` refuses with, NotFound (for drafts too), and Malformed where a role has to be named. Locks the row of
    the person, then that of the role. Three statements. A repeat is refused with SignedUp and changes nothing.
    """
    await changes.lock_person(person_id)
    session = await sessions.one(session_id, person_id)
    role = _role(session, role_id)
    answer = answers.answer(session, now, is_blocked=is_blocked, role_id=role, missed=missed)
    passes_over = is_override and answer.name in OVERRIDABLE
    state = _state(answer, session, role, passes_over=passes_over, waits=waits)
    if session.unread is not None and by_id == person_id:
        raise BriefingUnread(activity_id=session.activity_id, briefing_id=session.unread)
    keeps_last = session.role(role).is_kept and not passes_over
    made = await changes.enter(
        session_id,
        role,
        person_id,
        state,
        by_id,
        now,
        holds=state == "confirmed" or (state == "requested" and session.counts_requests),
        keeps_last=keeps_last,
        reason=reason,
        is_override=passes_over,
    )
    if made is None and state == "waiting":  # a place has become free meanwhile
        return await take(
            session_id, role, person_id, by_id, now, is_blocked=is_blocked, reason=reason, waits=waits, missed=missed
        )
    if made is None:
        raise answers.ExperienceNeeded(role_id=role) if keeps_last else answers.no_room(session, role)
    position = await _position(made) if state == "waiting" else None
    return Taken(made.signup_id, session_id, role, answer.name.value, answer.clash, state, position, made.sequence)


def _role(session: Session, role_id: UUID | None) -> UUID:
    if session.activity_state == "draft":
        raise NotFound(what="session")
    if role_id is not None:
        return session.role(role_id).id
    if len(session.roles) != 1:
        raise Malformed(field="role_id", reason="this session has several roles; name one")
    return session.roles[0].id


def _state(answer: Answer, session: Session, role_id: UUID, *, passes_over: bool, waits: bool) -> str:
    """What the sign-up becomes. Raises what `answers` refuses with."""
    if passes_over:
        return "confirmed"
    if waits and session.has_waiting_list and answer.name in (Name.WAITLIST_OPEN, Name.EXPERIENCE_NEEDED):
        return "waiting"
    refusal = answers.refusal(answer, session, role_id)
    if refusal is not None:
        raise refusal
    return "requested" if answer.name is Name.NEEDS_APPROVAL else "confirmed"


async def _position(made: Changed) -> int:
    found: int = await sql.value("SELECT position_in_line(role_id, line) FROM signup WHERE id = $1", made.signup_id)
    return found


async def withdraw(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> Changed:
    """The person's own withdrawal: of a place until the deadline; from the line, of a request or an offer at any time.

    Raises NotFound, NotSignedUp, HasAttended, WithdrawTooLate. Locks the person's row, the role's and the sign-up's.
    A repeat is refused. The same person may sign up again.
    """
    return await _leave(signup_id, "withdrawn", by_id, reason, now, is_organiser=False)


async def take_back(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> Changed:
    """An organiser takes a place back, also after the deadline (schedule-64): that is noted as a late leave (schedule-65).

    As `withdraw`; Malformed without a reason.
    """
    if not reason.strip():
        raise Malformed(field="reason", reason="say why; the member reads it")
    return await _leave(signup_id, "cancelled", by_id, reason, now, is_organiser=True)


async def _leave(signup_id: UUID, state: str, by_id: UUID, reason: str, now: datetime, *, is_organiser: bool) -> Changed:
    session, own = await stand(signup_id)
    # The sign-up's own row as well: a check-in locks it, and whoever was checked in keeps the place.
    await sql.rows("SELECT 1 FROM signup WHERE id = $1 FOR NO KEY UPDATE", signup_id)
    if own.state not in ACTIVE:
        raise NotSignedUp(state=own.state)
    if await sql.rows("SELECT 1 FROM attendance WHERE signup_id = $1 AND state = 'counts' LIMIT 1", signup_id):
        raise HasAttended()
    is_late = own.state == "confirmed" and not session.is_called_off and now >= session.withdraw_until
    if is_late and not is_organiser:
        raise WithdrawTooLate(until=session.withdraw_until, organiser_id=session.organiser_id)
    gone = await changes.change(signup_id, own.state, state, by_id, now, reason.strip(), is_late_leave=is_late)
    if gone is None:
        raise NotSignedUp(state=own.state)
    return gone


async def stand(signup_id: UUID) -> tuple[Session, Own]:
    """The session as it stands to the person of the sign-up, and the sign-up; nobody changes it until the transaction ends.

    Raises NotFound. Locks the person's row, then the role's.
    """
    signup = await rosters.find(signup_id)
    await changes.lock_person(signup.person_id)
    await changes.lock_role(signup.role_id)
    session = await sessions.one(signup.session_id, signup.person_id)
    if session.own is None or session.own.role_id != signup.role_id:  # signed up anew for another role meanwhile
        raise NotFound(what="signup")
    return session, session.own


class Kept(msgspec.Struct, frozen=True):
    """A sign-up that stays: the deadline was `until`; or the person was there already."""

    signup_id: UUID
    session_id: UUID
    starts_at: datetime
    until: datetime
    has_attended: bool


FROM_HERE = """
SELECT u.id, s.id AS session_id, s.starts_at, s.starts_at - make_interval(mins => a.withdraw_before) AS until
  FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
  JOIN session t ON t.activity_id = s.activity_id AND s.starts_at >= t.starts_at
  JOIN signup v ON v.session_id = t.id AND v.id = $1 AND v.person_id = u.person_id
 WHERE u.state IN ('requested', 'confirmed', 'waiting', 'offered') AND s.state = 'planned' AND s.ends_at > $2
 ORDER BY u.role_id
"""


async def withdraw_from(signup_id: UUID, by_id: UUID, reason: str, now: datetime) -> tuple[list[Changed], list[Kept]]:
    """Withdraws from this session of the activity and all later ones; those past their deadline stay (schedule-67).

    Raises NotFound, and NotSignedUp where there is nothing to withdraw. Locks as `withdraw`, roles in the order of their ids.
    """
    gone, kept = [], []
    for row in await sql.rows(FROM_HERE, signup_id, now):
        try:
            gone.append(await withdraw(row["id"], by_id, reason, now))
        except (WithdrawTooLate, HasAttended) as refusal:
            attended = isinstance(refusal, HasAttended)
            kept.append(Kept(row["id"], row["session_id"], row["starts_at"], row["until"], attended))
    if not gone and not kept:
        raise NotSignedUp(state=(await rosters.find(signup_id)).state)
    return gone, sorted(kept, key=lambda one: one.starts_at)


async def set_places(role_id: UUID, places: int | None) -> int:
    """Raises or lowers a role's places; how many sign-ups now stand above the plan. Nobody is dropped (schedule-24).

    Raises NotFound. Locks the role's row. Safe to repeat. `offers.move_queue` gives what was added to who waits (schedule-23).
    """
    above = await session_rows.set_places({role_id: places})
    if role_id not in above:
        raise NotFound(what="role")
    return above[role_id]
