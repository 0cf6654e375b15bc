"""A scan is undone: by its own desk within a quarter of an hour, or by who runs the activity, with a reason. It is a row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec
import structlog

from schedules import attendance, conflicts, sessions, sql, undos, walk_ins
from schedules.attendance import Stay
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
from timebank.actions.uploads.upload_bounds import UndoRoom, UndosWait, undo_room
from timebank.communities import tree
from timebank.hours.entries import OwnHours
from timebank.outbox import bell
from timebank.people import audit, households
from timebank.people.callers import Caller, Right

T = TypeVar("T")

TRIES = 3
LATE = timedelta(hours=1)
"""A desk that tells of an undo so long after its scan had been told: the organiser is shown it, for hours have been counted."""

log = structlog.get_logger("upload")


class Undone(msgspec.Struct, frozen=True):
    """What counts no more: whose scan, where, when and which way."""

    nonce: str
    person_id: UUID | None
    session_id: UUID | None
    direction: Direction | None
    at: datetime | None


class Standing(Undone, frozen=True):
    """With where the person stands at that session now: the last stay that counts there. `time_zone` is the session's.

    `is_place_given_back`: they had walked in, and the place went with the scan.
    """

    stay: Stay | None
    time_zone: str
    is_place_given_back: bool

    @property
    def is_unchanged(self) -> bool:
        """Another scan the same way stands: the person is as much in, or out, as before."""
        return self.stay is not None and (self.direction == "in") == (self.stay.out_at is None)


async def undo(caller: Caller, nonce: str, undo_nonce: str, now: datetime) -> Standing:
    """The accepted scan of this desk with that nonce counts no more; hours and points follow (checkin-61, checkin-63).

    Safe to repeat. Raises NoSuchScan, OwnScan, UndoTooLate after fifteen minutes, UndoConflict. Locks the person's sign-ups.
    """
    if await undos.made(scanner_id(caller), nonce) is None:
        raise NoSuchScan()
    asked = Undo(
        nonce=undo_nonce,
        scanner_id=scanner_id(caller),
        scan_nonce=nonce,
        operator_id=caller.member_id,
        by_id=None,
        reason="",
        happened_at=now,
        received_at=now,
        counts_at=now,
    )
    (found,) = await _undone(caller, [asked], now)
    if isinstance(found, Refusal):
        raise found
    return await _standing(found)


@action
async def _standing(found: Undone) -> Standing:
    if found.person_id is None or found.session_id is None:
        raise NoSuchScan()
    stay = (await attendance.stays(found.person_id, [found.session_id])).get(found.session_id)
    session = await sessions.one(found.session_id)
    return Standing(
        **msgspec.structs.asdict(found),
        stay=stay,
        time_zone=session.time_zone,
        is_place_given_back=stay is None and await walk_ins.is_given_back(found.person_id, found.session_id),
    )


async def take_back(caller: Caller, wave: Sequence[Timed], now: datetime) -> list[Result]:
    """Undos made offline, each at its own time; one may come before its scan, which then never counts. Safe to repeat.

    Sent again once the scan is there, it answers whether it counts. In one transaction where that works, else each alone.
    Raises DeskRevoked: the queue is refused as a whole.
    """
    try:
        operators = await upload_facts.operators(caller, wave)
        asked = [_asked(caller, one, operators.get(one.place), now) for one in wave]
        found = await _undone(caller, asked, now)
    except DeskRevoked:
        raise
    except Exception as error:
        if len(wave) > 1:
            log.warning("a group of undos is done one by one", cause=repr(error), items=len(wave))
            return [result for one in wave for result in await take_back(caller, [one], now)]
        return [upload_faults.result(one.item.nonce, error) for one in wave]
    return [_result(one, each) for one, each in zip(wave, found, strict=True)]


def _result(one: Timed, found: Undone | Refusal) -> Result:
    if isinstance(found, UndosWait):
        return Result(nonce=one.item.nonce, code="busy", refusal=found)
    if isinstance(found, Refusal):
        return Result(nonce=one.item.nonce, code="refused", refusal=found)
    return Result(nonce=one.item.nonce, code="annulled")


def _asked(caller: Caller, one: Timed, operator_id: UUID | None, now: datetime) -> Undo:
    """In the name of whom the desk names, as its scans are; nobody who had a hand in it undoes what is about themselves."""
    item = one.item
    return Undo(
        nonce=item.nonce,
        scanner_id=scanner_id(caller),
        scan_nonce=item.undoes,
        operator_id=operator_id or caller.member_id,
        by_id=None,
        reason="",
        happened_at=one.happened_at,
        received_at=now,
        counts_at=one.at,
        also=tuple({hand for hand in (item.operator, caller.member_id) if hand}),
    )


async def _undone(caller: Caller, asked: Sequence[Undo], now: datetime) -> list[Undone | Refusal]:
    found, intent_ids = await _settled(lambda: _keep(caller, asked, now))
    for intent_id in intent_ids:
        bell.ring(intent_id)
    return found


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
async def _keep(caller: Caller, asked: Sequence[Undo], now: datetime) -> tuple[list[Undone | Refusal], list[UUID]]:
    """Each is judged after the one before it; then everybody whom they are about is settled, once.

    An upload of the same desk that has such a scan is judged before or after them, never beside.
    """
    await upload_facts.lock_desk(caller)
    room = await undo_room(scanner_id(caller), [one.scan_nonce for one in asked], now)
    found: list[Undone | Refusal] = []
    news: list[Made] = []
    settles: list[Made] = []
    for one in asked:
        try:
            made, is_news = await _judged(one, room)
        except Refusal as refusal:
            found.append(refusal)
            continue
        found.append(_told(made) if made else Undone(one.scan_nonce, None, None, None, None))
        settles += [made] if made else []
        news += [made] if made and is_news else []
    intent_ids = await _settle(settles, asked[0].scanner_id, caller.member_id, now) if settles else []
    for made in news:
        await _note_late(made, now)
    return found, intent_ids


async def _judged(one: Undo, room: UndoRoom) -> tuple[Made | None, bool]:
    """The scan that counts no more, None where it has not come yet; and whether this undo is why. Writes nothing it refuses."""
    made = await undos.made(one.scanner_id, one.scan_nonce)
    if not await undos.is_kept(one):
        if made is None:
            room.take(one.scan_nonce)
        else:
            undos.check(made, one)
    # What is undone already is not undone a second time; an undo that came too early to be judged is in no later one's way.
    is_news = (made is None or await undos.counts(made)) and await undos.keep(one)
    if made and await undos.counts(made):
        # Kept before its scan was there, and it does not count: by who the scan is about, or after the quarter of an hour.
        undos.check(made, one)
        raise UndoTooLate(until=made.at + UNDO)
    return made, is_news


async def _settle(gone: Sequence[Made], actor: UUID, by_id: UUID | None, now: datetime) -> list[UUID]:
    """What becomes of attendance, hours, points and walk-ins' places; the promises to ring for after the commit."""
    people, places = list({made.person_id for made in gone}), list({made.session_id for made in gone})
    await walk_in_places.lock(people, places)
    settled = await settle.settle_all(people, min(made.since for made in gone), actor, settle.UNDONE, now)
    await walk_in_places.give_back(people, places, by_id or actor, by_id, "", now)
    return settled.intent_ids


def _told(made: Made) -> Undone:
    return Undone(made.nonce, made.person_id, made.session_id, made.direction, made.at)


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

    Raises SignInNeeded, NotAllowed, NotFound, OwnHours for those of the caller's household, Malformed without a reason.
    """
    caller.require(Right.RUN_ACTIVITIES)
    if not reason.strip():
        raise SayWhy(field="reason")
    made = await undos.made_by_id(scan_id)
    if made is None:
        raise NotFound(what="scan")
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors((await sessions.one(made.session_id)).community_id))
    if await households.share(caller.member(), [made.person_id]):
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
    return _told(made), settled.intent_ids
