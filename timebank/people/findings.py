"""Findings: what looked odd in the scan log, with the rows that show it, and what people who looked at it said.

Found once, grows with its evidence; the history only grows. A finding changes nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import oddities, oddity_kinds, sql
from schedules.errors import NotFound
from schedules.oddities import Batch
from schedules.oddity_kinds import KindName

State = Literal["open", "explained", "spoken_with", "handed_on"]
Said = Literal["explained", "spoken_with", "handed_on"]
"""What somebody who looked at it says."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """`people`: whose codes and stays; `operators`: who stood at the desks. `size` counts rows of the log.

    `looked_size`: as many there were when somebody last looked.
    """

    id: UUID
    kind: KindName
    about: str
    community_id: UUID
    community: str
    community_en: str
    time_zone: str
    state: State
    people: list[UUID]
    operators: list[UUID]
    desks: list[UUID]
    sessions: list[UUID]
    first_at: datetime
    last_at: datetime
    size: int
    looked_size: int
    found_at: datetime
    changed_at: datetime


class Change(msgspec.Struct, frozen=True):
    """One step of the history; `by_id` is None where it was found, or opened again because it went on."""

    state: State
    at: datetime
    by_id: UUID | None
    note: str
    size: int


COLUMNS = """f.id, f.kind, f.about, f.community_id, c.name AS community, c.name_en AS community_en, c.time_zone, f.state,
 f.people, f.operators, f.desks, f.sessions, f.first_at, f.last_at, f.size, f.looked_size, f.found_at, f.changed_at"""
TABLES = "finding f JOIN community c ON c.id = f.community_id"
ORDER = "(f.state <> 'open'), f.changed_at DESC, f.id"

MAKE = """
INSERT INTO finding AS f (id, kind, about, community_id, people, operators, desks, sessions, first_at, last_at, size, found_at,
                          changed_at)
VALUES ($1, $2, $3, $4, '{}', '{}', '{}', '{}', $5, $5, 1, $5, $5)
ON CONFLICT (kind, about) DO UPDATE SET changed_at = f.changed_at
RETURNING id, state, looked_size, id = $1 AS is_new
"""
GROW = f"""
UPDATE finding f SET people = e.people, operators = e.operators, desks = e.desks, sessions = e.sessions, first_at = e.first_at,
       last_at = e.last_at, size = e.size, changed_at = $2
  FROM (SELECT coalesce(array_agg(DISTINCT c.person_id) FILTER (WHERE c.person_id IS NOT NULL), '{{}}') AS people,
               coalesce(array_agg(DISTINCT c.operator_id) FILTER (WHERE c.operator_id IS NOT NULL), '{{}}') AS operators,
               coalesce(array_agg(DISTINCT d.id) FILTER (WHERE d.id IS NOT NULL), '{{}}') AS desks,
               coalesce(array_agg(DISTINCT c.session_id) FILTER (WHERE c.session_id IS NOT NULL), '{{}}') AS sessions,
               min({oddity_kinds.AT}) AS first_at, max({oddity_kinds.AT}) AS last_at, count(DISTINCT c.id)::int AS size
          FROM finding_scan s JOIN scan c ON c.id = s.scan_id LEFT JOIN device d ON d.id = c.scanner_id
         WHERE s.finding_id = $1) e
 WHERE f.id = $1 RETURNING f.size
