"""The keys that sign passes, what of their work is in force, and new cards for those of an old key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import phone_codes, sql
from schedules.errors import NotFound, Refusal
from timebank.people import audit, keys, passes

AT_A_TIME = 2000
"""New cards in one transaction; whoever asks goes on until none is left."""


class MoreWouldDie(Refusal):
    """More cards or phones depend on the key than whoever removes it has seen. Facts: cards, phones."""


class KeySigns(Refusal):
    """It signs what is new: first another one takes its place. Facts: none."""


class KeyLine(msgspec.Struct, frozen=True):
    """A key that signs, or signed, passes: what of its work is in force. Phones take the next key at their next contact."""

    id: str
    added_at: datetime
    removed_at: datetime | None
    cards: int
    phones: int
    signs: bool = False
    """New passes are signed with it."""


class Reissued(msgspec.Struct, frozen=True):
    """Cards made anew by this call, and those of the key that are left."""

    done: int
    left: int


LINES = """
SELECT k.id, k.added_at, k.removed_at, k.public_key,
       (SELECT count(*) FROM pass p JOIN member m ON m.id = p.member_id
         WHERE p.key_id = k.id AND p.revoked_at IS NULL AND m.state <> 'left') AS cards,
       (SELECT count(*) FROM phone_pass h WHERE h.key_id = k.id AND h.revoked_at IS NULL AND h.last_day >= $1) AS phones
  FROM pass_key k ORDER BY k.added_at DESC, k.id
"""


async def lines(now: datetime) -> list[KeyLine]:
    """Every key there ever was, the newest first."""
    found = await sql.rows(LINES, phone_codes.day_of(now))
    ours = [row["id"] for row in found if row["removed_at"] is None and keys.public_half(row["id"]) == row["public_key"]]
    return [
        KeyLine(row["id"], row["added_at"], row["removed_at"], row["cards"], row["phones"], row["id"] == next(iter(ours), None))
        for row in found
    ]


async def line(key_id: str, now: datetime) -> KeyLine:
    """Raises NotFound."""
    found = next((one for one in await lines(now) if one.id == key_id), None)
    if found is None:
        raise NotFound(what="key")
    return found


async def add(by: UUID | None, now: datetime) -> str:
    """A new key signs from now on; passes of older keys stay good. Answers its id. `by` None: the command line."""
    made = await passes.add_key(now)
    await audit.write(by, "pass_key.added", f"pass_key:{made}", now)
    return made


async def remove(key_id: str, cards: int, phones: int, by: UUID | None, now: datetime) -> KeyLine:
    """Passes signed with it open nothing from now on; phones heal at their next contact, cards have to be made anew.

    `cards` and `phones`: how many depend on it as `by` has seen it. Safe to repeat. Raises NotFound, KeySigns, MoreWouldDie.
    """
    found = await line(key_id, now)
    if found.removed_at:
        return found
    if found.signs:
        raise KeySigns()
    if found.cards > cards or found.phones > phones:
        raise MoreWouldDie(cards=found.cards, phones=found.phones)
    await passes.remove_key(key_id, now)
    await audit.write(by, "pass_key.removed", f"pass_key:{key_id}", now, cards=found.cards, phones=found.phones)
    return await line(key_id, now)


async def reissue(key_id: str, by: UUID | None, now: datetime) -> Reissued:
    """New cards for the next members whose card this key signed; the old cards open nothing any more.

    Go on while `left` is not 0. Locks those members. Safe to repeat. Raises NotFound, KeySigns.
    """
    found = await line(key_id, now)
    if found.signs:
        raise KeySigns()
    done = await _replace_cards(key_id, AT_A_TIME, now)
    if done:
        await audit.write(by, "pass_key.cards_reissued", f"pass_key:{key_id}", now, cards=done)
    return Reissued(done, found.cards - done)


async def _replace_cards(key_id: str, limit: int, now: datetime) -> int:
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
