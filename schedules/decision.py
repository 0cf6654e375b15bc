"""May this scan pass? One pure function; server, desk page and kiosk are held to the same vectors (docs/vectors/decision.json).

The order is that of checkin.md, "Decision order for a scan": the first step that answers ends it. Ids are opaque text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from schedules.asked_answers import Answer, Question, is_answered

NEAR = timedelta(hours=12)
"""How far from now a scan window may open or have closed for its session to be looked at; the same on server and desk."""

STATUS: dict[str, int] = {
    "ok": 201,
    "desk_revoked": 403,
    "not_allowed": 403,
    "nonce_conflict": 409,
    "unknown_pass": 404,
    "foreign_pass": 404,
    "bad_signature": 404,
    "revoked": 409,
    "stale_code": 409,
    "blocked": 409,
    "not_signed_up_here": 409,
    "ambiguous": 409,
    "activity_cancelled": 409,
    "cancelled": 409,
    "withdrawn": 409,
    "rejected": 409,
    "not_approved": 409,
    "waitlisted": 409,
    "too_early": 409,
    "too_late": 409,
    "qualification_missing": 409,
    "incomplete": 409,
    "already_in": 409,
    "already_elsewhere": 409,
}
"""Every reason code and its HTTP status: the same online and in a bulk result."""

PASSABLE = frozenset(
    (
        "revoked",
        "blocked",
        "cancelled",
        "withdrawn",
        "rejected",
        "not_approved",
        "too_early",
        "too_late",
        "qualification_missing",
        "incomplete",
        "already_in",
    )
)
"""What an override passes over. Never: being in two places."""

OF_STATE = {
    "requested": "not_approved",
    "lapsed": "not_approved",
    "waiting": "waitlisted",
    "offered": "waitlisted",
    "rejected": "rejected",
    "withdrawn": "withdrawn",
    "cancelled": "cancelled",
}
"""Step 9: what each state of a sign-up answers; a confirmed one answers nothing."""


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known about the code. Where it says nothing of something, that is as it should be."""

    is_ours: bool = True
    """One of our formats."""
    is_of_this_server: bool = True
    has_key: bool = True
    """Its key id is in the key list."""
    is_signed: bool = True
    """Its signature fits."""
    leads_to_somebody: bool = True
    """Asked after the signature: before it, an id in a signed pass is only a claim (checkin-67)."""
    is_replaced: bool = False
    is_fresh: bool = True


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sign-up of the person at a session of the activities named, with its session and what has happened there so far."""

    session: str
    state: Literal["requested", "confirmed", "waiting", "offered", "rejected", "lapsed", "withdrawn", "cancelled"] = "confirmed"
    opens_at: datetime
    starts_at: datetime
    closes_at: datetime
    late_after: int = 15
    """Minutes after the start that count as late."""
    is_expected: bool = True
    """Had the place by then: who walks in and takes one is late for nothing."""
    is_called_off: bool = False
    is_qualified: bool = True
    questions: tuple[Question, ...] = ()
    allows_reentry: bool = True
    allows_many: bool = False
    entries: int = 0
    """Stays that count so far."""

    def is_open(self, now: datetime) -> bool:
        """Both ends belong to the window (checkin-36, checkin-37)."""
        return self.opens_at <= now <= self.closes_at

    def distance(self, now: datetime) -> timedelta:
        """From now to the window; nothing inside it."""
        return max(self.opens_at - now, now - self.closes_at, timedelta())


class Inside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The session, of these or any other, at which the person was checked in and not yet out."""

    session: str
    closes_at: datetime


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scan and every fact that decides about it."""

    now: datetime
    direction: Literal["in", "out"] = "in"
    desk_is_revoked: bool = False
    is_allowed: bool = True
    earlier: Literal["none", "same", "other"] = "none"
    """What this scanner's nonce belongs to: nothing, an accepted scan of the same pass, another pass."""
    code: Code = Code()
    is_suspended: bool = False
    session: str | None = None
    """The choice of the person at the desk after `ambiguous`."""
    places: tuple[Place, ...] = ()
    inside: Inside | None = None
    is_override: bool = False
    shows_questions: bool = True
    answers: dict[str, Answer] = {}

    def is_inside(self, place: Place) -> bool:
        return self.inside is not None and self.inside.session == place.session

    def elsewhere(self, place: Place) -> Inside | None:
        """Where else the person is inside."""
        return None if self.is_inside(place) else self.inside


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The reason code, and what follows from it. `forgotten` is the session to be closed for a person who never scanned out."""

    reason: str
    session: str | None = None
    choices: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    is_repeat: bool = False
    is_late: bool = False
    lacks_entry: bool = False
    questions_open: bool = False
    forgotten: str | None = None

    @property
    def status(self) -> int:
        return STATUS[self.reason]

    @property
    def is_forced(self) -> bool:
        return bool(self.passed_over)


def decide(asked: Asked) -> Verdict:
    """The verdict: the first objection that stands, or `ok`."""
    if asked.desk_is_revoked:
        return Verdict(reason="desk_revoked")
    if not asked.is_allowed:
        return Verdict(reason="not_allowed")
    if asked.earlier != "none":
        return Verdict(reason="ok", is_repeat=True) if asked.earlier == "same" else Verdict(reason="nonce_conflict")
    passed: list[str] = []
    for objection in objections(asked):
        if not (asked.is_override and objection.reason in PASSABLE):
            return msgspec.structs.replace(objection, passed_over=tuple(passed))
        passed.append(objection.reason)
    return admitted(asked, pick(asked)[0], tuple(passed))


def objections(asked: Asked) -> Iterator[Verdict]:
    """Everything that speaks against the scan, in the order of the steps; an exit skips what only an entry has to meet."""
    yield from of_code(asked.code)
    if asked.is_suspended:
        yield Verdict(reason="blocked")
    tied = pick(asked)
    if not tied:
        yield Verdict(reason="not_signed_up_here")
    if len(tied) > 1:
        yield Verdict(reason="ambiguous", choices=tuple(place.session for place in tied))
    place = tied[0]
    if place.is_called_off and not (asked.direction == "out" and asked.is_inside(place)):
        yield Verdict(reason="activity_cancelled", session=place.session)
    if reason := OF_STATE.get(place.state):
        yield Verdict(reason=reason, session=place.session)
    if asked.direction == "in":
        yield from of_entry(asked, place)


def of_code(code: Code) -> Iterator[Verdict]:
    """Step 5, in its order."""
    steps = (
        (not code.is_ours, "unknown_pass"),
        (not code.is_of_this_server, "foreign_pass"),
        (not code.has_key, "unknown_pass"),
        (not code.is_signed, "bad_signature"),
        (not code.leads_to_somebody, "unknown_pass"),
        (code.is_replaced, "revoked"),
        (not code.is_fresh, "stale_code"),
    )
    return (Verdict(reason=reason) for speaks_against, reason in steps if speaks_against)


def pick(asked: Asked) -> list[Place]:
    """Step 7: the place the scan is for; several where nothing prefers one, none where there is none.

    An exit goes to where the person is inside. Then open windows come first, then confirmed sign-ups; where no window is
    open, the nearest. Sessions that lie further away than NEAR are not looked at.
    """
    near = [place for place in asked.places if place.distance(asked.now) <= NEAR and asked.session in (None, place.session)]
    if asked.direction == "out" and (inside := [place for place in near if asked.is_inside(place)]):
        return inside
    opened = [place for place in near if place.is_open(asked.now)]
    confirmed = [place for place in opened or near if place.state == "confirmed"] or opened or near
    if opened:
        return confirmed
    return sorted(confirmed, key=lambda place: (place.distance(asked.now), place.starts_at, place.session))[:1]


def of_entry(asked: Asked, place: Place) -> Iterator[Verdict]:
    """Steps 10 to 13, and nobody in two places: a session whose window has closed is a forgotten check-out, not a place."""
    if asked.now < place.opens_at:
        yield Verdict(reason="too_early", session=place.session)
    if asked.now > place.closes_at:
        yield Verdict(reason="too_late", session=place.session)
    if not place.is_qualified:
        yield Verdict(reason="qualification_missing", session=place.session)
    if asked.shows_questions and (open_questions := unanswered(asked, place)):
        yield Verdict(reason="incomplete", session=place.session, questions=open_questions)
    if not place.allows_many and (asked.is_inside(place) or (place.entries and not place.allows_reentry)):
        yield Verdict(reason="already_in", session=place.session)
    if (elsewhere := asked.elsewhere(place)) and asked.now <= elsewhere.closes_at:
        yield Verdict(reason="already_elsewhere", session=place.session)


def unanswered(asked: Asked, place: Place) -> tuple[str, ...]:
    """The required questions without an answer, and any with an answer of the wrong type (checkin-32, checkin-34)."""
    return tuple(question.id for question in place.questions if not is_answered(question, asked.answers.get(question.id)))


def admitted(asked: Asked, place: Place, passed: tuple[str, ...]) -> Verdict:
    """Step 14, with what the record of it has to say. Who was here in time is not late when coming back."""
    if asked.direction == "out":
        return Verdict(reason="ok", session=place.session, passed_over=passed, lacks_entry=not place.entries)
    elsewhere = asked.elsewhere(place)
    return Verdict(
        reason="ok",
        session=place.session,
        passed_over=passed,
        is_late=place.is_expected and not place.entries and asked.now > place.starts_at + timedelta(minutes=place.late_after),
        questions_open=not asked.shows_questions and bool(unanswered(asked, place)),
        forgotten=elsewhere.session if elsewhere else None,
    )
