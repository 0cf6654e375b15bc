"""What tests of the door start from: Thursday's choir from 9 to 11, Bob signed up and with a pass, a desk at the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from schedules import codes, sql
from schedules.sessions import Session
from tests import given
from tests.given import Device, People, Person
from tests.schedule.given import at, published, sign_up
from timebank.people import keys, passes
from timebank.people.passes import Pass


@dataclass
class Door:
    """The client speaks as the desk unless told otherwise; `now` is set on the server's clock by `client_at`."""

    people: People
    desk: Device
    session: Session
    bobs: Pass
    client: httpx.AsyncClient

    @property
    def start(self) -> datetime:
        return self.session.starts_at

    async def clock(self, minutes: float = 0, seconds: float = 0) -> datetime:
        """Sets the server's clock relative to the start of the session."""
        moment = self.start + timedelta(minutes=minutes, seconds=seconds)
        answer = await self.client.put("/test/clock", json={"now": moment.isoformat()})
        assert answer.status_code == 200
        return moment

    async def scan(self, code: str | Pass | None = None, **more: Any) -> httpx.Response:
        """A scan by the desk; Bob's pass unless told otherwise."""
        text = (code or self.bobs).text if not isinstance(code, str) else code
        headers = more.pop("headers", self.desk.bearer)
        body = {"activities": [str(self.session.activity_id)], "code": text} | more
        return await self.client.post("/api/v1/scans", json=body, headers={"accept-language": "en"} | headers)

    async def let_in(self, minutes: float = 0) -> dict[str, Any]:
        """Bob is checked in that many minutes after the start."""
        await self.clock(minutes)
        answer = await self.scan()
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def let_out(self, minutes: float) -> dict[str, Any]:
        await self.clock(minutes)
        answer = await self.scan(direction="out")
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def venue(self, moment: datetime, session_id: UUID | None = None) -> str:
        """The address in the venue's QR at that moment."""
        key = keys.derive("venue codes")
        return "http://testserver" + codes.venue_path(codes.venue(key, session_id or self.session.id, codes.step_of(moment)))


async def opened(people: People, client: httpx.AsyncClient, hour: float = 9, **changes: Any) -> Door:
    """A door at the choir of Thursday, 9 to 11, entry from half an hour before."""
    (session,) = await published(people, at(hour, 2), **changes)
    await sign_up(people.bob, session, people.now - timedelta(days=1))
    desk = await given.device("desk", "Hall door", people.community, people.now)
    return Door(people, desk, session, await passes.issue(people.bob.id, people.now), client)


async def another(door: Door, hour: float = 9, length: float = 2, person: Person | None = None, **changes: Any) -> Session:
    """Another activity; the person, where one is named, is signed up for it in the log's own way, clash or not."""
    (session,) = await published(door.people, at(hour, length), **{"title": "Reading", "title_en": "Reading"} | changes)
    if person:
        await put(person, session)
    return session


async def put(person: Person, session: Session, state: str = "confirmed") -> UUID:
    """A sign-up that has always been in this state, whatever the rules for signing up say."""
    taken = await sql.value(
        "WITH made AS (INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at, offered_until) "
        "VALUES (gen_random_uuid(), $1, $2, $3, $4, now(), now(), CASE WHEN $4 = 'offered' THEN now() END) "
        "ON CONFLICT (session_id, person_id) DO UPDATE SET state = $4, offered_until = excluded.offered_until RETURNING id), "
        "told AS (INSERT INTO signup_change (signup_id, state, at) SELECT id, $4, '2020-01-01' FROM made "
        "WHERE id IN (SELECT signup_id FROM signup_change)) SELECT id FROM made",
        session.id,
        session.roles[0].id,
        person.id,
        state,
    )
    return UUID(str(taken))


async def log() -> list[Any]:
    """The scan log, oldest first."""
    return await sql.rows("SELECT * FROM scan ORDER BY id")


async def stays(person: Person) -> list[Any]:
    """The attendance of a person, in order."""
    return await sql.rows("SELECT * FROM attendance WHERE person_id = $1 ORDER BY in_at, entry", person.id)
