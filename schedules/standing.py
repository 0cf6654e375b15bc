"""Attendance as it stands, what the scans of its people make of it, and what has to be written so that the two agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from schedules import presence, sql
from schedules.decision import NEAR
from schedules.presence import Event, Stay, Terms

BACK = timedelta(days=3)
"""How long before an event a session may have closed for its scans to be read: longer than any session lasts."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A stay as it stands. `is_decided`: a person has sent, approved, entered or confirmed its hours: scans do not overrule it.

    `record_version` is that of its last service record, None where there is none or it was withdrawn.
    """

    id: UUID
    signup_id: UUID
    session_id: UUID
    person_id: UUID
    entry: int
    in_at: datetime
    out_at: datetime | None
    in_scan: int
    out_scan: int | None
    minutes: int | None
    version: int
    is_late: bool
    is_self: bool
    is_by_code: bool
    is_automatic: bool
    counts: bool
    last_version: int
    record_version: int | None
    is_decided: bool


class History(msgspec.Struct, kw_only=True):
    """What is known of one person: scans, the terms of their sessions, stays as they stand (annulled ones too).

    `terms` may be shared with others: not to be changed.
    """

    events: list[Event]
    terms: dict[UUID, Terms]
    rows: list[Row]

    def next_entry(self, signup_id: UUID) -> int:
        return 1 + max((row.entry for row in self.rows if row.signup_id == signup_id), default=0)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One stay that is to stand otherwise. `before` is None for one that begins, `stay` for one that never was.

    `is_kept`: a person had decided its hours, so it stays as it was and somebody has to look.
    """

    id: UUID
    person_id: UUID
    before: Row | None
    stay: Stay | None
    version: int
    entry: int
    is_kept: bool = False

    @property
    def signup_id(self) -> UUID:
        return self.stay.signup_id if self.stay else self.row.signup_id

    @property
    def session_id(self) -> UUID:
        return self.stay.session_id if self.stay else self.row.session_id

    @property
    def row(self) -> Row:
        if self.before is None:
            raise ValueError("nothing stood before")
        return self.before


async def take(people: Sequence[UUID], since: datetime, now: datetime) -> str:
    """Locks every sign-up of these people that scans since then could touch, in the order in which scans lock them, then
    their stays; what is known of the people, for `histories`. One statement.
    """
    return str(await sql.value("SELECT standing_take($1, $2, $3)", list(people), since - BACK, now + NEAR))


def histories(people: Sequence[UUID], taken: str) -> dict[UUID, History]:
    """Of each person, what lies near that instant or between it and now. The terms are those of the sessions of all of them."""
    found = msgspec.json.decode(taken, type=_Found)
    terms = {each.session_id: each for each in found.terms}
    known = {person_id: History(events=[], terms=terms, rows=[]) for person_id in people}
    for event in found.events:
        known[event.person_id].events.append(event)
    for row in found.rows:
        known[row.person_id].rows.append(row)
    return known


class _Found(msgspec.Struct, frozen=True):
    """What `standing_take` answers."""

    terms: list[Terms]
    events: list[Event]
    rows: list[Row]


def compare(person_id: UUID, history: History, since: datetime, now: datetime) -> list[Change]:
    """What has to change so that attendance is what the scans say, at sessions that something since then concerns. Pure."""
    by_signup: dict[UUID, tuple[list[Stay], list[Row]]] = defaultdict(lambda: ([], []))
    last = {row.signup_id: row for row in history.rows if row.counts}
    closed = {signup_id for signup_id, row in last.items() if row.is_automatic}
    for stay in presence.derive(history.events, history.terms, presence.BEFORE_ALL):
        # A stay left open is the closing job's, which comes round; one that it has closed stays closed.
        is_closed = stay.out_at is None and stay.signup_id in closed and history.terms[stay.session_id].closes_at <= now
        by_signup[stay.signup_id][0].append(presence.forgotten(stay, history.terms) if is_closed else stay)
    for row in history.rows:
        if row.counts:
            by_signup[row.signup_id][1].append(row)
    # After the window too: an override lets in whoever comes.
    scanned = {event.session_id for event in history.events if event.at >= since}
    found: list[Change] = []
    for signup_id, (stays, rows) in by_signup.items():
        session_id = stays[0].session_id if stays else rows[0].session_id
        # A stay that was left open at a session long over: a way in elsewhere ends it before the closing job has come round.
        is_open = any(row.out_at is None for row in rows)
        if history.terms[session_id].closes_at >= since or session_id in scanned or is_open:
            found += _of_signup(person_id, stays, rows, history.next_entry(signup_id))
    return found


