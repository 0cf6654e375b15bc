"""What a desk scanned offline, uploaded in one request: each item judged by itself at its own time, and nothing lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from schedules import conflicts, scans, sql, standing
from schedules.codes import Typed
from schedules.courses import Course
from schedules.errors import Refusal
from schedules.reasons import DeskRevoked, UnknownPass
from schedules.sql import Busy
from timebank.actions.action import action, past_deadlocks
from timebank.actions.door import door, typed_tries
from timebank.actions.door.door import Asking, Scan, reach, scanner_id
from timebank.actions.hours import settle
from timebank.actions.uploads import (
    opened,
    queue,
    typed_first,
    undo,
    upload_bounds,
    upload_facts,
    upload_faults,
    upload_instant,
    upload_rows,
    uploaded,
)
from timebank.actions.uploads.queue import Item, Result, Timed
from timebank.actions.uploads.upload_facts import Case
from timebank.actions.uploads.upload_rows import Judged
from timebank.outbox import bell
from timebank.people.callers import Caller, Right
from timebank.people.limits import TooManyTries

TOGETHER = 250
"""Items that share a transaction: few statements for many, and far from the time-out of one."""
LANES = 4
"""Groups of one request that go beside each other: what one computes, PostgreSQL does for the others."""
TRIES = 3

log = structlog.get_logger("upload")


async def upload(caller: Caller, sent_at: datetime, raw: Sequence[Any], now: datetime) -> list[Result]:
    """The results in the order sent. Safe to repeat by nonce, whole or in part (checkin-81): the same answers, no second row.

    Each item is judged with the instant at which it happened, by the desk's clock less its skew. What the desk let in is kept,
    with the server's own reason where that differs (checkin-78); what it refused is kept beside an accepted scan of the same
    nonce (checkin-19). Commits in groups: a request that breaks off has done some of them. An item that cannot be done now
    answers `busy` and may be sent again; one that we fall over answers `fault` and stays with the desk as well.
    """
    read = await opened.read(scanner_id(caller), raw)
    results: list[Result | None] = [one if isinstance(one, Result) else None for one in read]
    items = [queue.timed(place, one, sent_at, now) for place, one in enumerate(read) if isinstance(one, Item)]
    signed_up = await typed_first.known(scanner_id(caller), items, now)
    by_itself = [one for one in items if one.item.undoes or (isinstance(one.code, Typed) and one.place not in signed_up)]
    places = {one.place for one in by_itself}
    for place, result in await _all(caller, [one for one in items if one.place not in places], now):
        results[place] = result
    for run in _runs(by_itself):
        done = await undo.take_back(caller, run, now) if run[0].item.undoes else [await _typed(caller, run[0], now)]
        for one, result in zip(run, done, strict=True):
            results[one.place] = result
    return [result or Result(nonce="", code="malformed") for result in results]


async def _all(caller: Caller, items: Sequence[Timed], now: datetime) -> list[tuple[int, Result]]:
    """By place. Each lane goes to its end, whatever becomes of the others; then what one of them raised."""
    count = _lane_count(len(items))
    whose = await upload_facts.whose(items) if count > 1 else {}
    lanes = queue.lanes(items, count, whose)
    # Of different size, the first groups are not all with PostgreSQL at once, and then all with us.
    firsts = [TOGETHER * number // len(lanes) or 1 for number in range(1, len(lanes) + 1)]
    waves = [queue.waves(lane, TOGETHER, first, whose) for lane, first in zip(lanes, firsts, strict=True)]
    done = await asyncio.gather(*(_lane(caller, each, now) for each in waves), return_exceptions=True)
    for found in done:
        if isinstance(found, BaseException):
            raise found
    return [each for found in done if not isinstance(found, BaseException) for each in found]


def _lane_count(items: int) -> int:
    """One for each group, but no more than half of the connections that are free: nobody at a door waits for an upload."""
    return max(1, min(LANES, -(-items // TOGETHER), sql.free_connections() // 2))


async def _lane(caller: Caller, waves: Sequence[Sequence[Timed]], now: datetime) -> list[tuple[int, Result]]:
    found: list[tuple[int, Result]] = []
    for wave in waves:
        found += zip([one.place for one in wave], await _wave(caller, wave, now), strict=True)
    return found


def _runs(items: Sequence[Timed]) -> list[list[Timed]]:
    """In the order sent: undos that follow each other together, typed codes by themselves."""
    runs: list[list[Timed]] = []
    for one in items:
        if one.item.undoes and runs and runs[-1][0].item.undoes and len(runs[-1]) < TOGETHER:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


async def _typed(caller: Caller, one: Timed, now: datetime) -> Result:
    """By itself: a queue is no way to guess codes by the thousand. What is too many may be sent again later."""
    result = Result(nonce=one.item.nonce, code="busy", refusal=Busy())
    try:
        async with typed_tries.counted(Scan(_asking(caller, one), one.code, one.at), now):
            result = await _alone(caller, one, now)
            if result.code == "unknown_pass":
                raise UnknownPass()
    except (UnknownPass, TooManyTries):
        return result
    return result


async def _wave(caller: Caller, wave: Sequence[Timed], now: datetime) -> list[Result]:
    """Together where that works; where one of them fails, each half by itself, so that a bad one stops nobody."""
    if len(wave) == 1:
        return [await _alone(caller, wave[0], now)]
    try:
        together = await _together(caller, wave, now)
    except DeskRevoked:
        raise
    except Busy as busy:
        return [Result(nonce=one.item.nonce, code="busy", refusal=busy) for one in wave]
    except Exception as error:
        log.warning("a group of uploads is halved", cause=repr(error), items=len(wave))
        half = len(wave) // 2
        return await _wave(caller, wave[:half], now) + await _wave(caller, wave[half:], now)
    left = [one for one, result in zip(wave, together, strict=True) if result is None]
    later = iter(await _wave(caller, left, now) if left else [])
    return [result or next(later) for result in together]


async def _together(caller: Caller, wave: Sequence[Timed], now: datetime) -> list[Result | None]:
    """Anew after a deadlock, and once more where somebody held a lock for too long, or brought one of the scans a moment
    earlier: they pass, and a hundred go in one.
    """
    try:
        return await past_deadlocks(lambda: _kept(caller, wave, now))
    except (asyncpg.LockNotAvailableError, asyncpg.UniqueViolationError):
        return await past_deadlocks(lambda: _kept(caller, wave, now))


async def _alone(caller: Caller, one: Timed, now: datetime) -> Result:
    for tries_left in reversed(range(TRIES)):
        try:
            (result,) = await past_deadlocks(lambda: _kept(caller, [one], now))
        except DeskRevoked:
            raise
        except Refusal as refusal:
            return Result(nonce=one.item.nonce, code="refused", refusal=refusal)
        except Exception as error:
            # The same item in another request of this desk, or a scan of the person elsewhere: that one was quicker.
            if tries_left and isinstance(error, asyncpg.UniqueViolationError):
                continue
            return upload_faults.result(one.item.nonce, error)
        else:
            return result or Result(nonce=one.item.nonce, code="busy", refusal=Busy())
    raise AssertionError(TRIES)


async def _kept(caller: Caller, wave: Sequence[Timed], now: datetime) -> list[Result | None]:
    results, intent_ids = await _keep(caller, wave, now)
    for intent_id in intent_ids:
        bell.ring(intent_id)
    return results


@action
async def _keep(caller: Caller, wave: Sequence[Timed], now: datetime) -> tuple[list[Result | None], list[UUID]]:
    """A group; several scans of one person are judged one after the other, each with what the earlier ones have left.

    None for somebody whose answers an earlier one has brought: which questions are open is read anew. Never for the first.
    """
    cases = await _cases(caller, wave, now)
    judged: list[Judged | None] = []
    answered: set[UUID] = set()
    for case in cases:
        person_id = case.known.member.id if case.known.member else None
        found = None if person_id in answered else await uploaded.judge(case)
        judged.append(found)
        answered |= {person_id} if person_id and found and found.has_answered else set()
    judged = await upload_bounds.bounded(scanner_id(caller), judged, now)
    news = [each for each in judged if each and each.row]
    moved = [(each.event, case.course) for each, case in zip(judged, cases, strict=True) if each]
    known = {event.person_id: course.history for event, course in moved if event and course}
    since = min(one.at for one in wave)
    rows = [each.row for each in news if each.row]
    ids, changes = await scans.log_beside(rows, lambda: settle.compared(known, since, now))
    settled = await settle.settle(known, changes, ids, scanner_id(caller), settle.LATE_SCANS, now)
    await conflicts.note([note for each in news for note in upload_rows.notes(each, ids)], now)
    return [each.result if each else None for each in judged], settled.intent_ids


async def _cases(caller: Caller, wave: Sequence[Timed], now: datetime) -> list[Case]:
    """Everything that decides about each of a group, read under locks. What one statement has told is taken apart while
    PostgreSQL is busy with the next.
    """
    operators = await upload_facts.operators(caller, wave)
    scanned = [Scan(_asking(caller, one, operators.get(one.place)), one.code, one.at) for one in wave]
    nonces = [one.item.nonce for one in wave]
    await upload_facts.lock_desk(caller, is_shared=not any(one.item.is_refusal for one in wave))
    people = await upload_facts.holders(scanned)
    taken = await standing.take(people, min(one.at for one in wave), now)
    looking = door.looking(scanned, is_locked=True)
    looked, histories = await sql.beside(lambda: standing.histories(people, taken), *looking)
    before, known = await sql.beside(lambda: door.known(looked), upload_facts.BEFORE, scanner_id(caller), nonces)
    then = await upload_instant.then(wave, scanned, known)
    asked = [door.asked(*pair) for pair in zip(scanned, known, strict=True)]
    past = upload_facts.past_of(before)
    courses = {person_id: Course(history) for person_id, history in histories.items()}
    return [
        Case(one, scan, facts, asks, courses[facts.member.id] if facts.member else None, past, then, now)
        for one, scan, facts, asks in zip(wave, scanned, known, asked, strict=True)
    ]


def _asking(caller: Caller, one: Timed, operator_id: UUID | None = None) -> Asking:
    """As a desk asks, with whom it names for its operator.

    Questions were asked at the door or not: nobody is refused for them now (checkin-33).
    """
    item = one.item
    return Asking(
        scanner_id=scanner_id(caller),
        operator_id=operator_id or caller.member_id,
        also=tuple(one for one in (item.operator, caller.member_id) if one),
        source="upload",
        direction=item.direction,
        raw_code=item.code,
        nonce=item.nonce,
        happened_at=one.happened_at,
        activity_ids=item.activities,
        session_id=item.session,
        nodes=reach(caller),
        override_nodes=tuple(caller.nodes(Right.CHECK_IN_BY_NAME)),
        override_reason="" if item.is_refusal else item.override_reason.strip(),
        shows_questions=False,
        answers=dict(item.answers),
    )
