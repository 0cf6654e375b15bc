"""The waiting list moves on wherever a place becomes free, and everybody whom it concerns is promised a message."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from schedules import offers, sessions, sql
from schedules.changes import Changed
from schedules.offers import Moved, Offer
from schedules.sessions import Session
from timebank.outbox import messages
from timebank.outbox.messages import Message


async def move_queue(role_ids: Iterable[UUID], now: datetime) -> bool:
    """Moves the queue of these roles (`offers.move_queue`) and promises what is to be told; whether anything changed.

    In the transaction of whatever freed a place. Roles in the order of their ids. Safe to repeat.
    """
    moved = [await offers.move_queue(role_id, now, suspended) for role_id in sorted(set(role_ids))]
    for each in moved:
        if each:
            await messages.promise(await _letters(each), now)
            await messages.withdraw([offer_key(one, -1) for one in each.ran_out])
    return any(moved)


async def settle(session_id: UUID, now: datetime) -> bool:
    """The same for all roles of a session, for somebody who found no place: an offer may have run out unnoticed."""
    return await move_queue([role.id for role in (await sessions.one(session_id)).roles], now)


async def suspended(person_ids: Sequence[UUID]) -> Collection[UUID]:
    """Those of them who may not sign up at present."""
    found = await sql.rows("SELECT id FROM member WHERE id = ANY($1) AND state <> 'active'", list(person_ids))
    return {row["id"] for row in found}


async def _letters(moved: Moved) -> list[Message]:
    session = await sessions.one(moved.session_id)
    return [
        *(_offer(session, one) for one in moved.offers),
        *(letter("offer_ran_out", session, one) for one in moved.ran_out),
        *(letter("request_lapsed", session, one) for one in moved.lapsed),
    ]


def _offer(session: Session, offer: Offer) -> Message:
    to = offer.to
    return Message(
        key=offer_key(to),
        person_id=to.person_id,
        kind="place_offered",
        facts=facts(session, to.role_id) | {"until_at": offer.until.isoformat()},
        path=path_of(session),
        useful_until=offer.until,
    )


def offer_key(changed: Changed, later: int = 0) -> str:
    """The message about an offer; `later` -1 for the change that came after it."""
    return f"signup:{changed.signup_id}:{changed.sequence + later}:place_offered"


def letter(kind: str, session: Session, changed: Changed, **more: object) -> Message:
    """A message to the person of a sign-up about the change it has just made. Each change is told once."""
    return Message(
        key=f"signup:{changed.signup_id}:{changed.sequence}:{kind}",
        person_id=changed.person_id,
        kind=kind,
        facts=facts(session, changed.role_id) | more,
        path=path_of(session),
    )


def facts(session: Session, role_id: UUID) -> dict[str, object]:
    """What every message about a sign-up says: what, when, where, as what."""
    role = session.role(role_id)
    return {
        "title": session.title,
        "title_en": session.title_en,
        "place": session.place,
        "place_en": session.place_en,
        "role": role.name,
        "role_en": role.name_en,
        "starts_at": session.starts_at.isoformat(),
        "ends_at": session.ends_at.isoformat(),
        "time_zone": session.time_zone,
    }


def path_of(session: Session) -> str:
    """The session on the page of its activity."""
    return f"/activities/{session.activity_id}#session-{session.id}"