"""


async def keep(kind: KindName, about: str, community_id: UUID, scan_ids: Sequence[int], now: datetime) -> bool:
    """Writes what was found, or what is new of it; whether anything is. Safe to repeat, and in two processes.

    One that somebody has looked at is open again once it has doubled. Runs in the caller's transaction; locks the finding.
    """
    # Two processes with one finding: the key makes it once, and the second waits here and adds what is missing.
    made = await sql.one(MAKE, uuid4(), kind, about, community_id, now)
    added = await sql.rows(
        "INSERT INTO finding_scan (finding_id, scan_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING RETURNING 1",
        made["id"],
        list(scan_ids),
    )
    if not added:
        return False
    size = await sql.value(GROW, made["id"], now)
    if made["is_new"] or (made["state"] != "open" and size >= 2 * made["looked_size"]):
        await sql.rows("UPDATE finding SET state = 'open' WHERE id = $1", made["id"])
        await _write(made["id"], "open", now, None, "", size)
    return True


async def look(finding: Finding, said: Said, by_id: UUID, note: str, now: datetime) -> None:
    """Somebody has looked at it. The database refuses those whom it is about, and who lives with them."""
    await sql.rows("UPDATE finding SET state = $2, looked_size = size, changed_at = $3 WHERE id = $1", finding.id, said, now)
    await _write(finding.id, said, now, by_id, note, finding.size)


async def _write(finding_id: UUID, state: State, now: datetime, by_id: UUID | None, note: str, size: int) -> None:
    await sql.rows(
        "INSERT INTO finding_change (finding_id, state, at, by_id, note, size) VALUES ($1, $2, $3, $4, $5, $6)",
        finding_id,
        state,
        now,
        by_id,
        note,
        size,
    )


async def one(finding_id: UUID, *, locked: bool = False) -> Finding:
    """Raises NotFound. `locked`: two who look at it at once do so one after the other."""
    found = await sql.row(f"SELECT {COLUMNS} FROM {TABLES} WHERE f.id = $1{' FOR UPDATE OF f' if locked else ''}", finding_id)
    if found is None:
        raise NotFound(what="finding")
    return Finding(**dict(found))


async def below(
    nodes: Sequence[UUID], kind: KindName | None, state: State | None, after: UUID | None, limit: int
) -> list[Finding]:
    """Of these nodes and all below: the open ones first, then the last changed; from the one after `after`."""
    found = await sql.rows(
        f"""SELECT {COLUMNS} FROM {TABLES} LEFT JOIN finding l ON l.id = $4
             WHERE c.ancestor_ids && $1::uuid[] AND ($2::text IS NULL OR f.kind = $2) AND ($3::text IS NULL OR f.state = $3)
               AND ($4::uuid IS NULL OR ((f.state <> 'open'), l.changed_at, f.id) > ((l.state <> 'open'), f.changed_at, l.id))
             ORDER BY {ORDER} LIMIT $5""",
        list(nodes),
        kind,
        state,
        after,
        limit,
    )
    return [Finding(**dict(row)) for row in found]


async def count_open(nodes: Sequence[UUID]) -> int:
    """Those that nobody has looked at, of these nodes and all below."""
    return int(
        await sql.value(f"SELECT count(*) FROM {TABLES} WHERE c.ancestor_ids && $1::uuid[] AND f.state = 'open'", list(nodes))
    )


async def history(finding_id: UUID) -> list[Change]:
    """Every step, oldest first."""
    found = await sql.rows(
        "SELECT state, at, by_id, note, size FROM finding_change WHERE finding_id = $1 ORDER BY id", finding_id
    )
    return [Change(*row) for row in found]


async def scan_ids(finding_id: UUID) -> list[int]:
    """The last rows of the log that show it, as many as are looked at for one finding."""
    found = await sql.rows(
        "SELECT scan_id FROM finding_scan WHERE finding_id = $1 ORDER BY scan_id DESC LIMIT $2", finding_id, oddities.MOST
    )
    return [row["scan_id"] for row in found]


NOTE_DESKS = f"""
WITH met AS (
    SELECT c.scanner_id, to_char({oddity_kinds.AT} AT TIME ZONE n.time_zone, 'YYYY-MM') AS month,
           count(DISTINCT m.household_id) AS households, min(m.household_id::text)::uuid AS household_id
      FROM scan c JOIN member m ON m.id = c.person_id
      JOIN (SELECT id, community_id FROM device UNION ALL SELECT id, community_id FROM member) w ON w.id = c.scanner_id
      JOIN community n ON n.id = w.community_id
     WHERE c.id > $1 AND c.id <= $2 AND {oddity_kinds.LETS_IN}
     GROUP BY 1, 2)
INSERT INTO desk_month AS d (scanner_id, month, household_id)
SELECT scanner_id, month, CASE WHEN households = 1 THEN household_id END FROM met ORDER BY scanner_id, month
ON CONFLICT (scanner_id, month)
   DO UPDATE SET household_id = CASE WHEN d.household_id = excluded.household_id THEN d.household_id END
RETURNING scanner_id, month, household_id
"""


async def lone_desks(batch: Batch) -> list[tuple[UUID, str]]:
    """Desks of this batch that let in one household only so far in a month: desk and month. Notes what they let in.

    Safe to repeat. Locks the desks' rows in their order: two processes go one after the other.
    """
    found = await sql.rows(NOTE_DESKS, batch.after, batch.upto)
    return [(row["scanner_id"], row["month"]) for row in found if row["household_id"]]


async def household_of_desk(scanner_id: UUID, month: str) -> list[UUID]:
    """The members of the only household that this desk let in."""
    found = await sql.rows(
        "SELECT m.id FROM desk_month d JOIN member m ON m.household_id = d.household_id "
        "WHERE d.scanner_id = $1 AND d.month = $2",
        scanner_id,
        month,
    )
    return [row["id"] for row in found]


async def lives_with(people: Sequence[UUID]) -> dict[UUID, UUID]:
    """The household of each."""
    found = await sql.rows("SELECT id, household_id FROM member WHERE id = ANY ($1)", list(people))
    return {row["id"]: row["household_id"] for row in found}
