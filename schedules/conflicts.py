"""What somebody who runs a session should look at after desks have been offline; noted once, seen once, never taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
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


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """With its scans and what the session is called. `seen_at` is None while nobody has looked."""

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
    detail: dict[str, Any]
    noted_at: datetime
    seen_at: datetime | None
    seen_by: UUID | None
    note: str


NOTE = """
INSERT INTO door_conflict (id, key, kind, activity_id, session_id, person_id, attendance_id, scan_id, other_scan, detail,
                           noted_at)
SELECT id, key, kind, activity_id, session_id, person_id, attendance_id, scan_id, other_scan, coalesce(detail, '{}'), $2
  FROM json_populate_recordset(NULL::door_conflict, $1) ON CONFLICT (key) DO NOTHING
"""


async def note(found: Sequence[Noted], now: datetime) -> None:
    """Keeps what was not noted before. One statement; none for nothing. Safe to repeat."""
    if found:
        await sql.rows(NOTE, msgspec.json.encode(found).decode(), now)


PASSAGE = """(SELECT json_build_array(c.id, coalesce(d.name, ''), c.at, c.direction, c.source,
       c.reason, c.desk_reason, c.nonce, c.scanner_id, c.undo_id IS NOT NULL, c.raw_code)
  FROM passage c LEFT JOIN device d ON d.id = c.scanner_id WHERE c.id = {which})"""
SCAN, OTHER = PASSAGE.format(which="x.scan_id"), PASSAGE.format(which="x.other_scan")
FOUND = f"""
SELECT x.id, x.kind, x.activity_id, a.community_id, x.session_id, x.person_id, x.attendance_id, a.title, a.title_en,
       s.starts_at, a.time_zone, {SCAN} AS scan, {OTHER} AS other, x.detail, x.noted_at, v.at AS seen_at, v.by_id AS seen_by,
       coalesce(v.note, '') AS note
  FROM door_conflict x JOIN activity a ON a.id = x.activity_id JOIN community n ON n.id = a.community_id
  LEFT JOIN session s ON s.id = x.session_id LEFT JOIN door_conflict_seen v ON v.conflict_id = x.id
"""


async def find(conflict_id: UUID) -> Conflict:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE x.id = $1", conflict_id)
    if row is None:
        raise NotFound(what="conflict")
    return _conflict(row)


async def of_session(session_id: UUID, limit: int = 300) -> list[Conflict]:
    """What nobody has seen before the rest, the last first; with what names the session's activity and no session."""
    found = await sql.rows(
        f"{FOUND} WHERE x.session_id = $1 OR (x.session_id IS NULL AND x.activity_id = "
        "(SELECT activity_id FROM session WHERE id = $1)) ORDER BY v.at IS NOT NULL, x.noted_at DESC, x.id LIMIT $2",
        session_id,
        limit,
    )
    return [_conflict(row) for row in found]


async def within(community_ids: Sequence[UUID], limit: int = 300) -> list[Conflict]:
    """What nobody has seen yet at or below these nodes, the oldest first."""
    found = await sql.rows(
        f"{FOUND} WHERE v.at IS NULL AND n.ancestor_ids && $1::uuid[] ORDER BY x.noted_at, x.id LIMIT $2",
        list(community_ids),
        limit,
    )
    return [_conflict(row) for row in found]


async def see(conflict_id: UUID, by_id: UUID, text: str, now: datetime) -> bool:
    """Somebody has looked, and says what was done. Whether it is news; safe to repeat."""
    return bool(
        await sql.rows(
            "INSERT INTO door_conflict_seen (conflict_id, by_id, at, note) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING 1",
            conflict_id,
            by_id,
            now,
            text,
        )
    )


def _conflict(row: Any) -> Conflict:
    fields = dict(row)
    told = {name: _passage(fields[name]) for name in ("scan", "other")}
    return Conflict(**{**fields, **told, "detail": msgspec.json.decode(fields["detail"])})


def _passage(text: str | None) -> Passage | None:
    return Passage(*msgspec.json.decode(text, type=_PASSAGE)) if text else None


_PASSAGE = tuple[int, str, datetime, str, str, str, str | None, str, UUID, bool, str]
