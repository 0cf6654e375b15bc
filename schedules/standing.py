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

    `record_version` and `record_minutes` are those of its last service record, none where there is none or it was withdrawn.
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
    """What is known of one person: scans, the terms of their sessions, stays as they stand (annulled ones too)."""

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


# Of sessions joined as `s`: what lies near and may have been scanned at by now, and where one of these people is inside still,
# however long ago that was.
NEAR_THEM = """((s.closes_at >= $2 AND s.opens_at <= $3) OR s.id IN (SELECT session_id FROM attendance
                                               WHERE person_id = ANY ($1) AND out_at IS NULL AND state = 'counts'))"""
LOCK = f"""
SELECT 1 FROM signup u JOIN session s ON s.id = u.session_id
 WHERE u.person_id = ANY ($1) AND {NEAR_THEM} ORDER BY u.person_id, u.id FOR NO KEY UPDATE OF u
"""
LOCK_STAYS = f"""
SELECT 1 FROM attendance h JOIN session s ON s.id = h.session_id
 WHERE h.person_id = ANY ($1) AND {NEAR_THEM} ORDER BY h.id FOR NO KEY UPDATE OF h
"""
EVENTS = f"""
SELECT p.* FROM presence p JOIN session s ON s.id = p.session_id WHERE p.person_id = ANY ($1) AND {NEAR_THEM}
"""
TERMS = f"""
SELECT array_agg(u.person_id) AS people, s.id AS session_id, a.id AS activity_id, s.starts_at, s.ends_at, s.closes_at,
       a.late_after, a.tolerance, a.allows_reentry, a.allows_many
  FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
 WHERE u.person_id = ANY ($1) AND {NEAR_THEM} GROUP BY s.id, a.id
"""
ROWS = f"""
SELECT h.id, h.signup_id, h.session_id, h.person_id, h.entry, h.in_at, h.out_at, h.in_scan, h.out_scan, h.minutes, h.version,
       h.is_late, h.is_self, h.is_by_code, h.is_automatic, h.state = 'counts' AS counts,
       greatest(h.version, coalesce(r.version, 0)) AS last_version,
       CASE WHEN NOT r.is_withdrawn THEN r.version END AS record_version,
       coalesce(r.class <> 'A', false)
           OR EXISTS (SELECT FROM hours_entry e WHERE e.attendance_id = h.id AND e.state <> 'rejected')
           OR EXISTS (SELECT FROM stay_confirmation w WHERE w.attendance_id = h.id AND w.confirmed_at IS NOT NULL) AS is_decided
  FROM attendance h JOIN session s ON s.id = h.session_id
  LEFT JOIN LATERAL (SELECT version, class, is_withdrawn FROM service_record WHERE attendance_id = h.id
                      ORDER BY version DESC LIMIT 1) r ON true
 WHERE h.person_id = ANY ($1) AND {NEAR_THEM} ORDER BY h.in_at, h.entry
"""


async def lock(people: Sequence[UUID], since: datetime, now: datetime) -> None:
    """Every sign-up of these people that scans since then could touch, in the order in which scans lock them; then stays."""
    # An upload at one desk and a scan at another, of one person at two sessions: one of them goes after the other.
    await sql.rows(LOCK, list(people), since - BACK, now + NEAR)
    # Somebody who sends or approves the hours of a stay at this moment: what they decided is read after the wait.
    await sql.rows(LOCK_STAYS, list(people), since - BACK, now + NEAR)


async def histories(people: Sequence[UUID], since: datetime, now: datetime) -> dict[UUID, History]:
    """Of each person, what lies near that instant or between it and now; three statements. Lock first."""
    known = {person_id: History(events=[], terms={}, rows=[]) for person_id in people}
    for row in await sql.rows(EVENTS, list(people), since - BACK, now + NEAR):
        fields = dict(row)
        reasons = fields.pop("passed_over")
        fields.pop("reason")
        known[row["person_id"]].events.append(Event(**fields, passed_over=None if reasons is None else tuple(reasons)))
    for row in await sql.rows(TERMS, list(people), since - BACK, now + NEAR):
        fields = dict(row)
        people_there = fields.pop("people")
        terms = Terms(**fields)
        for person_id in people_there:
            known[person_id].terms[terms.session_id] = terms
    for row in await sql.rows(ROWS, list(people), since - BACK, now + NEAR):
        known[row["person_id"]].rows.append(Row(**dict(row)))
    return known


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
