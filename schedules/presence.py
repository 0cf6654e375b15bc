"""Who was there and for how long, as a pure function of the set of scans: their order of arrival changes nothing.

Events of one person are gone through by order of happening. A way in begins a stay, the first way out from there ends it.
One person is in one place: a way in at another session ends the stay before it at that moment, unconfirmed. Who never scanned
out is taken to have left at the planned end, once the session's window has closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from schedules.attendance import span
from schedules.scans import Direction, Source

OF_HISTORY = frozenset(("already_in",))
"""What an override passes over because of other scans: whether it was needed is judged here, from all of them."""

EVIDENCE = ("ok", "duplicate_offline", "already_in")
"""What was answered to who stood at a door: let in or out, or told that they are in; the view `presence` has the same."""
UNDO = timedelta(minutes=15)
"""How long after a scan its own desk may undo it; the view `passage` and the desk's page have the same."""
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a session says about stays. `late_after` and `tolerance` in minutes."""

    session_id: UUID
    activity_id: UUID
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    late_after: int
    tolerance: int
    allows_reentry: bool
    allows_many: bool


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody stood at a door. `scan_id` is None before the log has it; scanner and nonce name it all the same."""

    scanner_id: UUID
    nonce: str
    person_id: UUID
    signup_id: UUID
    session_id: UUID
    direction: Direction
    source: Source
    at: datetime
    scan_id: int | None = None
    force_sent: bool = False
    forced: bool = False
    passed_over: tuple[str, ...] | None = None
    is_roll: bool = False
    is_own: bool = False
    """By the person themselves, or somebody of their household, in the part of the desk."""
    is_expected: bool = True
    """Had the place when coming began to be late (decision.Place)."""

    @property
    def order(self) -> tuple[object, ...]:
        """By happening. At one instant: as the server took them, then uploads by what they are, never by when they came."""
        is_upload = self.source == "upload"
        return (self.at, is_upload, 0 if is_upload else self.scan_id or 0, self.direction, str(self.scanner_id), self.nonce)

    @property
    def is_sure(self) -> bool:
        """The person's own code, seen by somebody else, and nothing overruled but what other scans say; without a list of that,
        nothing at all."""
        overruled = self.forced if self.passed_over is None else bool(set(self.passed_over) - OF_HISTORY)
        return self.source in ("desk", "self", "upload") and not overruled and not self.is_own


class Stay(msgspec.Struct, frozen=True, kw_only=True):
    """From a way in to a way out; inside still while `out_at` is None. `ended_by` is None where nobody scanned out.

    `cut_by`: the way in at another session that ended it.
    """

    began_by: Event
    in_at: datetime
    is_late: bool
    is_by_code: bool
    out_at: datetime | None = None
    ended_by: Event | None = None
    cut_by: Event | None = None
    minutes: int | None = None
    is_automatic: bool = False

    @property
    def signup_id(self) -> UUID:
        return self.began_by.signup_id

    @property
    def session_id(self) -> UUID:
        return self.began_by.session_id

    @property
    def is_self(self) -> bool:
        return self.began_by.source == "self"

    def holds(self, event: Event) -> bool:
        """Whether this stay is the one that the event is about: it lies between its ends, both counted in."""
        return event.signup_id == self.signup_id and self.in_at <= event.at and (self.out_at is None or event.at <= self.out_at)


def derive(events: Iterable[Event], terms: Mapping[UUID, Terms], now: datetime) -> list[Stay]:
    """The stays of one person, in order; pure. `now` closes what nobody scanned out of."""
    stays: list[Stay] = []
    for event in sorted(without_displaced(events), key=lambda event: event.order):
        advance(stays, event, terms)
    if stays and stays[-1].out_at is None and now >= terms[stays[-1].session_id].closes_at:
        stays[-1] = forgotten(stays[-1], terms)
    return stays


def advance(stays: list[Stay], event: Event, terms: Mapping[UUID, Terms]) -> None:
    """What the next event makes of the stays before it; changes the last one, adds one, or does neither."""
    term = terms[event.session_id]
    if stays and stays[-1].out_at is None and event.at > terms[stays[-1].session_id].closes_at:
        stays[-1] = forgotten(stays[-1], terms)
    inside = stays[-1] if stays and stays[-1].out_at is None else None
    is_here = inside is not None and inside.signup_id == event.signup_id
    if event.direction == "out":
        if inside and is_here:
            stays[-1] = ended(inside, event, term, event.is_sure)
        return
    was_here = is_here or any(stay.signup_id == event.signup_id for stay in stays)
    may_begin = not was_here or term.allows_many or (term.allows_reentry and not is_here)
    if not may_begin and not event.force_sent:
        return
    is_by_code = event.is_sure and may_begin
    if inside:
        stays[-1] = ended(inside, event, term, is_by_code) if is_here else cut(inside, event, terms)
    stays.append(begun(event, term, is_by_code, is_first=not was_here))


def without_displaced(events: Iterable[Event]) -> list[Event]:
    """Without the ticks of a roll-call for whom a desk had scanned in: its upload came later and knows better."""
    found = list(events)
    uploaded = {event.signup_id for event in found if event.source == "upload" and event.direction == "in"}
    return [event for event in found if not (event.is_roll and event.signup_id in uploaded)]


def begun(event: Event, term: Terms, is_by_code: bool, is_first: bool) -> Stay:
    """Late is who comes late, not who comes back, nor who had no place before."""
    is_late = is_first and event.is_expected and event.at > term.starts_at + timedelta(minutes=term.late_after)
    return Stay(began_by=event, in_at=event.at, is_late=is_late, is_by_code=is_by_code)


def ended(stay: Stay, event: Event, term: Terms, is_by_code: bool) -> Stay:
    """By a scan: the way out, or a way in to the same session that begins the next stay."""
    out_at, minutes = span(stay.in_at, event.at, term)
    by_code = stay.is_by_code and is_by_code
    return msgspec.structs.replace(stay, out_at=out_at, ended_by=event, minutes=minutes, is_by_code=by_code)


def forgotten(stay: Stay, terms: Mapping[UUID, Terms]) -> Stay:
    """Nobody scanned out: the planned end (checkin-54)."""
    return by_itself(stay, terms[stay.session_id].ends_at, terms)


def cut(stay: Stay, event: Event, terms: Mapping[UUID, Terms]) -> Stay:
    """The person was let in somewhere else, no later than the planned end of this one."""
    left_at = min(event.at, terms[stay.session_id].ends_at)
    return msgspec.structs.replace(by_itself(stay, left_at, terms), cut_by=event)


def by_itself(stay: Stay, left_at: datetime, terms: Mapping[UUID, Terms]) -> Stay:
    out_at, minutes = span(stay.in_at, left_at, terms[stay.session_id])
    return msgspec.structs.replace(stay, out_at=out_at, minutes=minutes, is_by_code=False, is_automatic=True)


def inside_at(events: Iterable[Event], terms: Mapping[UUID, Terms], at: datetime) -> Stay | None:
    """The stay that is open at that instant, as far as scans before it tell; none once its session's window has closed."""
    stays = derive([event for event in events if event.at < at], terms, BEFORE_ALL)
    if not stays or stays[-1].out_at is not None or at > terms[stays[-1].session_id].closes_at:
        return None
    return stays[-1]
