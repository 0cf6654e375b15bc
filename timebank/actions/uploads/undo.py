"""A scan is undone: by its own desk within a quarter of an hour, or by who runs the activity, with a reason. It is a row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from schedules import conflicts, sessions, sql, undos
from schedules.conflicts import Noted
from schedules.errors import NotFound, Refusal
from schedules.no_shows import SayWhy
from schedules.presence import UNDO
from schedules.reasons import DeskRevoked
from schedules.scans import Direction
from schedules.sql import Busy
from schedules.undos import Made, NoSuchScan, Undo, UndoTooLate
from timebank.actions.action import action, past_deadlocks
from timebank.actions.door.door import scanner_id
from timebank.actions.hours import settle
from timebank.actions.signups import walk_in_places
from timebank.actions.uploads import upload_facts, upload_faults
from timebank.actions.uploads.queue import Result, Timed
from timebank.communities import tree
from timebank.hours.entries import OwnHours
from timebank.outbox import bell
from timebank.people import audit
from timebank.people.callers import Caller, Right

T = TypeVar("T")

TRIES = 3
LATE = timedelta(hours=1)
"""A desk that tells of an undo so long after its scan had been told: the organiser is shown it, for hours have been counted."""


class Undone(msgspec.Struct, frozen=True):
    """What counts no more: whose scan, where, when and which way."""

    nonce: str
    person_id: UUID | None
    session_id: UUID | None
    direction: Direction | None
    at: datetime | None


async def undo(caller: Caller, nonce: str, undo_nonce: str, now: datetime) -> Undone:
    """The accepted scan of this desk with that nonce counts no more; hours and points follow (checkin-61, checkin-63).

    Safe to repeat. Raises NoSuchScan, OwnScan, UndoTooLate after fifteen minutes, UndoConflict. Locks the person's sign-ups.
    """
    made = await undos.made(scanner_id(caller), nonce)
    if made is None:
        raise NoSuchScan()
    if not await undos.is_kept(scanner_id(caller), nonce, undo_nonce):
        undos.check(made, caller.member_id, now)
    return await _undone(caller, nonce, undo_nonce, now, now, now)


async def take_back(caller: Caller, one: Timed, now: datetime) -> Result:
    """An undo made offline, at its own time; it may come before the scan, which then never counts. Safe to repeat.

    Sent again once the scan is there, it answers whether it counts. Raises DeskRevoked: the queue is refused as a whole.
    """
    item = one.item
    try:
        made = await undos.made(scanner_id(caller), item.undoes)
        if made and not await undos.is_kept(scanner_id(caller), item.undoes, item.nonce):
            for operator_id in (caller.member_id, item.operator):
                undos.check(made, operator_id, one.at)
        await _undone(caller, item.undoes, item.nonce, one.happened_at, one.at, now)
    except DeskRevoked:
        raise
    except Refusal as refusal:
        return Result(nonce=item.nonce, code="refused", refusal=refusal)
    except Exception as error:
        return upload_faults.result(item.nonce, error)
    return Result(nonce=item.nonce, code="annulled")


async def _undone(caller: Caller, nonce: str, undo_nonce: str, happened_at: datetime, at: datetime, now: datetime) -> Undone:
    kept = Undo(
        nonce=undo_nonce,
        scanner_id=scanner_id(caller),
        scan_nonce=nonce,
        operator_id=caller.member_id,
        by_id=None,
        reason="",
        happened_at=happened_at,
        received_at=now,
        counts_at=at,
    )
    undone, intent_ids = await _settled(lambda: _keep(caller, kept, now))
    for intent_id in intent_ids:
        bell.ring(intent_id)
    return undone


async def _settled(attempt: Callable[[], Awaitable[T]]) -> T:
    """The attempt, a whole transaction; anew where a scan of the person elsewhere was quicker, or two waited for each other."""
    for tries_left in reversed(range(TRIES)):
        try:
            return await past_deadlocks(attempt)
        except asyncpg.UniqueViolationError:
            if not tries_left:
                raise Busy() from None
    raise AssertionError(TRIES)


@action
async def _keep(caller: Caller, kept: Undo, now: datetime) -> tuple[Undone, list[UUID]]:
    """An upload of the same desk that has this scan is judged before or after it, never beside."""
    await upload_facts.lock_desk(caller)
    made = await undos.made(kept.scanner_id, kept.scan_nonce)
    # What is undone already is not undone a second time; an undo that came too early to be judged is in no later one's way.
    is_news = (made is None or await undos.counts(made)) and await undos.keep(kept)
    if made is None:
        return Undone(kept.scan_nonce, None, None, None, None), []
    if await undos.counts(made):
        # Kept before its scan was there, and it does not count: by who the scan is about, or after the quarter of an hour.
        undos.check(made, kept.operator_id, kept.counts_at)
        raise UndoTooLate(until=made.at + UNDO)
    await walk_in_places.lock([made.person_id], [made.session_id])
    settled = await settle.settle_all([made.person_id], made.since, kept.scanner_id, settle.UNDONE, now)
    actor = kept.operator_id or kept.scanner_id
    await walk_in_places.give_back([made.person_id], [made.session_id], actor, kept.operator_id, "", now)
    if is_news:
        await _note_late(made, now)
    return Undone(made.nonce, made.person_id, made.session_id, made.direction, made.at), settled.intent_ids


async def _note_late(made: Made, now: datetime) -> None:
    """Noted once. An undo that came with its scan, or soon after, is a slip put right and nobody's concern."""
    told_at = await sql.value("SELECT received_at FROM scan WHERE id = $1", made.id)
    if now <= told_at + LATE:
        return
    late = Noted(
        key=f"late_undo:{made.id}",
        kind="late_undo",
        activity_id=(await sessions.one(made.session_id)).activity_id,
        session_id=made.session_id,
        person_id=made.person_id,
        scan_id=made.id,
    )
    await conflicts.note([late], now)


async def annul(caller: Caller, scan_id: int, reason: str, now: datetime) -> Undone:
    """Who runs the activity takes a scan back, whenever it was, with a reason that stands in the record. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, OwnHours for the caller's own, Malformed without a reason.
    """
    caller.require(Right.RUN_ACTIVITIES)
    if not reason.strip():
        raise SayWhy(field="reason")
    made = await undos.made_by_id(scan_id)
    if made is None:
        raise NotFound(what="scan")
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors((await sessions.one(made.session_id)).community_id))
    if made.person_id == caller.member():
        raise OwnHours()
    undone, intent_ids = await _settled(lambda: _annul(caller, made, reason.strip(), now))
    for intent_id in intent_ids:
        bell.ring(intent_id)
    return undone


@action
async def _annul(caller: Caller, made: Made, reason: str, now: datetime) -> tuple[Undone, list[UUID]]:
    kept = Undo(
        nonce=f"annul:{made.id}",
        scanner_id=made.scanner_id,
        scan_nonce=made.nonce,
        operator_id=None,
        by_id=caller.member(),
        reason=reason,
        happened_at=now,
        received_at=now,
        counts_at=now,
    )
    if await undos.keep(kept):
        await audit.write(caller.id, "scan.annulled", f"scan:{made.id}", now, on_behalf_of=made.person_id, reason=reason)
    await walk_in_places.lock([made.person_id], [made.session_id])
    settled = await settle.settle_all([made.person_id], made.since, caller.member(), reason, now)
    await walk_in_places.give_back([made.person_id], [made.session_id], caller.member(), caller.member(), reason, now)
    return Undone(made.nonce, made.person_id, made.session_id, made.direction, made.at), settled.intent_ids
