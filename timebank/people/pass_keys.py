"""The keys that sign passes, what of their work is in force, and new cards for those of an old key."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schedules import phone_codes, sql
from schedules.errors import NotFound
from timebank.people import keys, passes


class KeyLine(msgspec.Struct, frozen=True):
    """A key that signs, or signed, passes: what of its work is in force. Phones take the next key at their next contact."""

    id: str
    added_at: datetime
    removed_at: datetime | None
    cards: int
    phones: int
    signs: bool = False
    """New passes are signed with it."""


LINES = """
SELECT k.id, k.added_at, k.removed_at, k.public_key,
       (SELECT count(*) FROM pass p JOIN member m ON m.id = p.member_id
         WHERE p.key_id = k.id AND p.revoked_at IS NULL AND m.state <> 'left') AS cards,
       (SELECT count(*) FROM phone_pass h WHERE h.key_id = k.id AND h.revoked_at IS NULL AND h.last_day >= $1) AS phones
  FROM pass_key k ORDER BY k.added_at DESC, k.id
"""


async def key_lines(now: datetime) -> list[KeyLine]:
    """Every key there ever was, the newest first."""
    found = await sql.rows(LINES, phone_codes.day_of(now))
    ours = [row["id"] for row in found if row["removed_at"] is None and keys.public_half(row["id"]) == row["public_key"]]
    return [
        KeyLine(row["id"], row["added_at"], row["removed_at"], row["cards"], row["phones"], row["id"] == next(iter(ours), None))
        for row in found
    ]


async def key_line(key_id: str, now: datetime) -> KeyLine:
    """Raises NotFound."""
    line = next((line for line in await key_lines(now) if line.id == key_id), None)
    if line is None:
        raise NotFound(what="key")
    return line


async def reissue_of_key(key_id: str, limit: int, now: datetime) -> int:
    """New cards for the next members whose card this key signed; how many there were. The old ones answer `revoked`.

    Locks those members. Safe to repeat: who has a new one is not found again.
    """
    # Somebody whose pass is replaced at this moment is waited for, and then has no card of this key.
    found = await sql.rows(
        "SELECT m.id FROM member m WHERE m.id IN (SELECT member_id FROM pass WHERE key_id = $1 AND revoked_at IS NULL) "
        "AND m.state <> 'left' ORDER BY m.number LIMIT $2 FOR NO KEY UPDATE",
        key_id,
        limit,
    )
    done = await sql.rows(
        "UPDATE pass SET revoked_at = $3 WHERE member_id = ANY ($1) AND key_id = $2 AND revoked_at IS NULL RETURNING member_id",
        [row["id"] for row in found],
        key_id,
        now,
    )
    await passes.issue_many([row["member_id"] for row in done], now)
    return len(done)
