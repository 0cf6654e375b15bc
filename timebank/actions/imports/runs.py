"""An import and its lines, as they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.actions.imports.columns import Kind
from timebank.actions.imports.values import Fault, Reading

State = Literal["checking", "ready", "applying", "done", "undoing", "undone", "dropped"]
Verdict = Literal["new", "same", "changed", "faulty"]
Outcome = Literal["made", "changed", "nothing", "failed"]
Undone = Literal["taken_back", "kept", "nothing"]
WORKING: tuple[State, ...] = ("checking", "applying", "undoing")


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it stands. Names are of members: who brought it, who applied it, who asked for its undoing and who did it."""

    id: UUID
    community_id: UUID
    community: str
    community_en: str
    time_zone: str
    kind: Kind
    source: str
    vouched_by: str
    file_name: str
    left_heads: list[str]
    rows: int
    state: State
    uploaded_by_id: UUID
    uploaded_by: str
    uploaded_at: datetime
    leaves_out: bool
    applied_by_id: UUID | None
    applied_by: str
    applied_at: datetime | None
    finished_at: datetime | None
    undo_by_id: UUID | None
    undo_by: str
    undo_at: datetime | None
    undo_reason: str
    undone_by_id: UUID | None
    undone_by: str
    undone_at: datetime | None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the file: what it said, would do, did, and what became of that."""

    line: int
    said: dict[str, Any]
    faults: list[Fault] = []
    verdict: Verdict | None = None
    member_id: UUID | None = None
    made_id: UUID | None = None
    before: dict[str, Any] | None = None
    outcome: Outcome | None = None
    undone: Undone | None = None
    kept_for: str = ""


COLUMNS = """
SELECT i.id, i.community_id, c.name AS community, c.name_en AS community_en, c.time_zone, i.kind, i.source, i.vouched_by,
       i.file_name, i.left_heads, i.rows, i.state, i.uploaded_by AS uploaded_by_id, u.name AS uploaded_by, i.uploaded_at,
       i.leaves_out, i.applied_by AS applied_by_id, coalesce(a.name, '') AS applied_by, i.applied_at, i.finished_at,
       i.undo_by AS undo_by_id, coalesce(w.name, '') AS undo_by, i.undo_at, i.undo_reason, i.undone_by AS undone_by_id,
       coalesce(d.name, '') AS undone_by, i.undone_at
  FROM import i JOIN community c ON c.id = i.community_id JOIN member u ON u.id = i.uploaded_by
  LEFT JOIN member a ON a.id = i.applied_by LEFT JOIN member w ON w.id = i.undo_by LEFT JOIN member d ON d.id = i.undone_by
"""
LINE = "line, said, faults, verdict, member_id, made_id, before, outcome, undone, kept_for"


async def one(import_id: UUID, *, locks: bool = False) -> Import:
    """Raises NotFound. With `locks` no batch and nobody else moves it meanwhile; waits for the batch that is under way."""
    if locks:
        # Apply pressed twice, undo pressed during apply, the job's next batch: each waits here, then sees what the other did.
        await sql.rows("SELECT 1 FROM import WHERE id = $1 FOR NO KEY UPDATE", import_id)
    found = await sql.row(f"{COLUMNS} WHERE i.id = $1", import_id)
    if found is None:
        raise NotFound(what="import")
    return Import(**dict(found))


async def below(node_ids: Sequence[UUID], at_most: int = 100) -> list[Import]:
    """At and below these nodes, the last first."""
    found = await sql.rows(
        f"{COLUMNS} WHERE c.ancestor_ids && $1::uuid[] ORDER BY i.uploaded_at DESC LIMIT $2", list(node_ids), at_most
    )
    return [Import(**dict(row)) for row in found]


class New(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent, decoded."""

    community_id: UUID
    kind: Kind
    source: str
    vouched_by: str
    file_name: str
    file_hash: bytes
    left_heads: list[str]


async def add(new: New, readings: Sequence[Reading], by: UUID, now: datetime) -> tuple[UUID, bool]:
    """The import, and whether it is new: the same file that is not applied yet is the same import."""
    made = uuid4()
    # The same file sent twice at once: the key lets one through, the other waits for it and then finds it.
    is_new = await sql.rows(
        "INSERT INTO import (id, community_id, kind, source, vouched_by, file_name, file_hash, left_heads, rows, uploaded_by, "
        "uploaded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        "ON CONFLICT (community_id, kind, source, file_hash) WHERE state IN ('checking', 'ready', 'applying') DO NOTHING "
        "RETURNING 1",
        made,
        new.community_id,
        new.kind,
        new.source,
        new.vouched_by,
        new.file_name,
        new.file_hash,
        new.left_heads,
        len(readings),
        by,
        now,
    )
    if not is_new:
        return await _open_one(new), False
    await sql.rows(
        "INSERT INTO import_line (import_id, line, said, faults) SELECT $1, line, said::jsonb, faults::jsonb "
        "FROM unnest($2::int[], $3::text[], $4::text[]) AS l (line, said, faults)",
        made,
        [each.line for each in readings],
        [msgspec.json.encode(each.said).decode() for each in readings],
        [msgspec.json.encode(each.faults).decode() for each in readings],
    )
    return made, True


async def _open_one(new: New) -> UUID:
    found = await sql.value(
        "SELECT id FROM import WHERE community_id = $1 AND kind = $2 AND source = $3 AND file_hash = $4 "
        "AND state IN ('checking', 'ready', 'applying')",
        new.community_id,
        new.kind,
        new.source,
        new.file_hash,
    )
    return UUID(str(found))


