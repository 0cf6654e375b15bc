"""The roll of a session for who runs it: who is expected, here, late, gone, by which door; and a roll called by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

import asyncpg
import msgspec

from schedules import absences, leaving, open_stays, rolls, rosters, scans, sql
from schedules.decision import Verdict, decide
from schedules.errors import NotFound
from schedules.rolls import Called, Door, Line, Result
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.door import door
from timebank.actions.door.check_in_by_name import ByName, as_scan, listed
from timebank.actions.door.door import Known, Scan
from timebank.actions.hours import no_show_letters
from timebank.actions.signups.reach import run_by
from timebank.people import audit
from timebank.people.callers import Caller


class Named(msgspec.Struct, frozen=True):
    """A line with its person."""

    line: Line
    person: Person


class Passed(msgspec.Struct, frozen=True):
    """Entries and exits of one door; `name` is the desk's, or who checked in by hand."""

    door: Door
    name: str
    name_en: str = ""


class Roll(msgspec.Struct, frozen=True):
    """A session as it stands at its doors. `inside` is what came less what went, as the scans say (schedule-102)."""

    session: Session
    people: list[Named]
    doors: list[Passed]

    @property
    def inside(self) -> int:
        return sum(each.door.came - each.door.went for each in self.doors)

    @property
    def not_completed(self) -> list[Named]:
        """Arrived and no way out yet (schedule-103)."""
        return [each for each in self.people if each.line.is_inside]

    @property
    def late(self) -> int:
        return sum(each.line.is_late for each in self.people)

    def count(self, state: str) -> int:
        """How many are `expected`, `excused`, `here` or have `left`."""
        return sum(each.line.state == state for each in self.people)


class Ticked(msgspec.Struct, frozen=True):
    """What became of one tick."""

    signup_id: UUID
    result: Result


class RollCalled(msgspec.Struct, frozen=True):
    """Each tick with its result, and how many of those not ticked are proposed as no-shows now."""

    rows: list[Ticked]
    proposed: int


@action
async def see_roll(caller: Caller, session_id: UUID) -> Roll:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    session = await run_by(caller, session_id)
    lines, doors = await rolls.lines(session_id), await rolls.doors(session_id)
    people = await named([line.person_id for line in lines])
    names = await _names([door.scanner_id for door in doors if door.scanner_id], session.ends_at)
    return Roll(
        session,
        [Named(line, people[line.person_id]) for line in lines],
        [Passed(door, *(names.get(door.scanner_id, ("", "")) if door.scanner_id else ("", ""))) for door in doors],
    )


async def call_roll(caller: Caller, session_id: UUID, present: Sequence[UUID], now: datetime) -> RollCalled:
    """Ticks who was there (sign-ups), each on its own and by the rules of a scan (checkin-65); whoever else has a place and was
    not seen is proposed (schedule-78).

    Nobody is proposed before the start. Safe to repeat. Raises SignInNeeded, NotAllowed, NotFound, RollNotOpen, RollClosed.
    """
    called = await _open(caller, session_id, now)
    rows = [Ticked(signup_id, await _tick(called, signup_id, caller, now)) for signup_id in dict.fromkeys(present)]
    return RollCalled(rows, await _end(caller, called, rows, now))


@action
async def note_fact(
    caller: Caller,
    signup_id: UUID,
    kind: Literal["excused", "left_early"],
    reason: str,
    now: datetime,
    left_at: datetime | None = None,
) -> None:
    """Excused, or left early: facts of their own that never count as a no-show (schedule-80); one that was proposed falls.

    Who leaves early and is still in is checked out, at `left_at` or now (checkin-57). Safe to repeat. Raises SignInNeeded,
    NotAllowed, NotFound, LeftAtNotPossible.
    """
    signup = await rosters.find(signup_id)
    await run_by(caller, signup.session_id)
    stay_id = await open_stays.of_signup(signup_id) if kind == "left_early" else None
    if stay_id:
        await leaving.leave(stay_id, left_at, caller.member(), now)
    await rolls.note(signup_id, kind, caller.member(), reason, now)
    dropped = await absences.drop_of(signup_id, "excused" if kind == "excused" else "came", caller.member(), now)
    if dropped is not None:
        await no_show_letters.tell_decided(dropped, reason.strip(), now)
    deed = "signup.excused" if kind == "excused" else "signup.left_early"
    await audit.write(caller.id, deed, f"signup:{signup_id}", now, on_behalf_of=signup.person_id, reason=reason)


@action
async def _open(caller: Caller, session_id: UUID, now: datetime) -> Called:
    await run_by(caller, session_id)
    caller.member()
    return await rolls.open_for(session_id, now)


async def _tick(called: Called, signup_id: UUID, caller: Caller, now: datetime) -> Result:
    try:
        return await _tick_one(called, signup_id, caller, now)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name in scans.QUICKER:  # checked in somewhere else at this moment
            return "already_elsewhere"
        raise


OF_A_ROLL: dict[str, Result] = {"already_in": "already", "not_signed_up_here": "not_on_the_list"}
"""Reason codes that a list of names has other words for."""


@action
async def _tick_one(called: Called, signup_id: UUID, caller: Caller, now: datetime) -> Result:
    """By the rules of a check-in by name, at the instant from which the tick counts."""
    try:
        on_list = await listed(signup_id)
    except NotFound:
        return "not_on_the_list"
    if on_list.session_id != called.id:
        return "not_on_the_list"
    asking = as_scan(caller, ByName(signup_id=signup_id, direction="in", nonce=f"roll {signup_id}"), on_list)
    one = Scan(asking, None, called.came_at(now))
    (known,) = await door.look([one])
    verdict = judged(one, known)
    if verdict.reason != "ok":
        return OF_A_ROLL.get(verdict.reason) or cast(Result, verdict.reason)
    return await rolls.tick(called, signup_id, caller.member(), now)


def judged(one: Scan, known: Known) -> Verdict:
    """As a scan is judged (checkin.md, "Decision order"), by somebody who runs the session. Nobody asks questions off a list,
    and where else the person was is told by the stays of that time, not by where they are now.
    """
    asked = msgspec.structs.replace(door.asked(one, known), is_allowed=True, inside=None, shows_questions=False)
    return decide(asked)


@action
async def _end(caller: Caller, called: Called, rows: Sequence[Ticked], now: datetime) -> int:
    """Whoever was ticked and could not be recorded is no no-show either: somebody saw them."""
    seen = {row.signup_id for row in rows}
    for row in rows:
        if row.result == "recorded" and (dropped := await absences.drop_of(row.signup_id, "came", caller.member(), now)):
            await no_show_letters.tell_decided(dropped, "", now)
    others = [line.signup_id for line in await rolls.lines(called.id) if line.signup_id not in seen]
    missed = (
        await absences.propose_absent(called.id, "roll_call", caller.member(), now, only=others)
        if now >= called.starts_at
        else []
    )
    await no_show_letters.tell_proposed(missed, now)
    await audit.write(caller.id, "roll.called", f"session:{called.id}", now, ticked=len(rows), proposed=len(missed))
    return len(missed)


async def _names(scanner_ids: Sequence[UUID], at: datetime) -> dict[UUID, tuple[str, str]]:
    """Of desks in both languages, as they were called then, and of people who checked in by hand."""
    found = await sql.rows(
        "SELECT d.id, c.name, c.name_en FROM device d, device_called(d.id, $2) c WHERE d.id = ANY ($1) "
        "UNION ALL SELECT id, name, '' FROM member WHERE id = ANY ($1)",
        list(scanner_ids),
        at,
    )
    return {row["id"]: (row["name"], row["name_en"]) for row in found}
