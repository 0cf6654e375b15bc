"""Two desks, one free place: with real commits."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from schedules import sessions, sql
from schedules.errors import Refusal
from schedules.sessions import Session
from tests.given import People, Person, member
from tests.races.test_signups import outcomes
from tests.schedule import given
from timebank.actions.door.admission import Admission
from timebank.actions.door.walk_in import NoFreePlace, WalkIn, walk_in
from timebank.actions.signups.withdraw import withdraw
from timebank.people import passes

pytestmark = pytest.mark.race


async def opened(people: People, places: int) -> Session:
    session = await given.session(people, places=places)
    await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", session.activity_id)
    return session


async def card(person: Person, people: People) -> str:
    return (await passes.issue(person.id, people.now)).text


async def come(people: People, session: Session, code: str, nonce: str = "") -> Admission:
    asked = WalkIn(session_id=session.id, code=code, nonce=nonce or uuid4().hex)
    return await walk_in(people.alice.caller, asked, session.starts_at)


async def test_of_ten_who_walk_in_for_the_last_place_one_gets_it(committed: str, people: People) -> None:
    session = await opened(people, places=1)
    crowd = [await member(f"Neighbour {n}", f"1980000{n:04}", people.building, people.now) for n in range(10)]
    cards = [await card(person, people) for person in crowd]
    found = await outcomes([come(people, session, code) for code in cards])
    assert found == {"ok": 1, NoFreePlace.__name__: 9}
    assert (await sessions.one(session.id)).taken == 1
    assert await sql.value("SELECT count(*) FROM attendance") == 1
    assert await given.counts_agree(session.id)


async def test_one_scan_sent_from_a_desk_five_times_is_one_walk_in(committed: str, people: People) -> None:
    session = await opened(people, places=5)
    code = await card(people.carol, people)
    found = await asyncio.gather(*(come(people, session, code, "one-nonce") for _ in range(5)))
    assert len({each.attendance_id for each in found}) == 1
    assert (await sessions.one(session.id)).taken == 1


async def test_walking_in_and_withdrawing_end_in_one_of_the_two(committed: str, people: People) -> None:
    code = await card(people.bob, people)
    for _ in range(5):
        session = await opened(people, places=1)
        signup = (await given.sign_up(people.bob, session, people.now)).signup_id
        came, left = await asyncio.gather(
            come(people, session, code), withdraw(people.bob.caller, signup, people.now), return_exceptions=True
        )
        for each in (came, left):
            assert not isinstance(each, BaseException) or isinstance(each, Refusal), each
        state = await sql.value("SELECT state FROM signup WHERE id = $1", signup)
        assert isinstance(came, Admission), "before or after the withdrawal, there is a place"
        assert state == "confirmed"
        assert await given.counts_agree(session.id)
        await leave(UUID(str(came.attendance_id)), session)


async def leave(attendance_id: UUID, session: Session) -> None:
    """Bob goes on to the next one."""
    await sql.rows(
        "UPDATE attendance SET out_at = $2, minutes = 0, version = 1 WHERE id = $1", attendance_id, session.starts_at
    )
    await sql.rows("UPDATE signup SET state = 'withdrawn' WHERE session_id = $1", session.id)
    await sql.rows("UPDATE session_role SET taken = 0 WHERE session_id = $1", session.id)
