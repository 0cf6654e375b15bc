"""Under 14 one comes with the guardian: where the guardian's place goes, the child's goes with it (rules.md 7)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import changes, sessions, signups, sql
from schedules.answers import Name
from schedules.changes import Changed
from timebank.actions.signups import move_queue
from timebank.outbox import messages
from timebank.people import guardians
from timebank.people.guardians import GUARDIAN_AWAY, Minor

THERE = """
SELECT u.id, u.person_id FROM signup u
 WHERE u.session_id = $1 AND u.person_id = ANY ($2::uuid[]) AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.signup_id = u.id AND h.state = 'counts') ORDER BY u.role_id
"""


class Young(msgspec.Struct, frozen=True):
    """What keeps somebody under 18 from places, so that a page says it beforehand; `places` are the guardian's sessions."""

    minor: Minor
    places: frozenset[UUID] = frozenset()

    def against(self, session_id: UUID) -> Name | None:
        """What `answers.answer` takes; the same as `require` refuses with."""
        if not self.minor.has_consent:
            return Name.CONSENT_MISSING
        return Name.GUARDIAN_NOT_THERE if self.minor.is_child and session_id not in self.places else None


async def young(person_id: UUID | None, now: datetime) -> Young | None:
    """None for who is of age or unknown. One statement for them; reads only."""
    minor = await guardians.minor(person_id, now) if person_id else None
    if minor is None or person_id is None:
        return None
    return Young(minor, await guardians.places(person_id, now) if minor.is_child else frozenset())


async def require(person_id: UUID, session_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Before somebody takes a place: the guardian has agreed, and has a place for who is under 14.

    `by` acts for them and is told; None: the person themself.

    Raises ConsentMissing, GuardianNotThere. One statement for who is of age; locks the row of who is under 18.
    """
    if await guardians.require(person_id, session_id, now, by):
        # The guardian withdraws, or the consent is taken back, at this moment: that waits and finds the place, or this waits
        # and finds no guardian.
        await changes.lock_person(person_id)
        await guardians.require(person_id, session_id, now, by)


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
