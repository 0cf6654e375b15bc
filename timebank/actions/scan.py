"""A scan at the door, in or out: judged, kept, and what follows from it, in one transaction. Then the bell."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from schedules import codes, scans
from schedules.codes import Code
from schedules.decision import decide
from timebank.actions import door
from timebank.actions.action import action
from timebank.actions.admission import Admission, Outcome
from timebank.actions.check_in import let_in
from timebank.actions.check_out import let_out
from timebank.actions.door import Asking
from timebank.actions.turned_away import turn_away
from timebank.outbox import bell

TRIES = 3
"""A scan that lost against a quicker one is judged anew, with what that one left."""


async def scan(asking: Asking, now: datetime) -> Admission:
    """Judges one scan and does what follows. Safe to repeat with its nonce: the same answer and no second row (checkin-13).

    Raises the refusals of schedules.reasons, and NotAllowed. Each is in the log except a conflict of nonces and what the caller
    may not do. Locks the sign-up.
    """
    outcome = await _settled(asking, codes.read(asking.raw_code), now)
    if outcome.intent_id:
        bell.ring(outcome.intent_id)
    if outcome.admission is None:
        raise outcome.refusal or AssertionError(asking)
    return outcome.admission


async def _settled(asking: Asking, code: Code | None, now: datetime) -> Outcome:
    for tries_left in reversed(range(TRIES)):
        try:
            return await _scan(asking, code, now)
        except asyncpg.UniqueViolationError as error:
            # One nonce for two passes at once, or one person at two doors at once: the other one was quicker.
            if error.constraint_name not in scans.QUICKER or not tries_left:
                raise
    raise AssertionError(TRIES)


@action
async def _scan(asking: Asking, code: Code | None, now: datetime) -> Outcome:
    known = await door.look(asking, code, now)
    verdict = decide(door.asked(asking, code, known, now))
    if verdict.is_repeat and known.schedule.earlier:
        return Outcome(msgspec.json.decode(known.schedule.earlier.answer, type=Admission))
    here = known.here(verdict.session)
    if verdict.reason != "ok" or here is None or known.member is None:
        return await turn_away(asking, known, verdict, here, now)
    if asking.direction == "in":
        return await let_in(asking, known, known.member, verdict, here, now)
    return await let_out(asking, known, known.member, verdict, here, now)
