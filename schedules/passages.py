"""The scan log of a session as it is read: every row, the last first, refusals and undone scans among them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql

PAGE = 200
MOST = 20_000
"""Rows of a file."""


def instant(row: str) -> str:
    """The instant that counts of a row of `scan` that a statement calls so, for who needs no more of the view `passage`."""
    return f"instant_of({row}.counts_at, {row}.source, {row}.raw_code, {row}.happened_at, {row}.received_at)"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is the instant that counts, `happened_at` what the scanner's clock said. `desk` is empty for a phone."""

    id: int
    at: datetime
    happened_at: datetime
    received_at: datetime
    skew_ms: int
    direction: str
    source: str
    reason: str
    desk_reason: str | None
    forced: bool
    force_reason: str
    is_late: bool
    lacks_entry: bool
    person_id: UUID | None
    operator_id: UUID | None
    scanner_id: UUID
    desk: str
    desk_en: str
    raw_code: str
    undone_at: datetime | None
    undone_by: UUID | None
    undone_reason: str

    @property
    def was_refused(self) -> bool:
        return self.reason not in ("ok", "duplicate_offline")


LOG = """
SELECT c.id, c.at, c.happened_at, c.received_at, c.skew_ms, c.direction, c.source, c.reason, c.desk_reason, c.forced,
       c.force_reason, c.is_late, c.lacks_entry, c.person_id, c.operator_id, c.scanner_id, coalesce(d.name, '') AS desk,
       coalesce(d.name_en, '') AS desk_en, c.raw_code, x.received_at AS undone_at, x.by_id AS undone_by,
       coalesce(x.reason, '') AS undone_reason
  FROM passage c LEFT JOIN device_called(c.scanner_id, c.at) d ON true LEFT JOIN scan_undo x ON x.id = c.undo_id
 WHERE c.session_id = $1 AND (NOT $2 OR c.reason NOT IN ('ok', 'duplicate_offline'))
   AND ($3::bigint IS NULL OR (c.at, c.id) < (SELECT p.at, p.id FROM passage p WHERE p.id = $3))
 ORDER BY c.at DESC, c.id DESC LIMIT $4
"""


async def of_session(
    session_id: UUID, *, only_refused: bool = False, before: int | None = None, limit: int = PAGE
) -> list[Row]:
    """The next page starts behind `before`, the id of the last row of this one."""
    return [Row(**dict(row)) for row in await sql.rows(LOG, session_id, only_refused, before, limit)]


class Last(msgspec.Struct, frozen=True):
    """A scan of one desk that it may still undo. `time_zone` and titles are its session's."""

    nonce: str
    at: datetime
    direction: str
    person_id: UUID
    session_id: UUID
    title: str
    title_en: str
    time_zone: str


LAST = """
SELECT c.nonce, c.at, c.direction, c.person_id, c.session_id, a.title, a.title_en,
       a.time_zone
  FROM passage c JOIN session s ON s.id = c.session_id JOIN activity a ON a.id = s.activity_id
 WHERE c.scanner_id = $1 AND c.reason IN ('ok', 'duplicate_offline')
"""
LATELY = f"""{LAST} AND c.received_at > $2::timestamptz - interval '1 day' AND c.at >= $2
   AND c.nonce <> '' AND c.may_undo AND c.person_id IS DISTINCT FROM $4
   AND c.undo_id IS NULL
 ORDER BY c.at DESC, c.id DESC LIMIT $3
"""


async def lately(scanner_id: UUID, operator_id: UUID | None, since: datetime, limit: int = 20) -> list[Last]:
    """What this desk let in or out since then, the last first; without what was undone and what is about who stands there."""
    return [Last(*row) for row in await sql.rows(LATELY, scanner_id, since, limit, operator_id)]


async def of_desk(scanner_id: UUID, nonce: str) -> Last | None:
    """Whom this desk let in or out under that nonce, whether it counts or was undone."""
    row = await sql.row(f"{LAST} AND c.nonce = $2 ORDER BY c.id LIMIT 1", scanner_id, nonce)
    return Last(*row) if row else None