def _of_signup(person_id: UUID, stays: list[Stay], rows: list[Row], entry: int) -> list[Change]:
    changes: list[Change] = []
    for stay, row in _paired(stays, rows):
        if row and stay and not _reopens(row, stay):
            changes += _altered(person_id, row, stay)
            continue
        if row:
            changes.append(
                Change(
                    id=row.id,
                    person_id=person_id,
                    before=row,
                    stay=None,
                    version=row.last_version + 1,
                    entry=row.entry,
                    is_kept=row.is_decided,
                )
            )
        if stay and not (row and row.is_decided):
            changes.append(
                Change(
                    id=uuid4(), person_id=person_id, before=None, stay=stay, version=int(stay.out_at is not None), entry=entry
                )
            )
            entry += 1
    return changes


def _paired(stays: list[Stay], rows: list[Row]) -> list[tuple[Stay | None, Row | None]]:
    """Each stay with the row that stood for it: the one that the same scan began, else the next in order of time."""
    left = {row.in_scan: row for row in rows}
    pairs = [(stay, left.pop(stay.began_by.scan_id or 0, None)) for stay in stays]
    others = sorted(left.values(), key=lambda row: (row.in_at, row.entry))
    filled: list[tuple[Stay | None, Row | None]] = [(stay, row or (others.pop(0) if others else None)) for stay, row in pairs]
    return filled + [(None, row) for row in others]


def _reopens(row: Row, stay: Stay) -> bool:
    """A stay that had ended and has not: its records belong to an end that never was, so it is annulled and begins anew."""
    return row.out_at is not None and stay.out_at is None


def _altered(person_id: UUID, row: Row, stay: Stay) -> list[Change]:
    counts = ("in_at", "out_at", "minutes", "is_by_code", "is_automatic")
    is_other = any(getattr(row, field) != getattr(stay, field) for field in counts)
    in_scan = stay.began_by.scan_id
    out_scan = stay.ended_by.scan_id if stay.ended_by else None
    is_same_scans = (row.in_scan, row.out_scan, row.is_late, row.is_self) == (in_scan, out_scan, stay.is_late, stay.is_self)
    if not is_other and (is_same_scans or row.is_decided):
        return []
    version = row.version if not is_other or stay.out_at is None else row.last_version + 1
    return [
        Change(id=row.id, person_id=person_id, before=row, stay=stay, version=version, entry=row.entry, is_kept=row.is_decided)
    ]


async def write(changes: Sequence[Change], scan_ids: Mapping[tuple[UUID, str], int]) -> None:
    """Writes them all in one statement; `scan_ids` of events that were logged a moment ago, by scanner and nonce.

    Raises asyncpg's UniqueViolationError of scans.QUICKER where another scan was quicker: judge anew.
    """
    done = [change for change in changes if not change.is_kept]
    if done:
        await sql.rows(
            "SELECT attendance_settle($1, $2, $3)",
            [change.id for change in done if change.stay is None],
            _rows([change for change in done if change.stay and change.before], scan_ids),
            _rows([change for change in done if change.stay and not change.before], scan_ids),
        )


def _rows(changes: Sequence[Change], scan_ids: Mapping[tuple[UUID, str], int]) -> str:
    return msgspec.json.encode([_row(change, change.stay, scan_ids) for change in changes if change.stay]).decode()


def _row(change: Change, stay: Stay, scan_ids: Mapping[tuple[UUID, str], int]) -> dict[str, object]:
    def id_of(event: Event) -> int:
        return event.scan_id or scan_ids[event.scanner_id, event.nonce]

    return {
        "id": change.id,
        "signup_id": stay.signup_id,
        "session_id": stay.session_id,
        "person_id": change.person_id,
        "entry": change.entry,
        "in_at": stay.in_at,
        "out_at": stay.out_at,
        "in_scan": id_of(stay.began_by),
        "out_scan": id_of(stay.ended_by) if stay.ended_by else None,
        "minutes": stay.minutes,
        "version": change.version,
        "is_late": stay.is_late,
        "is_self": stay.is_self,
        "is_by_code": stay.is_by_code,
        "is_automatic": stay.is_automatic,
    }
