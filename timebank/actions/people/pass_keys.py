"""Rotating the keys that sign passes: a new one, new cards for those of the old one, and the old one is removed.

They concern the cards of every community, so they are for who looks after the whole.
"""

from __future__ import annotations

from datetime import datetime

from timebank.actions.action import action
from timebank.communities import tree
from timebank.people import pass_keys
from timebank.people.callers import Caller, Right
from timebank.people.pass_keys import KeyLine, Reissued


async def see_keys(caller: Caller, now: datetime) -> list[KeyLine]:
    """Every key, the newest first. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.GRANT_ROLES, await tree.roots())
    return await pass_keys.lines(now)


async def see_key(caller: Caller, key_id: str, now: datetime) -> KeyLine:
    """What dies with this key. Raises SignInNeeded, NotAllowed, NotFound."""
    caller.require(Right.GRANT_ROLES, await tree.roots())
    return await pass_keys.line(key_id, now)


@action
async def add_key(caller: Caller, now: datetime) -> str:
    """A new key signs from now on; passes of older keys stay good. Answers its id. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.GRANT_ROLES, await tree.roots())
    return await pass_keys.add(caller.id, now)


@action
async def remove_key(caller: Caller, key_id: str, cards: int, phones: int, now: datetime) -> KeyLine:
    """Passes signed with it open nothing from now on. `cards` and `phones`: how many depend on it as the caller has seen it.

    Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, KeySigns while it signs new passes, MoreWouldDie.
    """
    caller.require(Right.GRANT_ROLES, await tree.roots())
    return await pass_keys.remove(key_id, cards, phones, caller.id, now)


@action
async def reissue_cards(caller: Caller, key_id: str, now: datetime) -> Reissued:
    """New cards for the next 2,000 members whose card this key signed; the old cards open nothing any more.

    Go on while `left` is not 0. Locks those members. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, KeySigns.
    """
    caller.require(Right.GRANT_ROLES, await tree.roots())
    return await pass_keys.reissue(key_id, caller.id, now)
