"""May I sign up? One named answer for a member and a session; page, list, API and the sign-up itself all use it. Pure.

The order of the questions is that of schedule.md, "Answers"; the first that fits wins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from schedules.errors import Refusal
from schedules.session_roles import Need, Role
from schedules.sessions import Clash, Session

ACTIVE = frozenset({"requested", "confirmed", "waiting", "offered"})
"""States in which a member has something at the session; all others may sign up anew."""


class Name(StrEnum):
    """The answers, in the order in which they are tried."""

    ACTIVITY_CANCELLED = "activity_cancelled"
    SIGNED_UP = "signed_up"
    REQUESTED = "requested"
    WAITING = "waiting"
    OFFERED = "offered"
    REJECTED = "rejected"
    ENDED = "ended"
    BLOCKED = "blocked"
    CONSENT_MISSING = "consent_missing"
    GUARDIAN_NOT_THERE = "guardian_not_there"
    ROLE_MISSING = "role_missing"
    QUALIFICATION_MISSING = "qualification_missing"
    COLLIDES = "collides"
    NOT_YET = "not_yet"
    EXPERIENCE_NEEDED = "experience_needed"
    FULL = "full"
    WAITLIST_OPEN = "waitlist_open"
    NEEDS_APPROVAL = "needs_approval"
    TIGHT = "tight"
    FREE = "free"


OPEN = frozenset({Name.FREE, Name.TIGHT, Name.NEEDS_APPROVAL})
"""There is a place for this member, or an organiser may give one: the list "open to me" holds exactly these (schedule-39)."""
OVERRIDABLE = frozenset(
    {
        Name.ENDED,
        Name.ROLE_MISSING,
        Name.QUALIFICATION_MISSING,
        Name.COLLIDES,
        Name.NOT_YET,
        Name.EXPERIENCE_NEEDED,
        Name.FULL,
        Name.WAITLIST_OPEN,
        Name.NEEDS_APPROVAL,
        Name.REJECTED,
    }
)
"""An organiser may sign somebody up all the same, with a reason."""


OF_THE_CALLER = frozenset({Name.CONSENT_MISSING, Name.GUARDIAN_NOT_THERE})
"""Only ever given by the caller as `against`, who refuses with it before a sign-up is tried: `refusal` does not know them."""


class Missed(msgspec.Struct, frozen=True):
    """Final no-shows of the last months, where they are so many that an organiser decides (schedule-81)."""

    count: int
    months: int


class Answer(msgspec.Struct, frozen=True):
    """The answer with what a reader needs to know about it."""

    name: Name
    at: datetime | None = None
    """When sign-up closed (`ended`) or opens (`not_yet`)."""
    clash: Clash | None = None
    """The own sign-up that is in the way (`collides`) or close by (`tight`, `needs_approval`)."""
    missed: Missed | None = None
    """Why an organiser decides (`needs_approval`), where it is the person and not the activity."""
    lacks: tuple[Need, ...] = ()
    """Skills that are missing, not confirmed (`role_missing`) or not valid on the day (`qualification_missing`)."""

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


class Rejected(Refusal):
    """The organiser rejected the member's request, and nobody may ask again here. Facts: signup_id, reason."""


class SignUpEnded(Refusal):
    """Sign-up is over. Facts: closed_at."""


class Blocked(Refusal):
    """The member is suspended. Facts: none."""


class RoleMissing(Refusal):
    """A skill that the place needs is not held, or nobody has confirmed it. Facts: role_id, skills (as `Need`)."""


class QualificationMissing(Refusal):
    """A skill that the place needs is not valid on the day of the session. Facts: role_id, skills (as `Need`)."""


class ExperienceNeeded(Refusal):
    """The last place is kept for somebody who was there before. Facts: role_id."""


class Collides(Refusal):
    """An own sign-up overlaps by more than the grace. Facts: session_id, title, title_en, starts_at, ends_at of the other."""


class NotYet(Refusal):
    """Sign-up is not open yet. Facts: opens_at."""


class Full(Refusal):
    """No place is left in the role. Facts: role_id."""


class WaitlistOpen(Refusal):
    """No place is left in the role; the member may join the line for one. Facts: role_id, waiting (people in line)."""


