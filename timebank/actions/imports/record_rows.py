"""Rows that are past service: records of class C that earn nothing, marked as taken over, with who vouches for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from timebank.actions.imports import persons
from timebank.actions.imports.runs import Import, Line
from timebank.actions.imports.values import Fault

FIELDS = (
    "activity_name",
    "served_on",
    "place",
    "service_content",
    "service_minutes",
    "organising_unit",
    "person_in_charge",
)
"""The seven of the national rules (rules.md 3)."""


def likeness(line: Line) -> bytes:
    """What the row says of the service; two rows that say the same are one record."""
    return hashlib.sha256(msgspec.json.encode([line.said[field] for field in FIELDS])).digest()


async def judge(run: Import, lines: Sequence[Line]) -> list[Line]:
    """What each line would do now. Changes nothing."""
    good, faulty = await persons.matched(run, lines)
    found = await sql.rows(
        "SELECT member_id, likeness FROM taken_over_record "
        "WHERE member_id = ANY ($1) AND lower(source) = lower($2) AND undone_at IS NULL",
        [line.member_id for line in good],
        run.source,
    )
    there = {(row["member_id"], row["likeness"]) for row in found}
    seen: dict[tuple[UUID | None, bytes], int] = {}
    return [*faulty, *(_judged(line, there, seen) for line in good)]


def _judged(line: Line, there: set[tuple[UUID | None, bytes]], seen: dict[tuple[UUID | None, bytes], int]) -> Line:
    key = (line.member_id, likeness(line))
    first = seen.setdefault(key, line.line)
    if key in there:
        return msgspec.structs.replace(line, verdict="same")
    if first != line.line:
        return msgspec.structs.replace(line, verdict="faulty", faults=[Fault("twice", line=first)])
    return msgspec.structs.replace(line, verdict="new")


RECORD = """
WITH asked AS (
    SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::date[], $6::text[], $7::text[], $8::int[], $9::text[],
                         $10::text[], $11::text[], $12::bytea[], $13::int[])
        AS n (id, member_id, activity_name, served_on, place, service_content, service_minutes, organising_unit,
              person_in_charge, vouched_by, likeness, line)
), kept AS (
    INSERT INTO service_record (id, member_id, version, class, source, activity_name, served_on, place, service_content,
                                service_minutes, organising_unit, person_in_charge, reason, entered_by, approved_by,
                                recorded_at)
    SELECT id, member_id, 1, 'C', 'import', activity_name, served_on, place, service_content, service_minutes, organising_unit,
           person_in_charge, $14, $15, $16, $17 FROM asked)
INSERT INTO taken_over_record (record_id, member_id, source, vouched_by, likeness, import_id, line)
SELECT id, member_id, $14, vouched_by, likeness, $1, line FROM asked
"""


async def apply(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """The records, entered by who brought the file, approved by who applied it. One statement; none earns anything."""
    new = [line for line in lines if line.verdict == "new"]
    if not new:
        return []
    ids = [uuid4() for _ in new]
    await sql.rows(
        RECORD,
        run.id,
        ids,
        [line.member_id for line in new],
        *(
            [line.said[field] if field != "served_on" else date.fromisoformat(line.said[field]) for line in new]
            for field in FIELDS
        ),
        [line.said.get("vouched_by", run.vouched_by) for line in new],
        [likeness(line) for line in new],
        [line.line for line in new],
        run.source,
        run.uploaded_by_id,
        run.applied_by_id,
        now,
    )
    return [msgspec.structs.replace(line, outcome="made", made_id=made) for line, made in zip(new, ids, strict=True)]


WITHDRAW = """
WITH last AS (
    SELECT DISTINCT ON (coalesce(r.first_id, r.id)) r.*, coalesce(r.first_id, r.id) AS first
      FROM service_record r WHERE r.id = ANY ($1) OR r.first_id = ANY ($1)
     ORDER BY coalesce(r.first_id, r.id), r.version DESC
), annulled AS (
    INSERT INTO service_record (id, member_id, version, class, source, activity_name, served_on, place, service_content,
                                service_minutes, organising_unit, person_in_charge, is_withdrawn, reason, entered_by,
                                approved_by, recorded_at, first_id)
    SELECT gen_random_uuid(), member_id, version + 1, class, source, activity_name, served_on, place, service_content, 0,
           organising_unit, person_in_charge, true, $2, $3, $4, $5, first
      FROM last WHERE NOT is_withdrawn)
UPDATE taken_over_record SET undone_at = $5 WHERE record_id = ANY ($1) AND undone_at IS NULL
"""


async def undo(run: Import, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Annuls each record by a version of its own; one that was corrected meanwhile in its last version."""
    made = [line.made_id for line in lines if line.outcome == "made"]
    await sql.rows(WITHDRAW, made, run.undo_reason, run.undo_by_id, run.undone_by_id, now)
    return [msgspec.structs.replace(line, undone="taken_back" if line.outcome == "made" else "nothing") for line in lines]
