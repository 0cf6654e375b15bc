"""What is told of a reworded activity: one letter for what changes within some minutes, from the first words to the last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from schedules.wordings import FIELDS, Reworded
from timebank.outbox import messages
from timebank.outbox.messages import Message

KIND = "activity_reworded"
WAIT = timedelta(minutes=10)
"""From the first change on; whoever rewords seldom saves once."""


class Waiting(msgspec.Struct, frozen=True):
    """A letter that is not due yet."""

    key: str
    facts: dict[str, Any]


async def tell(activity_id: UUID, done: Reworded, person_ids: Sequence[UUID], now: datetime) -> int:
    """How many have, or will have, a letter that says what changed for them. The activity is locked by who calls.

    A letter that waits takes in what changed since; where everything reads as at first again, it is taken back.
    """
    waiting, languages = await _waiting(activity_id, person_ids, now), await _languages(person_ids)
    fresh: list[Message] = []
    rewritten: dict[str, dict[str, Any]] = {}
    needless: list[str] = []
    for person_id in person_ids:
        old = waiting.get(person_id)
        facts = _facts(done, old.facts if old else {})
        matters = facts["fields_en" if languages[person_id] == "en" else "fields"]
        if matters and old:
            rewritten[old.key] = facts
        elif matters:
            fresh.append(_letter(activity_id, facts, person_id, now))
        elif old:
            needless.append(old.key)
    await messages.retell(rewritten)
    await messages.withdraw(needless)
    await messages.promise(fresh, now)
    return len(fresh) + len(rewritten)


async def _waiting(activity_id: UUID, person_ids: Sequence[UUID], now: datetime) -> dict[UUID, Waiting]:
    found = await sql.rows(
        "SELECT person_id, key, facts FROM message "
        "WHERE kind = $1 AND path = $2 AND state = 'pending' AND due_at > $3 AND person_id = ANY ($4::uuid[])",
        KIND,
        _path(activity_id),
        now,
        list(person_ids),
    )
    return {row["person_id"]: Waiting(row["key"], msgspec.json.decode(row["facts"])) for row in found}


async def _languages(person_ids: Sequence[UUID]) -> dict[UUID, str]:
    found = await sql.rows("SELECT id, language FROM member WHERE id = ANY ($1::uuid[])", list(person_ids))
    return {row["id"]: row["language"] for row in found}


def _facts(done: Reworded, first: dict[str, Any]) -> dict[str, Any]:
    """What the letter needs; `first` are the facts of the letter that waits, with the words of before."""
    names = {"title": done.after.title, "title_en": done.after.title_en or done.after.title}
    was = {
        "was": first.get("was", done.before.title),
        "was_en": first.get("was_en", done.before.title_en or done.before.title),
    }
    fields = {*first.get("fields", ()), *done.matters} - ({"title"} if was["was"] == names["title"] else set())
    fields_en = {*first.get("fields_en", ()), *done.matters_en} - ({"title"} if was["was_en"] == names["title_en"] else set())
    return {
        "title": done.after.title,
        "title_en": done.after.title_en,
        **was,
        "fields": [name for name in FIELDS if name in fields],
        "fields_en": [name for name in FIELDS if name in fields_en],
    }


def _letter(activity_id: UUID, facts: dict[str, Any], person_id: UUID, now: datetime) -> Message:
    return Message(
        key=f"activity:{activity_id}:reworded:{now.isoformat()}:{person_id}",
        person_id=person_id,
        kind=KIND,
        facts=facts,
        path=_path(activity_id),
        due_at=now + WAIT,
    )


def _path(activity_id: UUID) -> str:
    return f"/activities/{activity_id}"
