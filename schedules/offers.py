"""The waiting list of a role: a free place is offered to the first in line who could take it, and held until it runs out.

Correctness does not depend on any job: whoever frees a place, or finds one whose offer has run out, moves the queue in the same
transaction. A job only does so where nobody comes by.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import answers, changes, sessions, signups, sql
from schedules.answers import Missed, Name
from schedules.changes import Changed
from schedules.errors import Refusal
from schedules.sessions import Own, Session
from schedules.signups import Taken


class OfferRanOut(Refusal):
    """The place was held until then and may be somebody else's by now. Facts: until."""


class NotOffered(Refusal):
    """No place is held for this sign-up. Facts: state."""


class Offer(msgspec.Struct, frozen=True):
    """A place that is held for somebody until `until`."""

    to: Changed
    until: datetime


class Moved(msgspec.Struct, frozen=True):
    """What a move of the queue changed; each is to be told to its person.

    `ran_out`: offers that nobody took; their people wait on, at the end of the line. `lapsed`: requests that nobody decided.
    """

    session_id: UUID
    role_id: UUID
    offers: tuple[Offer, ...] = ()
    ran_out: tuple[Changed, ...] = ()
    lapsed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.offers or self.ran_out or self.lapsed)


Blocked = Callable[[Sequence[UUID]], Awaitable[Collection[UUID]]]
"""Which of these people may not sign up at present."""


async def nobody(person_ids: Sequence[UUID]) -> Collection[UUID]:
    """Where nobody is suspended."""
    return ()


async def move_queue(role_id: UUID, now: datetime, blocked: Blocked = nobody) -> Moved:
    """Ends the role's offers and requests whose time is over, then offers every free place to who is first in line.

    Never more offers than places. Whoever could not sign up now is passed over and keeps the position (schedule-59). An offer
    holds `offer_minutes`, to the end of sign-up at most; none goes out afterwards (schedule-61). Whoever let one run out is
    asked again once a further place becomes free (schedule-54); until then that one is anybody's. Locks the role.
    Safe to repeat.
    """
    await changes.lock_role(role_id)
    session = await sessions.one(await sql.value("SELECT session_id FROM session_role WHERE id = $1", role_id))
    ran_out = await _end(role_id, "offered", "waiting", now, "u.offered_until <= $2", has_run_out=True)
    lapsed = await _end(role_id, "requested", "lapsed", now, f"$2 >= {LAPSES_AT} AND {NEVER_CAME}")
    return Moved(session.id, role_id, tuple(await _offer(session, role_id, now, blocked)), tuple(ran_out), tuple(lapsed))


LAPSES_AT = """CASE WHEN u.changed_at < s.starts_at THEN s.starts_at
ELSE least(s.ends_at, s.starts_at + make_interval(mins => a.signup_after)) END"""
"""`Session.request_lapses_at`."""
NEVER_CAME = "NOT EXISTS (SELECT FROM attendance t WHERE t.signup_id = u.id AND t.state = 'counts')"
"""Whoever was let in at the door all the same is not told that the request has lapsed."""


async def _end(role_id: UUID, was: str, state: str, now: datetime, is_over: str, *, has_run_out: bool = False) -> list[Changed]:
    due = await sql.rows(
        "SELECT u.id FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id "
        f"WHERE u.role_id = $1 AND u.state = '{was}' AND {is_over} ORDER BY u.line",
        role_id,
        now,
    )
    ended = [await changes.change(row["id"], was, state, None, now, has_run_out=has_run_out) for row in due]
    return [one for one in ended if one is not None]


async def _offer(session: Session, role_id: UUID, now: datetime, blocked: Blocked) -> list[Offer]:
    made: list[Offer] = []
    if session.is_called_off or now >= session.signup_closes_at:
        return made
    line = await sql.rows(
        "SELECT u.id, u.person_id FROM signup u JOIN session_role r ON r.id = u.role_id WHERE r.id = $1 "
        "AND u.state = 'waiting' AND (r.places IS NULL OR r.taken < r.places) "
        "AND (u.lapsed_round IS NULL OR u.lapsed_round < r.round) ORDER BY u.line",
        role_id,
    )
    suspended = await blocked([row["person_id"] for row in line]) if line else ()
    until = min(now + timedelta(minutes=session.offer_minutes), session.signup_closes_at)
    for row in line:
        seen = await sessions.one(session.id, row["person_id"])  # with the places that are left after the last offer
        if not seen.role(role_id).has_room:
            break
        fresh = msgspec.structs.replace(seen, own=None)
        if answers.answer(fresh, now, is_blocked=row["person_id"] in suspended, role_id=role_id).is_open:
            to = await changes.change(row["id"], "waiting", "offered", None, now, offered_until=until)
            made += [Offer(to, until)] if to else []
    return made


