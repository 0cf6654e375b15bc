"""Who comes without a sign-up takes a free place at the door and is let in, where the activity allows that: one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from schedules import answers, changes, codes, reasons, scans, sessions, sql
from schedules.answers import Answer, Name
from schedules.codes import Card, Code, Phone, Typed
from schedules.decision import decide
from schedules.errors import NotFound, Refusal
from schedules.session_roles import Role
from schedules.sessions import Session
from timebank.actions.action import action, past_deadlocks
from timebank.actions.door import door, typed_tries
from timebank.actions.door.admission import Admission, Outcome
from timebank.actions.door.door import Asking, Scan, reach, scanner_id
from timebank.actions.door.scan import TRIES, finish, judge
from timebank.actions.signups.missed import missed_by
from timebank.people import audit, guardians
from timebank.people.callers import Caller

TAKES_PLACE = frozenset(("not_signed_up_here", "withdrawn"))
"""What a free place mends. Whom the organiser turned down or took off the list, only the organiser lets in."""


class NoWalkIns(Refusal):
    """The activity wants a sign-up beforehand. Facts: none."""


class NoFreePlace(Refusal):
    """Every place is taken. Facts: none."""


class WalkIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who came, and to which session; `role_id` none: whatever is free first."""

    session_id: UUID
    code: str
    nonce: str
    role_id: UUID | None = None
    happened_at: datetime | None = None
    shows_questions: bool = True
    answers: dict[str, Any] = {}


class _TurnedAway(Exception):
    """Takes the place back."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


async def walk_in(caller: Caller, asked: WalkIn, now: datetime) -> Admission:
    """Judges the scan; where nothing but a sign-up is missing, takes a free place with it. Else it is a scan like any other.

    Raises what `scan` raises, NotFound, NoWalkIns, NoFreePlace, and what stands against signing up (`schedules.answers`): a
    clash, a skill that is missing. Who has still to answer a question keeps the place meanwhile: scan again with the answers.
    Locks the person, their sign-ups near now, the role, then the new sign-up. Safe to repeat with its nonce.
    """
    activity_id = await sql.value("SELECT activity_id FROM session WHERE id = $1", asked.session_id)
    if activity_id is None:
        raise NotFound(what="session")
    asking = Asking(
        scanner_id=scanner_id(caller),
        operator_id=caller.member_id,
        source="desk",
        direction="in",
        raw_code=asked.code,
        nonce=asked.nonce,
        happened_at=asked.happened_at,
        activity_ids=(activity_id,),
        session_id=asked.session_id,
        nodes=reach(caller),
        shows_questions=asked.shows_questions,
        answers=asked.answers,
    )
    one = Scan(asking, codes.read(asked.code), now)
    async with typed_tries.counted(one, now):
        return await _past_quicker(one, asked.role_id)


async def _past_quicker(one: Scan, role_id: UUID | None) -> Admission:
    for tries_left in reversed(range(TRIES)):
        try:
            return finish(await past_deadlocks(lambda: _walk_in(one, role_id)))
        except asyncpg.UniqueViolationError as error:
            # The same person at another door, or the same nonce, a moment quicker: judged anew.
            if not (tries_left and error.constraint_name in scans.QUICKER):
                raise
    raise AssertionError(TRIES)


@action
async def _walk_in(one: Scan, role_id: UUID | None) -> Outcome:
    person_id = await _holder(one.code)
    if person_id is None:
        return await _judged(one)
    await changes.lock_person(person_id)
    (known,) = await door.look([one])
    if decide(door.asked(one, known)).reason not in TAKES_PLACE:
        return await _judged(one)
    try:
        async with sql.savepoint():
            await _take(one, person_id, role_id)
            return await _with_place(one)
    except _TurnedAway as turned:
        if entry := turned.outcome.entry:
            row = msgspec.structs.replace(entry.scan, signup_id=None)
            await scans.keep([msgspec.structs.replace(entry, scan=row)])
        return turned.outcome
    except Refusal as refusal:
        await _judged(one)
        return Outcome(refusal=refusal)


async def _judged(one: Scan) -> Outcome:
    (outcome,) = await judge([one])
    assert outcome is not None  # noqa: S101  only a second scan of one person has none
    return outcome


async def _with_place(one: Scan) -> Outcome:
    outcome = await _judged(one)
    if outcome.refusal and not isinstance(outcome.refusal, reasons.Incomplete):
        raise _TurnedAway(outcome)
    return outcome


async def _holder(code: Code | None) -> UUID | None:
    """Whom the code claims to lead to; not believed before the scan is judged."""
    if isinstance(code, Card | Phone):
        table = "phone_pass" if isinstance(code, Phone) else "pass"
        found = await sql.value(f"SELECT member_id FROM {table} WHERE id = $1", code.pass_id)
    elif isinstance(code, Typed):
        found = await sql.value("SELECT member_id FROM pass WHERE typed_code = $1", code.code)
    else:
        return None
    return UUID(str(found)) if found else None


async def _take(one: Scan, person_id: UUID, role_id: UUID | None) -> None:
    """A place of the session, as if signed up a moment ago: times around signing up do not matter any more."""
    session_id, now = one.asking.session_id, one.now
    assert session_id is not None  # noqa: S101  set by `walk_in`
    if not await sql.value(
        "SELECT walk_ins FROM activity a JOIN session s ON s.activity_id = a.id WHERE s.id = $1", session_id
    ):
        raise NoWalkIns()
    await guardians.require(person_id, session_id, now, None if one.asking.is_self else one.asking.scanner_id)
    found = await sessions.one(session_id, person_id)
    session = msgspec.structs.replace(found, signup_before=None, signup_after=None)
    role = session.role(role_id) if role_id else _first_free(session, now)
    missed = await missed_by(person_id, now)
    _check(answers.answer(session, now, role_id=role.id, missed=missed), session, role)
    made = await changes.enter(
        session_id, role.id, person_id, "confirmed", person_id, now, holds=True, keeps_last=role.is_kept, is_walk_in=True
    )
    if made is None:
        raise NoFreePlace()
    actor = one.asking.operator_id or one.asking.scanner_id
    await audit.write(actor, "signup.walk_in", f"session:{session_id}", now, on_behalf_of=person_id, signup=made.signup_id)


def _first_free(session: Session, now: datetime) -> Role:
    """The first role with room for which the person lacks nothing, else the first with room, else the first."""
    roomy = [role for role in session.roles if role.has_room_at(now)]
    return next((role for role in roomy if not role.lacks), (roomy or list(session.roles))[0])


def _check(answer: Answer, session: Session, role: Role) -> None:
    """The organiser who allows walk-ins has decided already, but not about who misses what they sign up for."""
    if answer.name in (Name.FULL, Name.WAITLIST_OPEN):
        raise NoFreePlace()
    if answer.name is Name.NEEDS_APPROVAL and answer.missed:
        raise reasons.NotApproved()
    if refusal := answers.refusal(answer, session, role.id):
        raise refusal
