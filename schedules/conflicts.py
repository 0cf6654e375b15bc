"""What somebody who runs a session should look at after desks have been offline; noted once, seen once, never taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from schedules import passages, sql
from schedules.errors import NotFound

Kind = Literal[
    "two_desks", "disputed", "refused_upload", "two_places", "hours_kept", "points_owed", "points_not_taken", "late_undo"
]


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict as it is found. `key` names the thing that it is about, so that a repeat notes nothing."""

    key: str
    kind: Kind
    activity_id: UUID
    session_id: UUID | None = None
    person_id: UUID | None = None
    attendance_id: UUID | None = None
    scan_id: int | None = None
    other_scan: int | None = None
    detail: dict[str, Any] = {}
    id: UUID = msgspec.field(default_factory=uuid4)


class Passage(msgspec.Struct, frozen=True):
    """A scan as it is told: at which desk, when, which way, with what answer. `desk` is empty for a phone."""

    id: int
    desk: str
    at: datetime
    direction: str
    source: str
    reason: str
    desk_reason: str | None
    nonce: str
    scanner_id: UUID
    is_undone: bool
    raw_code: str
    desk_en: str


class Code(msgspec.Struct, frozen=True):
    """One of a pile, with what was written down beside it at the desk."""

    scan: Passage
    remark: str


class Pile(msgspec.Struct, frozen=True):
    """Codes that lead to nobody, of one scanner at one session, between two instants.

    `codes`: SHOWN of them at most, first those with something written beside them, then the last.
    """

    size: int
    first_at: datetime
    last_at: datetime
    codes: tuple[Code, ...]


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """With its scans and what the session is called. `seen_at` is None while nobody has looked.

    `pile`, where it stands for several codes: each is kept, and one line says so.
    """

    id: UUID
    kind: Kind
    activity_id: UUID
    community_id: UUID
    session_id: UUID | None
    person_id: UUID | None
    attendance_id: UUID | None
    title: str
    title_en: str
    starts_at: datetime | None
    time_zone: str
    scan: Passage | None
    other: Passage | None
    pile: Pile | None
    is_open: bool
    detail: dict[str, Any]
    noted_at: datetime
    seen_at: datetime | None
    seen_by: UUID | None
    note: str


# A desk that reads anything must not fill the page: of codes that lead to nobody the first stands for those that follow it,
# until somebody has looked. A session that the desk made up counts as none. Whoever looks at that moment waits for the lock, or
# this waits for them: no code joins a line that has been put away.
NOTE = """
WITH told AS (
    SELECT f.*, c.scanner_id, s.id AS at_session, f.person_id IS NULL AND f.kind IN ('refused_upload', 'disputed') AS is_nobody
      FROM json_populate_recordset(NULL::door_conflict, $1) f LEFT JOIN scan c ON c.id = f.scan_id
      LEFT JOIN session s ON s.id = f.session_id AND s.activity_id = f.activity_id
     WHERE NOT EXISTS (SELECT FROM door_conflict k WHERE k.key = f.key)
), piled AS (
    SELECT t.*, coalesce(h.id, first_value(t.id) OVER one) AS head
      FROM told t LEFT JOIN LATERAL (
           SELECT x.id FROM door_conflict x JOIN scan y ON y.id = x.scan_id
            WHERE t.is_nobody AND x.pile IS NULL AND x.is_open AND x.person_id IS NULL AND x.activity_id = t.activity_id
              AND x.kind = t.kind AND x.session_id IS NOT DISTINCT FROM t.at_session AND y.scanner_id = t.scanner_id
            ORDER BY x.noted_at, x.id LIMIT 1 FOR NO KEY UPDATE OF x) h ON true
    WINDOW one AS (PARTITION BY t.is_nobody, t.kind, t.activity_id, t.at_session, t.scanner_id ORDER BY t.scan_id)
)
INSERT INTO door_conflict (id, key, kind, activity_id, session_id, person_id, attendance_id, scan_id, other_scan, detail,
                           noted_at, pile)
SELECT id, key, kind, activity_id, at_session, person_id, attendance_id, scan_id, other_scan, coalesce(detail, '{}'), $2,
       CASE WHEN is_nobody THEN nullif(head, id) END
  FROM piled ON CONFLICT (key) DO NOTHING
"""


