"""Messages to members, written in the transaction of the fact they tell of and delivered later, each once.

What a message says stands in `web/letters/`, by its kind: it is put into words when it is read or sent, in the reader's
language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one member.

    `key` names the fact and the person (`offer:<id>:made`): a second message with it is not written. `kind` is that of its
    letter, `facts` what the letter's sentences need (text, numbers, instants, ids), `path` the page it leads to.
    """

    key: str
    person_id: UUID
    kind: str
    facts: dict[str, Any] = {}
    path: str = ""
    is_reminder: bool = False
    """May be switched off by the member; what changes somebody's plans may not."""
    due_at: datetime | None = None
    """Not before; none: at once."""
    useful_until: datetime | None = None
    """Not sent from here on: a reminder after the start helps nobody."""


async def promise(messages: Sequence[Message], now: datetime) -> int:
    """Writes messages with the facts they tell of; how many are new. One statement; safe to repeat.

    One whose `useful_until` is not after its `due_at` is not written. Belongs into the transaction of the fact.
    """
    rows = [
        (one, one.due_at or now)
        for one in messages
        if one.useful_until is None or one.useful_until > max(one.due_at or now, now)
    ]
    if not rows:
        return 0
    # Two writers of one fact: the key lets one of them through.
    made = await sql.rows(
        "INSERT INTO message (key, person_id, kind, facts, path, is_reminder, written_at, due_at, useful_until, next_at) "
        "SELECT key, person_id, kind, facts::jsonb, path, is_reminder, $1, due_at, useful_until, due_at "
        "FROM unnest($2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bool[], $8::timestamptz[], "
        "$9::timestamptz[]) AS m (key, person_id, kind, facts, path, is_reminder, due_at, useful_until) "
        "ON CONFLICT (key) DO NOTHING RETURNING 1",
        now,
        [one.key for one, _ in rows],
        [one.person_id for one, _ in rows],
        [one.kind for one, _ in rows],
        [msgspec.json.encode(one.facts).decode() for one, _ in rows],
        [one.path for one, _ in rows],
        [one.is_reminder for one, _ in rows],
        [due for _, due in rows],
        [one.useful_until for one, _ in rows],
    )
    return len(made)


async def withdraw(keys: Sequence[str]) -> int:
    """Takes back messages that were not delivered yet; how many. Safe to repeat."""
    found = await sql.rows(
        "UPDATE message SET state = 'withdrawn' WHERE key = ANY ($1) AND state = 'pending' RETURNING 1", list(keys)
    )
    return len(found)


async def retell(facts: Mapping[str, dict[str, Any]]) -> int:
    """Other facts, by key, for messages that were not delivered yet; how many. One statement; safe to repeat."""
    if not facts:
        return 0
    found = await sql.rows(
        "UPDATE message m SET facts = n.facts::jsonb FROM unnest($1::text[], $2::text[]) AS n (key, facts) "
        "WHERE m.key = n.key AND m.state = 'pending' RETURNING 1",
        list(facts),
        [msgspec.json.encode(each).decode() for each in facts.values()],
    )
    return len(found)


async def move(key: str, due_at: datetime, useful_until: datetime | None, **instants: datetime) -> bool:
    """Moves a message that was not delivered yet; whether there was one. Safe to repeat.

    `instants` take the place of its facts of these names.
    """
    return bool(
        await sql.rows(
            "UPDATE message SET due_at = $2, next_at = $2, useful_until = $3, facts = facts || $4::jsonb "
            "WHERE key = $1 AND state = 'pending' RETURNING 1",
            key,
            due_at,
            useful_until,
            msgspec.json.encode({name: at.isoformat() for name, at in instants.items()}).decode(),
        )
    )
