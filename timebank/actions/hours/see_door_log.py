"""What happened at the doors of a session: the log, page by page or as a file; and what a desk may still undo."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import passages
from schedules.passages import Last, Row
from schedules.presence import UNDO
from schedules.sessions import Session
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.door.door import scanner_id
from timebank.actions.signups.reach import run_by
from timebank.people import audit
from timebank.people.callers import Caller


class Line(msgspec.Struct, frozen=True):
    """A row of the log with its names."""

    row: Row
    person: Person | None
    operator: Person | None
    undone_by: Person | None


class Log(msgspec.Struct, frozen=True):
    """A page of the log, the last first; `older` is where the next one starts, None at the end."""

    session: Session
    lines: list[Line]
    older: int | None


class LastScan(msgspec.Struct, frozen=True):
    """A scan that this desk may still undo, with whose it was."""

    scan: Last
    person: Person | None


@action
async def see_last_scans(caller: Caller, now: datetime) -> list[LastScan]:
    """What the caller's desk let in or out in the last quarter of an hour. Raises SignInNeeded for who scans nowhere."""
    found = await passages.lately(scanner_id(caller), caller.member_id, now - UNDO)
    people = await named([one.person_id for one in found])
    return [LastScan(one, people.get(one.person_id)) for one in found]


@action
async def see_scan(caller: Caller, nonce: str) -> LastScan | None:
    """The scan of the caller's desk with that nonce, undone or not; None where there is none. Raises SignInNeeded."""
    found = await passages.of_desk(scanner_id(caller), nonce)
    people = await named([found.person_id] if found else [])
    return LastScan(found, people.get(found.person_id)) if found else None


def _of(people: dict[UUID, Person], person_id: UUID | None) -> Person | None:
    return people.get(person_id) if person_id else None


@action
async def see_log(
    caller: Caller, session_id: UUID, *, only_refused: bool = False, before: int | None = None, limit: int = passages.PAGE
) -> Log:
    """A page of it. Raises SignInNeeded, NotAllowed, NotFound."""
    session = await run_by(caller, session_id)
    rows = await passages.of_session(session_id, only_refused=only_refused, before=before, limit=limit + 1)
    return Log(session, await _lines(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


@action
async def take_log(caller: Caller, session_id: UUID, now: datetime, *, only_refused: bool = False) -> Log:
    """The whole of it as a file, which is noted in the audit: names are personal data. Raises as `see_log`."""
    session = await run_by(caller, session_id)
    rows = await passages.of_session(session_id, only_refused=only_refused, limit=passages.MOST)
    await audit.write(caller.id, "scan_log.exported", f"session:{session_id}", now, rows=len(rows))
    return Log(session, await _lines(rows), None)


async def _lines(rows: Sequence[Row]) -> list[Line]:
    people = await named([one for row in rows for one in (row.person_id, row.operator_id, row.undone_by) if one])
    return [Line(row, _of(people, row.person_id), _of(people, row.operator_id), _of(people, row.undone_by)) for row in rows]
