"""What becomes of messages that are due: claimed, sent once at best and twice at worst, and given up after many attempts.

A message is claimed before it is sent and marked afterwards. Whoever dies in between leaves it claimed until its rest is over;
then it is sent once more, under the same id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)
MOST_ATTEMPTS = 12
"""About seven hours with the rests between them."""


class Claimed(msgspec.Struct, frozen=True):
    """A message that is ours until its rest is over, with how its reader wants it. `attempts` counts this one."""

    id: UUID
    person_id: UUID
    kind: str
    facts: dict[str, Any]
    path: str
    attempts: int
    phone: str | None
    language: Literal["zh", "en"]
    clock_hours: int
    wants_it: bool
    """False: a reminder to somebody who switched reminders off, or a member who has left."""
    is_sent: bool
    """False: it stays in the member's messages on the page and is printed on request."""


CLAIM = """
WITH due AS (
    SELECT id FROM message
     WHERE state = 'pending' AND next_at <= $1 AND attempts < $2 AND (useful_until IS NULL OR useful_until > $1)
     ORDER BY next_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE message m
   SET attempts = m.attempts + 1, next_at = $1::timestamptz + least($3::interval * power(2, m.attempts), $4::interval)
  FROM due, member p
 WHERE m.id = due.id AND p.id = m.person_id
RETURNING m.id, m.person_id, m.kind, m.facts, m.path, m.attempts, p.phone, p.language, p.clock_hours,
          (p.state <> 'left' OR m.kind = 'member_left') AND (p.reminders OR NOT m.is_reminder) AS wants_it,
          p.told_by = 'phone' AND p.phone IS NOT NULL AS is_sent
"""


async def claim(now: datetime) -> Claimed | None:
    """The message that is due longest and that nobody else has, or None. One statement; two processes never get the same."""
    found = await sql.row(CLAIM, now, MOST_ATTEMPTS, FIRST_REST, LONGEST_REST)
    return Claimed(**dict(found) | {"facts": msgspec.json.decode(found["facts"])}) if found else None


async def end(message: Claimed, state: Literal["sent", "kept", "withdrawn"], now: datetime) -> bool:
    """What became of a claimed message; whether it still was ours. Safe to repeat."""
    # Who was so slow that somebody else has claimed it since must not end the other's attempt.
    return bool(
        await sql.rows(
            "UPDATE message SET state = $3, done_at = CASE WHEN $3 = 'withdrawn' THEN NULL ELSE $4::timestamptz END, "
            "last_error = NULL WHERE id = $1 AND attempts = $2 AND state = 'pending' RETURNING 1",
            message.id,
            message.attempts,
            state,
            now,
        )
    )


async def fail(message: Claimed, error: BaseException) -> None:
    """Notes why it was not sent; it rests, or is given up after `MOST_ATTEMPTS`."""
    await sql.rows(
        "UPDATE message SET last_error = $3, state = CASE WHEN attempts >= $4 THEN 'failed' ELSE state END "
        "WHERE id = $1 AND attempts = $2 AND state = 'pending'",
        message.id,
        message.attempts,
        f"{type(error).__name__}: {error}"[:2000],
        MOST_ATTEMPTS,
    )


async def put_away(now: datetime) -> int:
    """What would only confuse by now, and what took its process along at every attempt; how many. Safe to repeat."""
    found = await sql.rows(
        "UPDATE message SET state = CASE WHEN useful_until <= $1 THEN 'too_late' ELSE 'failed' END, "
        "last_error = coalesce(last_error, CASE WHEN attempts >= $2 THEN 'ended its process each time' END) "
        "WHERE state = 'pending' AND (useful_until <= $1 OR (attempts >= $2 AND next_at <= $1)) RETURNING 1",
        now,
        MOST_ATTEMPTS,
    )
    return len(found)


async def try_again(message_id: UUID, now: datetime) -> bool:
    """A message that was given up is due at once; whether there was one. Safe to repeat."""
    return bool(
        await sql.rows(
            "UPDATE message SET state = 'pending', attempts = 0, next_at = $2 WHERE id = $1 AND state = 'failed' RETURNING 1",
            message_id,
            now,
        )
    )
