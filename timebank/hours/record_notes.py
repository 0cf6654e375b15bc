"""What stands on a service record beside the hours: training, honours, evaluation (Order 67 art. 8 to 10). Never changed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

import msgspec
from msgspec import Meta

from schedules import sql
from schedules.errors import NotFound

Kind = Literal["training", "honour", "evaluation"]
Text = Annotated[str, Meta(min_length=1, max_length=500)]


class Training(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="training"):
    """What was learnt: name, main content, minutes, who held it, on which day."""

    name: Text
    main_content: Text
    learning_minutes: Annotated[int, Meta(ge=1, le=10_000)]
    training_host: Text
    trained_on: date


class Honour(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="honour"):
    """What was granted, by whom, when; `proof` is what was shown."""

    name: Text
    granted_by: Text
    honoured_on: date
    proof: Text


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="evaluation"):
    """How one service was done: 1 to 5 and in words. It never changes the hours."""

    record_id: UUID
    quality: Annotated[int, Meta(ge=1, le=5)]
    words: Text
    evaluated_by: Text
    evaluated_on: date


NewNote = Training | Honour | Evaluation


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """As it was entered. `name` is that of the service for an evaluation; `ended_at` and `reason` where it was taken back."""

    id: UUID
    member_id: UUID
    kind: Kind
    name: str
    content: str
    given_by: str
    happened_on: date
    minutes: int | None
    quality: int | None
    entered_by: UUID
    entered_name: str
    entered_at: datetime
    ended_at: datetime | None
    reason: str


FOUND = """
SELECT n.id, n.member_id, n.kind, coalesce(r.activity_name, n.name) AS name, n.content, n.given_by, n.happened_on, n.minutes,
       n.quality, n.entered_by, m.name AS entered_name, n.entered_at, e.ended_at, coalesce(e.reason, '') AS reason
  FROM record_note n JOIN member m ON m.id = n.entered_by LEFT JOIN service_record r ON r.id = n.record_id
  LEFT JOIN record_note_end e ON e.note_id = n.id
"""


async def of_member(member_id: UUID) -> list[Note]:
    """All of them, the last first; what was taken back too, with why."""
    found = await sql.rows(f"{FOUND} WHERE n.member_id = $1 ORDER BY n.happened_on DESC, n.entered_at DESC, n.id", member_id)
    return [Note(**dict(row)) for row in found]


async def one(note_id: UUID) -> Note:
    """Raises NotFound."""
    row = await sql.row(f"{FOUND} WHERE n.id = $1", note_id)
    if row is None:
        raise NotFound(what="record_note")
    return Note(**dict(row))


async def is_of(record_id: UUID, member_id: UUID) -> bool:
    """Whether the record is the member's."""
    return bool(await sql.rows("SELECT 1 FROM service_record WHERE id = $1 AND member_id = $2", record_id, member_id))


async def enter(member_id: UUID, note: NewNote, by_id: UUID, now: datetime) -> UUID:
    """Writes it down; its id. The day and the words were looked at before."""
    made = uuid4()
    values: tuple[object, ...]
    match note:
        case Training():
            values = (None, note.name, note.main_content, note.training_host, note.trained_on, note.learning_minutes, None)
        case Honour():
            values = (None, note.name, note.proof, note.granted_by, note.honoured_on, None, None)
        case Evaluation():
            values = (note.record_id, "", note.words, note.evaluated_by, note.evaluated_on, None, note.quality)
    await sql.rows(
        "INSERT INTO record_note (id, member_id, kind, record_id, name, content, given_by, happened_on, minutes, quality, "
        "entered_by, entered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        made,
        member_id,
        type(note).__struct_config__.tag,
        *values,
        by_id,
        now,
    )
    return made


async def take_back(note_id: UUID, reason: str, by_id: UUID, now: datetime) -> bool:
    """Whether it stood until now. Safe to repeat."""
    return bool(
        await sql.rows(
            "INSERT INTO record_note_end (note_id, reason, ended_by, ended_at) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING 1",
            note_id,
            reason,
            by_id,
            now,
        )
    )
