"""A check-in without a code, by somebody who may vouch for the person: rules and log of a scan, as `manual` (checkin-64)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from schedules.scans import Direction
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import Asking, scanner_id
from timebank.actions.door.scan import scan
from timebank.people.callers import Caller, Right


class ByName(msgspec.Struct, frozen=True, kw_only=True):
    """Who of the list goes which way. `override_reason`, where there is one, makes it an override."""

    signup_id: UUID
    direction: Direction
    nonce: str
    happened_at: datetime | None = None
    override_reason: str = ""
    shows_questions: bool = True
    answers: dict[str, Any] = {}


class Listed(msgspec.Struct, frozen=True):
    """Whose sign-up it is, and for what."""

    person_id: UUID
    session_id: UUID
    activity_id: UUID


async def check_in_by_name(caller: Caller, asked: ByName, now: datetime) -> Admission:
    """Judges it as a scan is judged, but for the code (checkin.md, "Manual check-in by name"): a class B record at most.

    At a desk the desk is the scanner and who is signed in there the operator. Raises NotFound, SignInNeeded, NotAllowed without
    the right at that session (checkin-92), and what `scan` raises. Safe to repeat with its nonce.
    """
    return await scan(as_scan(caller, asked, await listed(asked.signup_id)), now)


async def listed(signup_id: UUID) -> Listed:
    """Raises NotFound."""
    where = await sql.row(
        "SELECT u.person_id, u.session_id, s.activity_id FROM signup u JOIN session s ON s.id = u.session_id WHERE u.id = $1",
        signup_id,
    )
    if where is None:
        raise NotFound(what="signup")
    return Listed(*where)


def as_scan(caller: Caller, asked: ByName, listed: Listed) -> Asking:
    """The question of a scan, with a name in the place of a code. Raises SignInNeeded."""
    nodes = tuple(caller.nodes(Right.CHECK_IN_BY_NAME))
    return Asking(
        scanner_id=scanner_id(caller),
        operator_id=caller.member(),
        source="manual",
        direction=asked.direction,
        raw_code=f"name {asked.signup_id}",
        nonce=asked.nonce,
        happened_at=asked.happened_at,
        member_id=listed.person_id,
        activity_ids=(listed.activity_id,),
        session_id=listed.session_id,
        nodes=nodes,
        override_nodes=nodes,
        override_reason=asked.override_reason,
        shows_questions=asked.shows_questions,
        answers=asked.answers,
    )
