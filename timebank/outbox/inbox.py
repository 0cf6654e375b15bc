"""The messages of one member as they read them: what is due, newest first, without what was taken back or came too late."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql

SHOWN = (
    "due_at <= $2 AND (state IN ('sent', 'kept', 'failed') "
    "OR (state = 'pending' AND (useful_until IS NULL OR useful_until > $2)))"
)


class Entry(msgspec.Struct, frozen=True):
    """One message, not in words yet. `is_sent`: it also went to the phone."""

    id: UUID
    kind: str
    facts: dict[str, Any]
    path: str
    at: datetime
    is_sent: bool
    read_at: datetime | None


async def of_person(person_id: UUID, now: datetime, limit: int, before: UUID | None = None) -> list[Entry]:
    """Newest first; with `before`, those older than that message of theirs. Reads only."""
    found = await sql.rows(
        "SELECT id, kind, facts, path, due_at AS at, state = 'sent' AS is_sent, read_at FROM message "
        f"WHERE person_id = $1 AND {SHOWN} "
        "AND ($4::uuid IS NULL OR (due_at, id) < (SELECT due_at, id FROM message WHERE id = $4 AND person_id = $1)) "
        "ORDER BY due_at DESC, id DESC LIMIT $3",
        person_id,
        now,
        limit,
        before,
    )
    return [Entry(**dict(row) | {"facts": msgspec.json.decode(row["facts"])}) for row in found]


async def mark_read(person_id: UUID, now: datetime, ids: list[UUID] | None = None) -> int:
    """These of the member's messages are read, or all that are shown by now; how many were not before. Safe to repeat."""
    found = await sql.rows(
        f"UPDATE message SET read_at = $2 WHERE person_id = $1 AND read_at IS NULL AND {SHOWN} "
        "AND ($3::uuid[] IS NULL OR id = ANY ($3)) RETURNING 1",
        person_id,
        now,
        ids,
    )
    return len(found)
