"""Rotating the keys that sign passes: a new one, new cards for those of the old one, and the old one is removed."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schedules import sql
from schedules.errors import Refusal
from timebank.actions.action import action
from timebank.people import audit, pass_keys, passes
from timebank.people.callers import Caller, Right
from timebank.people.pass_keys import KeyLine

AT_A_TIME = 2000
"""New cards in one transaction; whoever asks goes on until none is left."""


class MoreWouldDie(Refusal):
    """More cards or phones depend on the key than whoever removes it has seen. Facts: cards, phones."""


class KeySigns(Refusal):
    """New cards would be signed with the same key again. Facts: none."""


class Reissued(msgspec.Struct, frozen=True):
    """Cards made anew by this call, and those of the key that are left."""

    done: int
    left: int


async def see_keys(caller: Caller, now: datetime) -> list[KeyLine]:
    """Every key, the newest first. For coordinators of the whole. Raises SignInNeeded, NotAllowed."""
    await _require(caller)
    return await pass_keys.key_lines(now)


async def see_key(caller: Caller, key_id: str, now: datetime) -> KeyLine:
    """What dies with this key. Raises SignInNeeded, NotAllowed, NotFound."""
    await _require(caller)
    return await pass_keys.key_line(key_id, now)


@action
async def add_key(caller: Caller, now: datetime) -> str:
    """A new key signs from now on; passes of older keys stay good. Answers its id. Raises SignInNeeded, NotAllowed."""
    await _require(caller)
    made = await passes.add_key(now)
    await audit.write(caller.id, "pass_key.added", f"pass_key:{made}", now)
    return made


@action
async def remove_key(caller: Caller, key_id: str, cards: int, phones: int, now: datetime) -> KeyLine:
    """Passes signed with it open nothing from now on; phones heal at their next contact, cards have to be made anew.

    `cards` and `phones`: how many depend on it as the caller has seen it. Safe to repeat.
    Raises SignInNeeded, NotAllowed, NotFound, MoreWouldDie.
    """
    await _require(caller)
    line = await pass_keys.key_line(key_id, now)
    if line.removed_at:
        return line
    if line.cards > cards or line.phones > phones:
        raise MoreWouldDie(cards=line.cards, phones=line.phones)
    await passes.remove_key(key_id, now)
    await audit.write(caller.id, "pass_key.removed", f"pass_key:{key_id}", now, cards=line.cards, phones=line.phones)
    return await pass_keys.key_line(key_id, now)


@action
async def reissue_cards(caller: Caller, key_id: str, now: datetime) -> Reissued:
    """New cards for the next 2,000 members whose card this key signed; the old cards open nothing any more.

    Go on while `left` is not 0. Locks those members. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, KeySigns.
    """
    await _require(caller)
    line = await pass_keys.key_line(key_id, now)
    if line.signs:
        raise KeySigns()
    done = await pass_keys.reissue_of_key(key_id, AT_A_TIME, now)
    if done:
        await audit.write(caller.id, "pass_key.cards_reissued", f"pass_key:{key_id}", now, cards=done)
    return Reissued(done, line.cards - done)


async def _require(caller: Caller) -> None:
    """Keys concern the cards of every community, so they are for who looks after the whole."""
    roots = await sql.rows("SELECT id FROM community WHERE parent_id IS NULL")
    caller.require(Right.GRANT_ROLES, [row["id"] for row in roots])
