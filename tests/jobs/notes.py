"""Messages for tests: a letter of their own, promised and looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from tests.given import Person
from timebank.database import transaction
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.settings import Settings
from timebank.web.post import letter

letter("test.note", "A note for %(name)s", "Something happened on %(noted_at)s.")


async def promise(person: Person, now: datetime, key: str = "note", **more: Any) -> None:
    facts = {"name": person.name, "noted_at": now.isoformat(), "time_zone": "Asia/Shanghai"}
    message = Message(key=f"{key}:{person.id}", person_id=person.id, kind="test.note", facts=facts)
    async with transaction():
        await messages.promise([msgspec.structs.replace(message, **more)], now)


async def states() -> list[str]:
    """Of all messages, as they were written."""
    return [row["state"] for row in await sql.rows("SELECT state FROM message ORDER BY written_at, key")]


async def told(person_id: UUID, kind: str = "") -> list[dict[str, Any]]:
    """What was written to somebody, oldest first."""
    found = await sql.rows(
        "SELECT * FROM message WHERE person_id = $1 AND ($2 = '' OR kind = $2) ORDER BY due_at, key", person_id, kind
    )
    return [dict(row) | {"facts": msgspec.json.decode(row["facts"])} for row in found]


def by_webhook(settings: Settings, url: str) -> Settings:
    return msgspec.structs.replace(settings, sender="webhook", sender_url=url)