async def move(import_id: UUID, state: State, **values: object) -> None:
    """Into another state, with what comes with it."""
    names = list(values)
    sets = "".join(f", {name} = ${place}" for place, name in enumerate(names, 3))
    await sql.rows(f"UPDATE import SET state = $2{sets} WHERE id = $1", import_id, state, *values.values())


async def working() -> list[UUID]:
    """Imports that are being looked at, applied or undone, the oldest first."""
    found = await sql.rows("SELECT id FROM import WHERE state IN ('checking', 'applying', 'undoing') ORDER BY uploaded_at")
    return [row["id"] for row in found]


async def claim(import_id: UUID) -> Import | None:
    """For a batch: None where somebody else has it, or nothing is to be done."""
    # Two sweepers, or a sweeper and somebody who presses a button: one of them goes on with it.
    held = await sql.rows(
        "SELECT 1 FROM import WHERE id = $1 AND state IN ('checking', 'applying', 'undoing') FOR NO KEY UPDATE SKIP LOCKED",
        import_id,
    )
    return await one(import_id) if held else None


async def waiting(import_id: UUID, state: State, at_most: int) -> list[Line]:
    """The next lines for what the import is doing; the last first where it is undone."""
    todo = {
        "checking": "verdict IS NULL ORDER BY line",
        "applying": "outcome IS NULL ORDER BY line",
        "undoing": "outcome IS NOT NULL AND undone IS NULL ORDER BY line DESC",
    }[state]
    return _lines(
        await sql.rows(f"SELECT {LINE} FROM import_line WHERE import_id = $1 AND {todo} LIMIT $2", import_id, at_most)
    )


async def lines(import_id: UUID, *, after: int = 0, at_most: int = 100_000, only: str = "") -> list[Line]:
    """By number; `only` those with this verdict, outcome or end of an undoing."""
    found = await sql.rows(
        f"SELECT {LINE} FROM import_line WHERE import_id = $1 AND line > $2 "
        "AND ($4 = '' OR $4 IN (verdict, outcome, undone)) ORDER BY line LIMIT $3",
        import_id,
        after,
        at_most,
        only,
    )
    return _lines(found)


def _lines(found: Sequence[Any]) -> list[Line]:
    return [
        Line(
            **{
                **dict(row),
                "said": msgspec.json.decode(row["said"]),
                "faults": msgspec.json.decode(row["faults"], type=list[Fault]),
                "before": msgspec.json.decode(row["before"]) if row["before"] else None,
            }
        )
        for row in found
    ]


async def keep(import_id: UUID, changed: Sequence[Line]) -> None:
    """What became of these lines. One statement."""
    await sql.rows(
        "UPDATE import_line l SET said = n.said::jsonb, faults = n.faults::jsonb, verdict = n.verdict, "
        "member_id = n.member_id, made_id = n.made_id, before = n.before::jsonb, outcome = n.outcome, undone = n.undone, "
        "kept_for = n.kept_for "
        "FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], "
        "$10::text[], $11::text[]) AS n (line, said, faults, verdict, member_id, made_id, before, outcome, undone, kept_for) "
        "WHERE l.import_id = $1 AND l.line = n.line",
        import_id,
        [each.line for each in changed],
        [msgspec.json.encode(each.said).decode() for each in changed],
        [msgspec.json.encode(each.faults).decode() for each in changed],
        [each.verdict for each in changed],
        [each.member_id for each in changed],
        [each.made_id for each in changed],
        [msgspec.json.encode(each.before).decode() if each.before is not None else None for each in changed],
        [each.outcome for each in changed],
        [each.undone for each in changed],
        [each.kept_for for each in changed],
    )


async def counts(import_id: UUID) -> dict[str, int]:
    """How many lines have each verdict, outcome and end; `verdict:`, `outcome:` and `undone:` before the word."""
    found = await sql.rows(
        "SELECT 'verdict:' || verdict AS word, count(*) AS n FROM import_line WHERE import_id = $1 GROUP BY verdict "
        "UNION ALL SELECT 'outcome:' || outcome, count(*) FROM import_line WHERE import_id = $1 GROUP BY outcome "
        "UNION ALL SELECT 'undone:' || undone, count(*) FROM import_line WHERE import_id = $1 GROUP BY undone",
        import_id,
    )
    return {row["word"]: row["n"] for row in found if row["word"]}


async def drop_waiting(uploaded_before: datetime, now: datetime) -> list[UUID]:
    """What has waited for a confirmation since before then is never to be applied; which imports these were."""
    found = await sql.rows(
        "UPDATE import SET state = 'dropped', finished_at = $2 WHERE state = 'ready' AND uploaded_at < $1 RETURNING id",
        uploaded_before,
        now,
    )
    return [row["id"] for row in found]


async def forget(ended_before: datetime) -> int:
    """What rows said of people, of imports that ended before that instant or were dropped: numbers and what was done stay."""
    found = await sql.rows(
        "UPDATE import_line l SET said = '{}', before = NULL FROM import i WHERE i.id = l.import_id AND l.said <> '{}' "
        "AND (i.state = 'dropped' OR i.state IN ('done', 'undone') AND i.finished_at < $1) RETURNING 1",
        ended_before,
    )
    return len(found)
