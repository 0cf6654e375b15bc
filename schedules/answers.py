"""May I sign up? One named answer for a member and a session; page, list, API and the sign-up itself all use it. Pure.

The order of the questions is that of schedule.md, "Answers"; the first that fits wins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from schedules.errors import Refusal
from schedules.sessions import Clash, Role, Session

ACTIVE = frozenset({"requested", "confirmed", "waiting", "offered"})
"""States in which a member has something at the session; all others may sign up anew."""


class Name(StrEnum):
    """The answers, in the order in which they are tried."""

    ACTIVITY_CANCELLED = "activity_cancelled"
    SIGNED_UP = "signed_up"
    REQUESTED = "requested"
    WAITING = "waiting"
    OFFERED = "offered"
    ENDED = "ended"
    BLOCKED = "blocked"
    COLLIDES = "collides"
    NOT_YET = "not_yet"
    FULL = "full"
    TIGHT = "tight"
    FREE = "free"


OPEN = frozenset({Name.FREE, Name.TIGHT})
"""There is a place for this member now: the list "open to me" holds exactly these (schedule-39)."""
OVERRIDABLE = frozenset({Name.ENDED, Name.COLLIDES, Name.NOT_YET, Name.FULL})
"""An organiser may sign somebody up all the same, with a reason."""


class Answer(msgspec.Struct, frozen=True):
    """The answer with what a reader needs to know about it."""

    name: Name
    at: datetime | None = None
    """When sign-up closed (`ended`) or opens (`not_yet`)."""
    clash: Clash | None = None
    """The own sign-up that is in the way (`collides`) or close by (`tight`)."""

    @property
    def is_open(self) -> bool:
        return self.name in OPEN


class ActivityCancelled(Refusal):
    """The session was called off. Facts: reason."""


class SignedUp(Refusal):
    """The member has a place at this session. Facts: signup_id."""


class Requested(Refusal):
    """The member asked for a place and nobody has decided. Facts: signup_id."""


class Waiting(Refusal):
    """The member is on the waiting list. Facts: signup_id."""


class Offered(Refusal):
    """A place is held for the member until it is accepted. Facts: signup_id."""


class SignUpEnded(Refusal):
    """Sign-up is over. Facts: closed_at."""


class Blocked(Refusal):
    """The member is suspended. Facts: none."""


class Collides(Refusal):
    """An own sign-up overlaps by more than the grace. Facts: session_id, title, title_en, starts_at, ends_at of the other."""


class NotYet(Refusal):
    """Sign-up is not open yet. Facts: opens_at."""


class Full(Refusal):
    """No place is left in the role. Facts: role_id."""


def answer(session: Session, now: datetime, *, is_blocked: bool = False, role_id: UUID | None = None) -> Answer:
    """The answer for the person whose sign-ups `session` shows; for one role, or for any of them.

    A stranger's session has neither own sign-up nor clash: then it is what a member without plans would hear.
    """
    opens_at, closes_at = session.signup_opens_at, session.signup_closes_at
    near = _nearness(session)
    found = Answer(Name.FREE)
    if session.is_called_off:
        found = Answer(Name.ACTIVITY_CANCELLED)
    elif session.own is not None and session.own.state in ACTIVE:
        found = Answer(Name.SIGNED_UP if session.own.state == "confirmed" else Name(session.own.state))
    elif now >= closes_at:
        found = Answer(Name.ENDED, at=closes_at)
    elif session.activity_state == "cancelled":  # this session goes on with whoever is there already
        found = Answer(Name.ACTIVITY_CANCELLED)
    elif is_blocked:
        found = Answer(Name.BLOCKED)
    elif near is Name.COLLIDES:
        found = Answer(Name.COLLIDES, clash=session.clash)
    elif opens_at is not None and now < opens_at:
        found = Answer(Name.NOT_YET, at=opens_at)
    elif not any(role.has_room for role in _asked(session, role_id)):
        found = Answer(Name.FULL)
    elif near is Name.TIGHT:
        found = Answer(Name.TIGHT, clash=session.clash)
    return found


def _asked(session: Session, role_id: UUID | None) -> list[Role]:
    return [role for role in session.roles if role_id in (None, role.id)]


def _nearness(session: Session) -> Name:
    """How the nearest own sign-up stands to this session, by instants and not by clock faces (schedule-45, 46, 47, 52)."""
    if session.clash is None:
        return Name.FREE
    shared = min(session.ends_at, session.clash.ends_at) - max(session.starts_at, session.clash.starts_at)
    grace = timedelta(minutes=session.grace)
    if shared > grace:
        return Name.COLLIDES
    return Name.TIGHT if shared > -grace else Name.FREE


def refusal(found: Answer, session: Session, role_id: UUID) -> Refusal | None:
    """The answer as the refusal of a sign-up; None where there is a place."""
    signup = session.own.id if session.own else None
    clash = msgspec.structs.asdict(found.clash) if found.clash else {}
    kinds: dict[Name, Refusal] = {
        Name.ACTIVITY_CANCELLED: ActivityCancelled(reason=session.call_off_reason),
        Name.SIGNED_UP: SignedUp(signup_id=signup),
        Name.REQUESTED: Requested(signup_id=signup),
        Name.WAITING: Waiting(signup_id=signup),
        Name.OFFERED: Offered(signup_id=signup),
        Name.ENDED: SignUpEnded(closed_at=found.at),
        Name.BLOCKED: Blocked(),
        Name.COLLIDES: Collides(**clash),
        Name.NOT_YET: NotYet(opens_at=found.at),
        Name.FULL: Full(role_id=role_id),
    }
    return kinds.get(found.name)
