"""A scan at the door, in or out: judged, kept, and what follows from it, in one transaction. Then the bell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import structlog

from schedules import codes, scans, undos
from schedules.decision import decide
from timebank.actions.action import action
from timebank.actions.door import check_out, door, typed_tries
from timebank.actions.door.admission import Admission, Outcome, again
from timebank.actions.door.check_in import let_in
from timebank.actions.door.check_out import Leaving, let_out
from timebank.actions.door.door import Asking, Known, Scan
from timebank.actions.door.turned_away import turn_away
from timebank.actions.door.turned_away_facts import Turned
from timebank.line import Line
from timebank.outbox import bell

MOST, LEADERS = 32, 2
"""Scans that share a transaction, and transactions of a process at a time: one is judged while the other is written to disk."""
TRIES = 3
"""A scan that lost against a quicker one is judged anew, with what that one left."""

log = structlog.get_logger("scan")


async def scan(asking: Asking, now: datetime) -> Admission:
    """Judges one scan and does what follows. Safe to repeat with its nonce: the same answer and no second row (checkin-13).

    Raises the refusals of schedules.reasons, NotAllowed, and ScanUndone for the repeat of one that was undone since. Each is in
    the log except a repeat, a conflict of nonces and what the caller may not do. Raises TooManyTries for typed codes that lead
    to nobody, again and again. Locks the sign-up. Scans that arrive together share a transaction; each is answered after its
    commit.
    """
    # The transaction is opened behind this line, by `_together`, and has ended when the line answers.
    one = Scan(asking, codes.read(asking.raw_code), now)
    async with typed_tries.counted(one, now):
        return finish(await queue.through(one))


def finish(outcome: Outcome) -> Admission:
    """After the commit: the bell rings, and the refusal is raised where it is one."""
    if outcome.intent_id:
        bell.ring(outcome.intent_id)
    if outcome.admission is None:
        raise outcome.refusal or AssertionError(outcome)
    return outcome.admission


async def settle(group: Sequence[Scan]) -> list[Outcome | Exception]:
    """Together where that works; where one of them fails, each alone, so that nobody stands in another's way."""
    if len(group) == 1:
        return [await _alone(group[0])]
    try:
        together: list[Outcome | None] = await _together(group)
    except Exception as error:
        log.warning("a group of scans is judged one by one", cause=repr(error), scans=len(group))
        together = [None] * len(group)
    return [outcome or await _alone(one) for one, outcome in zip(group, together, strict=True)]


async def _alone(one: Scan) -> Outcome | Exception:
    for tries_left in reversed(range(TRIES)):
        try:
            (outcome,) = await _together([one])
        except Exception as error:
            if not (tries_left and _was_slower(error)):
                return error
        else:
            return outcome or AssertionError(one)
    raise AssertionError(TRIES)


def _was_slower(error: Exception) -> bool:
    """One nonce for two passes at once, one person at two doors at once, one stay ended at both: the other was quicker."""
    return isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name in scans.QUICKER


@action
async def _together(group: Sequence[Scan]) -> list[Outcome | None]:
    return await judge(group)


async def judge(group: Sequence[Scan]) -> list[Outcome | None]:
    """Judges and keeps them, in the transaction that runs. Locks the sign-ups.

    None for a second scan of somebody who is in the group already: it is to see what the first has done.
    """
    judged: list[Outcome | Leaving | Turned | None] = []
    met = set()
    for one, known in zip(group, await door.look(group), strict=True):
        person_id = known.member.id if known.member else None
        judged.append(None if person_id in met else await _judge(one, known))
        met |= {person_id} - {None}
    left = iter(await check_out.earn([each for each in judged if isinstance(each, Leaving)]))
    away = iter(await turn_away([each for each in judged if isinstance(each, Turned)]))
    outcomes = [
        next(left) if isinstance(each, Leaving) else next(away) if isinstance(each, Turned) else each for each in judged
    ]
    await scans.keep([outcome.entry for outcome in outcomes if outcome and outcome.entry])
    return outcomes


async def _judge(one: Scan, known: Known) -> Outcome | Leaving | Turned:
    verdict = decide(door.asked(one, known))
    if verdict.is_repeat and known.schedule.earlier:
        earlier, asking = known.schedule.earlier, one.asking
        if earlier.has_undo and (undone := await undos.undone(asking.scanner_id, asking.nonce)):
            return Outcome(refusal=undone)
        return Outcome(again(earlier.answer, asking, known))
    asking, here = one.asking, known.here(verdict.session)
    if verdict.reason != "ok" or here is None or known.member is None:
        return Turned(asking, known, verdict, here, one.now)
    if asking.direction == "out":
        return let_out(asking, known, known.member, verdict, here, one.now)
    return await let_in(asking, known, known.member, verdict, here, one.now)


queue: Line[Scan, Outcome] = Line(settle, MOST, LEADERS)
