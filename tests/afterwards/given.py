"""What tests of what comes after a session start from: Thursday's choir from 9 to 11, over or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from schedules import sql
from schedules.sessions import Session
from tests.door.doors import put
from tests.given import People, Person, grant
from tests.schedule.given import at, check_in, published
from timebank.jobs import no_shows as job
from timebank.people.callers import Caller, Grant


async def choir(people: People, *comers: Person, hour: float = 9, **changes: Any) -> Session:
    """9 to 11, entry until 11:30; whoever comes has a place."""
    (session,) = await published(people, at(hour, 2), **changes)
    for person in comers:
        await put(person, session)
    return session


def over(session: Session, hours: float = 1) -> datetime:
    """An instant after the end and its grace."""
    return session.closes_at + timedelta(hours=hours)


async def signup_of(person: Person, session: Session) -> UUID:
    return UUID(str(await sql.value("SELECT id FROM signup WHERE session_id = $1 AND person_id = $2", session.id, person.id)))


async def was_in(person: Person, session: Session, minutes: float = 0, stays: float | None = None, **columns: Any) -> UUID:
    """Scanned in that many minutes after the start, and out after so many more; as a desk would have done. The stay's id."""
    came = session.starts_at + timedelta(minutes=minutes)
    await check_in(person, await signup_of(person, session), session.id, came)
    stay = UUID(str(await sql.value("SELECT id FROM attendance WHERE person_id = $1 ORDER BY in_at DESC LIMIT 1", person.id)))
    if stays is not None:
        await sql.rows(
            "UPDATE attendance SET out_at = $2, minutes = $3, version = 1 WHERE id = $1",
            stay,
            came + timedelta(minutes=stays),
            int(stays),
        )
    for column, value in columns.items():
        await sql.rows(f"UPDATE attendance SET {column} = $2 WHERE id = $1", stay, value)
    return stay


async def deliver(key: str, moment: datetime, state: str = "kept") -> None:
    """The message was delivered then, or could not be."""
    done = moment if state in ("sent", "kept") else None
    error = "no such phone" if state == "failed" else None
    await sql.rows("UPDATE message SET state = $2, done_at = $3, last_error = $4 WHERE key = $1", key, state, done, error)


async def missed(people: People, session: Session, person: Person) -> UUID:
    """The job has proposed this person; the id."""
    await job.run(over(session))
    return UUID(str(await sql.value("SELECT id FROM no_show WHERE session_id = $1 AND person_id = $2", session.id, person.id)))


async def notified(people: People, session: Session, person: Person) -> tuple[UUID, datetime]:
    """Proposed and told; since when."""
    found, moment = await missed(people, session, person), over(session, 2)
    await deliver(f"no-show:{found}:proposed", moment)
    await job.run(moment)
    return found, moment


async def coordinator(person: Person, people: People) -> Caller:
    """The person as one who may approve hours."""
    await grant(person.id, "coordinator", people.sub_district, people.now)
    return Caller(
        member_id=person.id,
        household_id=person.household_id,
        community_id=person.community_id,
        name=person.name,
        grants=(*person.grants, Grant("coordinator", people.sub_district)),
    )


async def messages(kind: str) -> list[Any]:
    return await sql.rows("SELECT * FROM message WHERE kind = $1 ORDER BY written_at, key", kind)