async def note(found: Sequence[Noted], now: datetime) -> None:
    """Keeps what was not noted before. One statement; none for nothing. Safe to repeat."""
    if found:
        await sql.rows(NOTE, msgspec.json.encode(found).decode(), now)


SHOWN = 20
"""Codes of a pile that are told; the scan log has them all."""
FACTS = """json_build_array(c.id, coalesce(d.name, ''), c.at, c.direction, c.source,
       c.reason, c.desk_reason, c.nonce, c.scanner_id, c.undo_id IS NOT NULL, c.raw_code,
       coalesce(d.name_en, ''))"""
AT = passages.instant("c")
PASSAGE = f"(SELECT {FACTS} FROM passage c LEFT JOIN device_called(c.scanner_id, c.at) d ON true WHERE c.id = {{which}})"
SCAN, OTHER = PASSAGE.format(which="x.scan_id"), PASSAGE.format(which="x.other_scan")
PILE = f"""CASE WHEN x.person_id IS NULL AND (SELECT true FROM door_conflict WHERE pile = x.id LIMIT 1) THEN (
  SELECT json_build_array(count(*), min({AT}), max({AT}), (
         SELECT json_agg(json_build_array({FACTS}, coalesce(l.remark, '')) ORDER BY l.remark, l.scan_id DESC)
           FROM (SELECT scan_id, detail->>'remark' AS remark FROM door_conflict WHERE pile = x.id OR id = x.id
                  ORDER BY detail->>'remark', scan_id DESC LIMIT {SHOWN}) l
           JOIN passage c ON c.id = l.scan_id LEFT JOIN device_called(c.scanner_id, c.at) d ON true))
    FROM door_conflict m JOIN scan c ON c.id = m.scan_id WHERE m.pile = x.id OR m.id = x.id) END"""
FOUND = f"""
SELECT x.id, x.kind, x.activity_id, a.community_id, x.session_id, x.person_id, x.attendance_id, a.title, a.title_en,
       s.starts_at, a.time_zone, {SCAN} AS scan, {OTHER} AS other, {PILE} AS pile, x.is_open, x.detail, x.noted_at,
       v.at AS seen_at, v.by_id AS seen_by, coalesce(v.note, '') AS note
  FROM door_conflict x JOIN activity a ON a.id = x.activity_id
  LEFT JOIN session s ON s.id = x.session_id LEFT JOIN door_conflict_seen v ON v.conflict_id = x.id
"""


async def find(conflict_id: UUID) -> Conflict:
    """The line that it stands in: of a pile its first. Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE x.id = (SELECT coalesce(pile, id) FROM door_conflict WHERE id = $1)", conflict_id)
    if row is None:
        raise NotFound(what="conflict")
    return conflict(row)


# Two who look at once: the key lets one of them write, and closes the line once.
SEE = """
WITH seen AS (INSERT INTO door_conflict_seen (conflict_id, by_id, at, note) VALUES ($1, $2, $3, $4)
              ON CONFLICT DO NOTHING RETURNING conflict_id)
UPDATE door_conflict SET is_open = false WHERE id IN (SELECT conflict_id FROM seen) RETURNING 1
"""


async def see(conflict_id: UUID, by_id: UUID, text: str, now: datetime) -> bool:
    """Somebody has looked, and says what was done. Whether it is news; safe to repeat. What follows is a new line."""
    return bool(await sql.rows(SEE, conflict_id, by_id, now, text))


def conflict(row: Any) -> Conflict:
    """From a row of FOUND."""
    fields = dict(row)
    told = {name: _passage(fields[name]) for name in ("scan", "other")}
    return Conflict(**{**fields, **told, "pile": _pile(fields["pile"]), "detail": msgspec.json.decode(fields["detail"])})


def _passage(text: str | None) -> Passage | None:
    return Passage(*msgspec.json.decode(text, type=_PASSAGE)) if text else None


def _pile(text: str | None) -> Pile | None:
    if not text:
        return None
    size, first_at, last_at, last = msgspec.json.decode(text, type=_PILE)
    return Pile(size, first_at, last_at, tuple(Code(Passage(*scan), remark) for scan, remark in last))


_PASSAGE = tuple[int, str, datetime, str, str, str, str | None, str, UUID, bool, str, str]
_PILE = tuple[int, datetime, datetime, list[tuple[_PASSAGE, str]]]