def answer(
    session: Session,
    now: datetime,
    *,
    is_blocked: bool = False,
    role_id: UUID | None = None,
    missed: Missed | None = None,
    against: Name | None = None,
) -> Answer:
    """The answer for the person whose sign-ups `session` shows; for one role, or for any of them.

    A stranger's session has neither own sign-up nor clash: then it is what a member without plans would hear.
    `against` is what the caller knows to stand against this person here: answered where a suspension would be.
    """
    asked = [role for role in session.roles if role_id in (None, role.id)]
    personal = Name.BLOCKED if is_blocked else against
    return _of_session(session, now) or _of_person(session, now, asked, personal) or _of_places(session, now, asked, missed)


def _of_session(session: Session, now: datetime) -> Answer | None:
    """Lines 1 to 3: called off, the member's own state, the window is over."""
    if session.is_called_off:
        return Answer(Name.ACTIVITY_CANCELLED)
    if (own := _own(session, now)) is not None:
        return Answer(own)
    if now >= session.signup_closes_at:
        return Answer(Name.ENDED, at=session.signup_closes_at)
    # This session goes on with whoever is there already.
    return Answer(Name.ACTIVITY_CANCELLED) if session.activity_state == "cancelled" else None


def _own(session: Session, now: datetime) -> Name | None:
    own = session.own
    if own is None:
        return None
    if own.state == "rejected":
        return None if session.asks_again else Name.REJECTED
    if own.state == "offered" and not own.is_offered(now):
        return Name.WAITING
    return {"confirmed": Name.SIGNED_UP}.get(own.state) or (Name(own.state) if own.state in ACTIVE else None)


def _of_person(session: Session, now: datetime, asked: list[Role], against: Name | None) -> Answer | None:
    """Lines 4 to 7: suspended, not able, elsewhere, too early."""
    opens_at = session.signup_opens_at
    if against is not None:
        return Answer(against)
    if asked and all(role.lacks for role in asked):
        return _unfit(asked[0])
    if _nearness(session) is Name.COLLIDES:
        return Answer(Name.COLLIDES, clash=session.clash)
    return Answer(Name.NOT_YET, at=opens_at) if opens_at is not None and now < opens_at else None


def _of_places(session: Session, now: datetime, asked: list[Role], missed: Missed | None) -> Answer:
    """Lines 8 to 12: what is left, who decides, and what is close by."""
    fit = [role for role in asked if not role.lacks]
    roomy = [role for role in fit if role.has_room_at(now)]
    close_by = session.clash if _nearness(session) is Name.TIGHT else None
    if roomy and all(role.is_held_back for role in roomy):
        return Answer(Name.EXPERIENCE_NEEDED)
    if not roomy:
        return Answer(_no_room(session, fit))
    if session.needs_approval or missed:
        return Answer(Name.NEEDS_APPROVAL, clash=close_by, missed=missed)
    return Answer(Name.TIGHT if close_by else Name.FREE, clash=close_by)


def _no_room(session: Session, asked: list[Role]) -> Name:
    """A role that takes nobody has no line either."""
    return Name.WAITLIST_OPEN if session.has_waiting_list and any(role.places for role in asked) else Name.FULL


def no_room(session: Session, role_id: UUID) -> Refusal:
    """The refusal of somebody who found no place after all."""
    role = session.role(role_id)
    if _no_room(session, [role]) is Name.WAITLIST_OPEN:
        return WaitlistOpen(role_id=role_id, waiting=role.waiting)
    return Full(role_id=role_id)


def _unfit(role: Role) -> Answer:
    """A skill that was never confirmed weighs more than one that has run out."""
    has_run_out = all(need.standing == "expired" for need in role.lacks)
    return Answer(Name.QUALIFICATION_MISSING if has_run_out else Name.ROLE_MISSING, lacks=role.lacks)


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
        Name.ROLE_MISSING: RoleMissing(role_id=role_id, skills=found.lacks),
        Name.QUALIFICATION_MISSING: QualificationMissing(role_id=role_id, skills=found.lacks),
        Name.COLLIDES: Collides(**clash),
        Name.NOT_YET: NotYet(opens_at=found.at),
        Name.EXPERIENCE_NEEDED: ExperienceNeeded(role_id=role_id),
        Name.FULL: Full(role_id=role_id),
        Name.WAITLIST_OPEN: WaitlistOpen(
            role_id=role_id, waiting=sum(role.waiting for role in session.roles if role.id == role_id)
        ),
        Name.REJECTED: Rejected(signup_id=signup, reason=session.own.reason if session.own else ""),
    }
    return kinds.get(found.name)
