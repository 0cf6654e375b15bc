"""Who did what for whom. Written in the transaction of the deed; never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from schedules import sql


class Entry(msgspec.Struct, frozen=True):
    """`did` is what and a verb in the past (`member.created`), `subject` is kind:id."""

    at: datetime
    actor_id: UUID | None
    actor_name: str
    actor_name_en: str
    """Of a device that has one; empty for people."""
    on_behalf_of: UUID | None
    did: str
    subject: str
    detail: dict[str, Any]


async def write(
    actor_id: UUID | None, did: str, subject: str, now: datetime, *, on_behalf_of: UUID | None = None, **detail: object
) -> None:
    """One row: the member or device that acted (None: the command line), the deed, `kind:id` of what it was done to.

    `on_behalf_of` is the member for whom somebody else acted.
    """
    await sql.rows(
        "INSERT INTO audit (at, actor_id, on_behalf_of, action, subject, detail, request_id) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        now,
        actor_id,
        None if on_behalf_of == actor_id else on_behalf_of,
        did,
        subject,
        msgspec.json.encode(detail).decode(),
        structlog.contextvars.get_contextvars().get("request_id", ""),
    )


async def write_many(
    actor_id: UUID | None, did: str, subjects: Sequence[str], now: datetime, detail: Mapping[str, object]
) -> None:
    """The same deed done to many, a row each. One statement."""
    await sql.rows(
        "INSERT INTO audit (at, actor_id, action, subject, detail, request_id) "
        "SELECT $1, $2, $3, subject, $5, $6 FROM unnest($4::text[]) AS s (subject)",
        now,
        actor_id,
        did,
        list(subjects),
        msgspec.json.encode(detail).decode(),
        structlog.contextvars.get_contextvars().get("request_id", ""),
    )


async def write_each(actor_id: UUID | None, did: str, details: Mapping[str, Mapping[str, object]], now: datetime) -> None:
    """The same deed done to several, each with facts of its own, by subject. One statement, none for nobody."""
    if not details:
        return
    await sql.rows(
        "INSERT INTO audit (at, actor_id, action, subject, detail, request_id) "
        "SELECT $1, $2, $3, subject, detail, $6 FROM unnest($4::text[], $5::jsonb[]) AS s (subject, detail)",
        now,
        actor_id,
        did,
        list(details),
        [msgspec.json.encode(detail).decode() for detail in details.values()],
        structlog.contextvars.get_contextvars().get("request_id", ""),
    )


async def about(subject: str, limit: int = 50) -> list[Entry]:
    """The last entries about `kind:id`, newest first."""
    found = await sql.rows(
        "SELECT a.at, a.actor_id, coalesce(m.name, d.name, '') AS actor_name, coalesce(d.name_en, '') AS actor_name_en, "
        "a.on_behalf_of, a.action AS did, a.subject, a.detail "
        "FROM audit a LEFT JOIN member m ON m.id = a.actor_id LEFT JOIN device_called(a.actor_id, a.at) d ON true "
        "WHERE a.subject = $1 ORDER BY a.at DESC, a.id DESC LIMIT $2",
        subject,
        limit,
    )
    return [Entry(**{**dict(row), "detail": msgspec.json.decode(row["detail"])}) for row in found]
