"""What tests of the waiting list start from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from schedules import rosters, sql
from schedules.sessions import Session
from tests.given import People, Person
from tests.schedule import given
from timebank.actions.signups.sign_up import sign_up

OFFER = 720
"""Minutes that an offer holds."""


async def full(people: People, *dated: Any, places: int = 1, **changes: Any) -> tuple[Session, UUID]:
    """A session whose places are all Bob's, with a waiting list; and his sign-up. With several places the others are Erin's."""
    session = await given.session(people, *dated, places=places, **({"has_waiting_list": True} | changes))
    taken = await sign_up(people.bob.caller, session.id, people.now)
    if places == 2:
        await sign_up(people.erin.caller, session.id, people.now)
    return session, taken.signup_id


async def join(session: Session, now: datetime, *line: Person) -> list[UUID]:
    """These people join the line in this order; their sign-ups."""
    return [(await sign_up(person.caller, session.id, now, waits=True)).signup_id for person in line]


async def states(*signup_ids: UUID) -> list[str]:
    return [(await rosters.find(signup_id)).state for signup_id in signup_ids]


async def told(kind: str) -> list[UUID]:
    """To whom messages of this kind were promised, in the order of their writing; those taken back are left out."""
    found = await sql.rows(
        "SELECT person_id FROM message WHERE kind = $1 AND state <> 'withdrawn' ORDER BY written_at, key", kind
    )
    return [row["person_id"] for row in found]


async def agree(session_id: UUID) -> bool:
    """Whether every role counts exactly the places that its sign-ups hold, and not more than the plan allows."""
    return not await sql.rows(
        "SELECT 1 FROM session_role r WHERE r.session_id = $1 AND (r.taken > r.places + r.beyond OR r.taken <> "
        "(SELECT count(*) FROM signup u WHERE u.role_id = r.id AND u.holds_place))",
        session_id,
    )
