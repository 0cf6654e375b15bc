"""Under 14 one comes with the guardian: where the guardian's place goes, the child's goes with it (rules.md 7)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import changes, sessions, signups, sql
from schedules.changes import Changed
from timebank.actions.signups import move_queue
from timebank.outbox import messages
from timebank.people import guardians
from timebank.people.guardians import GUARDIAN_AWAY

THERE = """
SELECT u.id, u.person_id FROM signup u
 WHERE u.session_id = $1 AND u.person_id = ANY ($2::uuid[]) AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.signup_id = u.id AND h.state = 'counts') ORDER BY u.role_id
"""


async def require(person_id: UUID, session_id: UUID, now: datetime) -> None:
    """Before somebody takes a place: the guardian has agreed, and has a place for who is under 14.

    Raises ConsentMissing, GuardianNotThere. One statement for who is of age; locks the row of who is under 14.
    """
    minor = await guardians.require(person_id, session_id, now)
    if minor is not None and minor.is_child:
        # The guardian withdraws at this moment: the withdrawal waits and finds the child, or this waits and finds no guardian.
        await changes.lock_person(person_id)
        await guardians.require(person_id, session_id, now)


async def lock(person_id: UUID, now: datetime) -> None:
    """Before somebody's place is freed, with who comes only with them: all persons before any role. Nothing for most people."""
    if under := await guardians.children(person_id, now):
        for each in sorted({person_id, *under}):
            await changes.lock_person(each)


async def leave_with(gone: Changed, now: datetime) -> list[Changed]:
    """After a guardian's place was freed: the places of their children at that session, who are told, as the guardian is.

    A child who is there already stays. Under `lock`; the caller moves the queues on.
    """
    under = await guardians.children(gone.person_id, now)
    rows = await sql.rows(THERE, gone.session_id, under) if under else []
    left = [await signups.take_back(row["id"], gone.person_id, GUARDIAN_AWAY, now) for row in rows]
    for child in left:
        await _tell(gone, child, now)
    return left


async def _tell(gone: Changed, child: Changed, now: datetime) -> None:
    session = await sessions.one(child.session_id)
    name = await sql.value("SELECT name FROM member WHERE id = $1", child.person_id)
    told = move_queue.letter("child_without_guardian", session, child, name=name)
    await messages.promise(
        [
            msgspec.structs.replace(told, key=f"{told.key}:{person_id}", person_id=person_id)
            for person_id in (child.person_id, gone.person_id)
        ],
        now,
    )
