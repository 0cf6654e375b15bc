"""What in the scan log looks odd. Signs for people to look at: nothing here judges anybody, and nothing follows by itself.

How each sign is found stands in oddity_kinds.py; what the rows show is decided by pure functions in oddity_rules.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.oddity_kinds import AT, CONTACT, KINDS, LATE, UNDOABLE, Kind, KindName

MOST = 500
"""Rows that are looked at for one finding: evidence enough."""
BATCH = 2000
BatchName = Literal["scans", "undos"]
SCANS: BatchName = "scans"
UNDONE: BatchName = "undos"
"""What was looked through up to a mark: the log, and what undid scans of it."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the log as evidence. `place` tells places apart: rooms of one community count as one."""

    id: int
    person_id: UUID | None
    scanner_id: UUID
    operator_id: UUID | None
    source: str
    direction: str
    reason: str
    session_id: UUID | None
    at: datetime
    """The instant that counts: the server's; of an upload the desk's, corrected."""
    forced: bool
    force_reason: str
    place: str | None
    received_at: datetime
    contact_at: datetime | None = None
    """Of an upload that was told late: when the server first heard of the scanner after the scan."""
    network: bytes | None = None


FROM = """scan c LEFT JOIN session s ON s.id = c.session_id LEFT JOIN space p ON p.id = s.space_id
 LEFT JOIN scan_origin o ON o.scan_id = c.id"""
COLUMNS = f"""c.id, c.person_id, c.scanner_id, c.operator_id, c.source, c.direction, c.reason, c.session_id,
 {AT} AS at, c.forced, c.force_reason, coalesce(p.community_id::text, s.place) AS place, c.received_at,
 CASE WHEN {LATE} THEN {CONTACT} END AS contact_at, o.network"""


class Batch(msgspec.Struct, frozen=True):
    """Rows of the log after `after`, up to and including `upto`."""

    after: int
    upto: int
    name: BatchName = SCANS


class Touched(msgspec.Struct, frozen=True):
    """Somebody or something that the newest rows concern, and between which instants."""

    kind: KindName
    subject: str
    first_at: datetime
    last_at: datetime


STOPS = """
WITH running AS (SELECT x::xid AS id FROM pg_snapshot_xip(pg_current_snapshot()) x ORDER BY x LIMIT 1),
next AS (SELECT c.id, c.received_at > $3 OR coalesce(age(c.xmin) <= age(r.id), false) AS may_follow_another
           FROM {table} c LEFT JOIN running r ON true WHERE c.id > $1 ORDER BY c.id LIMIT $2)
SELECT max(id) FROM next WHERE id < coalesce((SELECT min(id) FROM next WHERE may_follow_another), 9223372036854775807)
"""


async def next_batch(settled_at: datetime, name: BatchName = SCANS) -> Batch | None:
    """The rows of the log, or of what undid scans, that nobody has looked at, up to `settled_at`; None where there are none."""
    after = await sql.value("SELECT scan_id FROM review_mark WHERE name = $1", name) or 0
    # A row gets its number before it is committed, and an upload commits rows that bear the instant at which it began. So the
    # mark stops before a row that was written while a transaction ran that still runs: that one may bring a smaller number.
    upto = await sql.value(STOPS.format(table="scan" if name == SCANS else "scan_undo"), after, BATCH, settled_at)
    return Batch(after, upto, name) if upto else None


async def advance(batch: Batch) -> None:
    """The batch was looked through. Safe to repeat, and in two processes: the mark never goes back."""
    await sql.rows(
        "INSERT INTO review_mark AS m (name, scan_id) VALUES ($1, $2) "
        "ON CONFLICT (name) DO UPDATE SET scan_id = greatest(m.scan_id, excluded.scan_id)",
        batch.name,
        batch.upto,
    )


def touched_statement(kind: Kind) -> str:
    """Along the log's own number, $1 to $2."""
    return (
        f"SELECT {kind.subject} AS subject, min({AT}), max({AT}) FROM scan c LEFT JOIN scan_origin o ON o.scan_id = c.id "
        f"WHERE c.id > $1 AND c.id <= $2 AND {kind.touched} AND {kind.subject} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )


def rows_statement(kind: Kind, *, of_people: bool = False) -> str:
    """Of the subject $1, from $2 to $3, the last $4; of the people $5."""
    whose = "AND c.person_id = ANY ($5)" if of_people else ""
    return (
        f"SELECT {COLUMNS} FROM {FROM} WHERE {kind.rows} AND {AT} >= $2 AND {AT} < $3 {whose} "
        "ORDER BY at DESC, c.id DESC LIMIT $4"
    )


async def touched(batch: Batch) -> list[Touched]:
    """Whom the batch concerns, for each kind. One statement each, along the log's own number."""
    found = []
    for name, kind in KINDS.items():
        if not kind.touched:
            continue
        rows = await sql.rows(touched_statement(kind), batch.after, batch.upto)
        found += [Touched(name, *row) for row in rows]
    return found


UNDOS = f"""
SELECT coalesce(x.by_id, x.operator_id, x.scanner_id)::text AS subject, min({AT}), max({AT})
  FROM scan_undo x JOIN scan c ON c.scanner_id = x.scanner_id AND c.nonce = x.scan_nonce AND {UNDOABLE}
 WHERE x.id > $1 AND x.id <= $2
 GROUP BY 1 ORDER BY 1
"""


async def touched_undos(batch: Batch) -> list[Touched]:
    """Who undid scans in this batch of undos. One that comes before its scan is seen with the scanner's next one."""
    return [Touched("undone_often", *row) for row in await sql.rows(UNDOS, batch.after, batch.upto)]


async def rows_about(
    kind: KindName, subject: str, since: datetime, until: datetime, people: Sequence[UUID] | None = None
) -> list[Row]:
    """The rows of one subject from `since` to `until`, of these people where any are named, by time; the last MOST of them."""
    found = await sql.rows(
        rows_statement(KINDS[kind], of_people=people is not None),
        subject,
        since,
        until,
        MOST,
        *([list(people)] if people is not None else []),
    )
    return [Row(**dict(row)) for row in reversed(found)]


async def rows_of(scan_ids: Sequence[int]) -> list[Row]:
    """These rows by time: the evidence of a finding."""
    found = await sql.rows(f"SELECT {COLUMNS} FROM {FROM} WHERE c.id = ANY ($1) ORDER BY at, c.id", list(scan_ids))
    return [Row(**dict(row)) for row in found]