async def accept(
    signup_id: UUID, by_id: UUID, now: datetime, *, is_blocked: bool = False, missed: Missed | None = None
) -> Taken:
    """Takes the place that is held for the person; or while they wait, a free one that nobody before them could take.

    Judged afresh (schedule-51). Where an organiser decides it becomes a request, and the place stays held until then
    (schedule-41). Raises NotFound, OfferRanOut, NotOffered, BriefingUnread and what `answers` refuses with: then the offer
    stands until it runs out. Locks the person, then the role. A repeat is refused.
    """
    session, own = await signups.stand(signup_id)
    if own.state == "offered" and not own.is_offered(now):
        raise OfferRanOut(until=own.offered_until)
    if own.state not in ("offered", "waiting"):
        raise NotOffered(state=own.state)
    judged = as_newcomer(session, own)
    answer = answers.answer(judged, now, is_blocked=is_blocked, role_id=own.role_id, missed=missed)
    refusal = answers.refusal(answer, judged, own.role_id)
    if refusal is not None:
        raise NotOffered(state=own.state) if answer.name in (Name.FULL, Name.WAITLIST_OPEN) else refusal
    if not judged.role(own.role_id).has_room:  # only once the queue has moved on from an offer that ran out
        raise NotOffered(state=own.state)
    if session.unread is not None:
        raise signups.BriefingUnread(activity_id=session.activity_id, briefing_id=session.unread)
    holds = own.state == "offered" or session.counts_requests
    state = "requested" if answer.name is Name.NEEDS_APPROVAL else "confirmed"
    changed = await changes.change(signup_id, own.state, state, by_id, now, request_holds=state == "requested" and holds)
    if changed is None:
        raise NotOffered(state=own.state)
    return Taken(signup_id, session.id, own.role_id, answer.name.value, answer.clash, state, sequence=changed.sequence)


def as_newcomer(session: Session, own: Own) -> Session:
    """The session as it stood to the person without this sign-up and the place that it holds."""
    holds = own.state in ("confirmed", "offered") or (own.state == "requested" and own.request_holds)
    roles = tuple(
        msgspec.structs.replace(role, taken=role.taken - 1) if holds and role.id == own.role_id else role
        for role in session.roles
    )
    return msgspec.structs.replace(session, own=None, roles=roles)


async def decline(signup_id: UUID, by_id: UUID, now: datetime, reason: str = "") -> Changed:
    """Lets the place go to the next in line, and leaves the line. Raises as `signups.withdraw`, and NotOffered."""
    _session, own = await signups.stand(signup_id)
    if own.state != "offered":
        raise NotOffered(state=own.state)
    return await signups.withdraw(signup_id, by_id, reason, now)


async def close(session_ids: Sequence[UUID], by_id: UUID, reason: str, now: datetime) -> list[Changed]:
    """Closes line, offers and requests of sessions that were called off (schedule-62). Confirmed sign-ups stay as they are.

    Locks the roles, then the sign-ups. Safe to repeat.
    """
    ids = list(session_ids)
    await sql.rows("SELECT 1 FROM session_role WHERE session_id = ANY($1) ORDER BY id FOR NO KEY UPDATE", ids)
    pending = await sql.rows(
        "SELECT id, state FROM signup WHERE session_id = ANY($1) AND state IN ('requested', 'waiting', 'offered') "
        "ORDER BY line",
        ids,
    )
    closed = [await changes.change(row["id"], row["state"], "cancelled", by_id, now, reason) for row in pending]
    return [one for one in closed if one is not None]


async def due(now: datetime, limit: int) -> list[UUID]:
    """Roles where an offer or a request has run out; then, by lot, those where a free place meets somebody in line.

    By lot, because who cannot take the place stays in line and would stand before the others for ever.
    """
    found = await sql.rows(
        f"""
        SELECT u.role_id FROM signup u
          JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id JOIN session_role r ON r.id = u.role_id
         WHERE (u.state = 'offered' AND u.offered_until <= $1)
            OR (u.state = 'requested' AND $1 >= {LAPSES_AT} AND {NEVER_CAME})
            OR (u.state = 'waiting' AND s.state = 'planned' AND s.ends_at > $1 AND (r.places IS NULL OR r.taken < r.places)
                AND (u.lapsed_round IS NULL OR u.lapsed_round < r.round))
         GROUP BY u.role_id ORDER BY bool_or(u.state <> 'waiting') DESC, random() LIMIT $2
        """,
        now,
        limit,
    )
    return [row["role_id"] for row in found]
