"""What is asked at a door, and everything that is known about it, in one statement that locks the sign-up first."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from asyncpg import Record

from schedules import codes, decision, sql
from schedules.asked_answers import Answer
from schedules.codes import Card, Code, Phone, Typed, Venue
from schedules.decision import Asked
from schedules.scans import Direction, Facts, Here, Sent, Source
from timebank.people import keys, passes, signatures
from timebank.people.callers import Caller, Right

VENUE_KEY = "venue codes"
TICKET = timedelta(minutes=10)
"""How long a browser that opened a fresh venue code may take to sign in and tap (docs/decisions/0011)."""
OLDEST, AHEAD = timedelta(days=14), timedelta(days=1)
"""How far a scanner's clock is believed: a wrong one keeps nobody out, and leaves no year 2099 in the log."""


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """One scan as delivery hands it on. A member is named at self check-in, the nodes of the caller's rights at a desk."""

    scanner_id: UUID
    operator_id: UUID | None
    source: Source
    direction: Direction
    raw_code: str
    nonce: str
    happened_at: datetime | None = None
    member_id: UUID | None = None
    activity_ids: tuple[UUID, ...] = ()
    session_id: UUID | None = None
    nodes: tuple[UUID, ...] = ()
    override_nodes: tuple[UUID, ...] = ()
    override_reason: str = ""
    shows_questions: bool = True
    answers: dict[str, Answer] = {}
    also: tuple[UUID, ...] = ()
    """Who else had a hand in it: of an upload whoever sends it and whom the desk names."""
    seen_at: datetime | None = None
    """When this browser opened the venue code, where it holds our ticket for that."""

    @property
    def is_self(self) -> bool:
        return self.source == "self"

    @property
    def helpers(self) -> tuple[UUID, ...]:
        """Whose eyes are on it beside the person's own: none at self check-in."""
        return () if self.is_self else tuple(one for one in (self.scanner_id, self.operator_id, *self.also) if one)

    def sent(self, now: datetime, person: Person | None = None) -> Sent:
        """The part that the log keeps; `person` is whom the code leads to."""
        return Sent(
            nonce=self.nonce,
            scanner_id=self.scanner_id,
            operator_id=self.operator_id,
            source=self.source,
            direction=self.direction,
            raw_code=self.raw_code,
            happened_at=min(max(self.happened_at or now, now - OLDEST), now + AHEAD),
            received_at=now,
            force_reason=self.override_reason,
            is_own=person is not None and person.is_own,
        )


class Person(msgspec.Struct, frozen=True):
    """The member whom the code leads to. `state_reason` and `note` are for staff; `is_within`: lives where the caller scans.

    `is_own`: is the one who scans, or lives with them. `has_changed`: of an upload, was suspended or restored some time.
    """

    id: UUID
    name: str
    number: int
    state: str
    state_reason: str
    note: str
    is_within: bool
    is_own: bool = False
    has_changed: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What `door_look` answers."""

    is_allowed: bool
    may_override: bool
    venue_exists: bool
    public_key: str | None
    """In base64; none where the key id is not, or no longer, in the list."""
    key_was_removed: bool
    serial: int | None
    digest: bytes | None
    """Of the card that was issued; none where none was kept."""
    is_replaced: bool
    member: Person | None
    schedule: Facts

    def here(self, session: str | None) -> Here | None:
        """The person's place at this session."""
        return next((place for place in self.schedule.places if place.session == session), None)


def reach(caller: Caller) -> tuple[UUID, ...]:
    """The nodes at and below which the caller scans: a desk's own, and those of a member's roles."""
    own = (caller.device_community_id,) if caller.device_kind == "desk" and caller.device_community_id else ()
    return (*own, *caller.nodes(Right.SCAN))


def scanner_id(caller: Caller) -> UUID:
    """The desk, or the member who scans with a phone. Raises SignInNeeded."""
    return caller.device_id if caller.device_kind == "desk" and caller.device_id else caller.member()


class Scan(msgspec.Struct, frozen=True):
    """A scan with its code read, and its instant."""

    asking: Asking
    code: Code | None
    now: datetime


LOOK = "SELECT n, facts FROM door_look($1, $2)"


async def look(scans: Sequence[Scan]) -> list[Known]:
    """Reads all facts about each, after locking the sign-ups that they are about, in the order of persons. One statement."""
    return known(await sql.rows(*looking(scans)))


def looking(scans: Sequence[Scan], *, is_locked: bool = False) -> tuple[str, str, timedelta]:
    """The statement of `look` with its values. `is_locked`: the transaction holds the sign-ups of whom the codes lead to."""
    asked = [_row(n, scan, is_locked) for n, scan in enumerate(scans)]
    return LOOK, msgspec.json.encode(asked).decode(), decision.NEAR


