"""A member says that a record is wrong; somebody else answers, once (Order 67 art. 13). Records change by versions only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from schedules.errors import NotFound, Refusal
from timebank.hours.summaries import LATER
from timebank.hours.working_days import RECORD_WITHIN

Outcome = Literal["corrected", "stands"]


class ObjectionOpen(Refusal):
    """The member has objected to this record already, and nobody has answered yet. Facts: none."""


class ObjectionAnswered(Refusal):
    """Somebody has answered already. Facts: outcome."""


class NotCorrected(Refusal):
    """The record has no version that is later than the objection: nothing was corrected. Facts: none."""


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of which record, by when it is to be answered, and what became of it."""

    id: UUID
    record_id: UUID
    member_id: UUID
    name: str
    number: int
    community_id: UUID
    time_zone: str
    activity_name: str
    served_on: date
    service_minutes: int
    entered_by: UUID
    approved_by: UUID | None
    attendance_id: UUID | None
    session_id: UUID | None
    words: str
    filed_at: datetime
    answer_by: date
    is_corrected: bool
    """A later version of the record stands."""
    outcome: Outcome | None
    answer: str
    answered_at: datetime | None


FOUND = f"""
SELECT o.id, o.record_id, o.member_id, m.name, m.number, m.community_id, c.time_zone, r.activity_name, r.served_on,
       r.service_minutes, r.entered_by, r.approved_by, r.attendance_id, h.session_id, o.words, o.filed_at,
       (SELECT due_on FROM working_day_after((o.filed_at AT TIME ZONE c.time_zone)::date, {RECORD_WITHIN})) AS answer_by,
       {LATER} AS is_corrected, o.outcome, o.answer, o.answered_at
  FROM record_objection o JOIN service_record r ON r.id = o.record_id JOIN member m ON m.id = o.member_id
  JOIN community c ON c.id = m.community_id LEFT JOIN attendance h ON h.id = r.attendance_id
"""


async def find(objection_id: UUID, *, locks: bool = False) -> Objection:
    """Raises NotFound. With `locks` nobody else answers it meanwhile."""
    if locks:
        # Two who answer at once: the second waits here and then sees what the first has answered.
        await sql.rows("SELECT 1 FROM record_objection WHERE id = $1 FOR NO KEY UPDATE", objection_id)
    row = await sql.row(f"{FOUND} WHERE o.id = $1", objection_id)
    if row is None:
        raise NotFound(what="record_objection")
    return Objection(**dict(row))


async def of_member(member_id: UUID) -> list[Objection]:
    """The last first, with what was answered."""
    found = await sql.rows(f"{FOUND} WHERE o.member_id = $1 ORDER BY o.filed_at DESC, o.id LIMIT 100", member_id)
    return [Objection(**dict(row)) for row in found]


async def waiting(node_ids: Sequence[UUID]) -> list[Objection]:
    """Those of members below these nodes that nobody has answered, the first due first."""
    found = await sql.rows(
        f"{FOUND} WHERE o.answered_at IS NULL AND c.ancestor_ids && $1::uuid[] ORDER BY o.filed_at, o.id LIMIT 200",
        list(node_ids),
    )
    return [Objection(**dict(row)) for row in found]


async def file(record_id: UUID, member_id: UUID, words: str, now: datetime) -> UUID:
    """Against one's own record that is in force. Raises NotFound, ObjectionOpen."""
    known = await sql.rows(
        f"SELECT 1 FROM service_record r WHERE r.id = $1 AND r.member_id = $2 AND NOT r.is_withdrawn AND NOT {LATER}",
        record_id,
        member_id,
    )
    if not known:
        raise NotFound(what="service_record")
    made = uuid4()
    if not await sql.rows(
        "INSERT INTO record_objection (id, record_id, member_id, words, filed_at) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT DO NOTHING RETURNING 1",
        made,
        record_id,
        member_id,
        words,
        now,
    ):
        raise ObjectionOpen()
    return made


async def answer(objection_id: UUID, outcome: Outcome, words: str, by_id: UUID, now: datetime) -> None:
    """To be called with the row locked."""
    await sql.rows(
        "UPDATE record_objection SET outcome = $2, answer = $3, answered_by = $4, answered_at = $5 WHERE id = $1",
        objection_id,
        outcome,
        words,
        by_id,
        now,
    )