def known(found: Sequence[Record]) -> list[Known]:
    """What that statement has answered, in the order of the scans."""
    facts: dict[int, str] = dict(map(tuple, found))
    return [msgspec.json.decode(facts[n], type=Known) for n in range(len(facts))]


def _row(n: int, scan: Scan, is_locked: bool) -> dict[str, Any]:
    """What `door_look` is asked. A pass counts at a desk, a venue code at self check-in."""
    asking, code = scan.asking, scan.code
    return {
        "n": n,
        "member": asking.member_id,
        "pass": code.pass_id if isinstance(code, Card) and not asking.is_self else None,
        "phone": code.pass_id if isinstance(code, Phone) and not asking.is_self else None,
        "typed": code.code if isinstance(code, Typed) and not asking.is_self else None,
        "key": code.key_id if isinstance(code, Card | Phone) else None,
        "venue": code.session_id if isinstance(code, Venue) and asking.is_self else None,
        "activities": asking.activity_ids,
        "nodes": asking.nodes,
        "override_nodes": asking.override_nodes,
        "scanner": asking.scanner_id,
        "helpers": asking.helpers,
        "nonce": asking.nonce,
        "at": scan.now,
        "is_locked": is_locked,
    }


def asked(scan: Scan, known: Known) -> Asked:
    """The facts as the decision takes them."""
    asking, now = scan.asking, scan.now
    judged = _code(scan, known)
    return Asked(
        now=now,
        direction=asking.direction,
        is_allowed=asking.is_self or (known.is_allowed and (known.may_override or not asking.override_reason)),
        earlier=earlier(asking, known, judged),
        code=judged,
        is_suspended=known.member is not None and known.member.state == "suspended",
        session=str(asking.session_id) if asking.session_id else None,
        places=known.schedule.places,
        inside=known.schedule.inside,
        is_override=bool(asking.override_reason),
        shows_questions=asking.shows_questions,
        answers=asking.answers,
    )


def _code(scan: Scan, known: Known) -> decision.Code:
    """What is known about the code; a name picked from the list has none to be judged (checkin-64)."""
    asking, code = scan.asking, scan.code
    if asking.is_self:
        return venue_code(asking, code, known, scan.now)
    if asking.source == "manual":
        return decision.Code(leads_to_somebody=known.member is not None)
    return pass_code(code, known, scan.now)


def pass_code(code: Code | None, known: Known, now: datetime) -> decision.Code:
    """What is known about a pass, on a card or on a phone, or about a card's typed code."""
    if isinstance(code, Typed):
        return decision.Code(leads_to_somebody=known.member is not None, is_replaced=known.is_replaced)
    if not isinstance(code, Card | Phone):
        return decision.Code(is_ours=False)
    key = base64.b64decode(known.public_key) if known.public_key else None
    is_own = key is not None and passes.is_own(key, code, known.digest)
    return msgspec.structs.replace(
        signatures.judged(code, keys.server_id(), key, now, is_known=is_own),
        leads_to_somebody=known.member is not None and known.serial == (code.serial if isinstance(code, Card) else None),
        is_replaced=known.is_replaced,
    )


def venue_code(asking: Asking, code: Code | None, known: Known, now: datetime) -> decision.Code:
    """What is known about a venue code: judged now, or when this browser opened it, not long ago."""
    if not isinstance(code, Venue):
        return decision.Code(is_ours=False)
    has_ticket = asking.seen_at is not None and timedelta() <= now - asking.seen_at <= TICKET
    return decision.Code(
        is_signed=codes.is_genuine(keys.derive(VENUE_KEY), code),
        leads_to_somebody=known.venue_exists,
        is_fresh=codes.is_fresh(code.step, asking.seen_at if asking.seen_at and has_ticket else now),
    )


def earlier(asking: Asking, known: Known, code: decision.Code) -> Literal["none", "same", "other"]:
    """What the nonce was used for; an unsigned claim to be somebody is compared as the text that it is.

    Once accepted it stands for one direction and one session as well. A refused scan did nothing: it may be tried again.
    """
    before = known.schedule.earlier
    if before is None:
        return "none"
    person = known.member.id if known.member and code.is_signed else None
    is_same = before.person_id == person if before.person_id and person else before.raw_code == codes.kept(asking.raw_code)
    if before.was_accepted:
        is_same = is_same and before.direction == asking.direction and asking.session_id in (None, before.session)
    if not is_same:
        return "other"
    return "same" if before.was_accepted else "none"
