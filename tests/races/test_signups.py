"""Many people want one place, one person wants two at once: with real commits."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest

from schedules import rosters, sessions
from schedules.answers import Collides, Full, SignedUp
from schedules.errors import Refusal
from schedules.signups import NotSignedUp
from tests.given import People, Person, member
from tests.schedule import given
from timebank.actions.activities.call_off import call_off_session
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw

pytestmark = pytest.mark.race


async def outcomes(asked: list[Awaitable[Any]]) -> Counter[str]:
    """What became of requests sent at once: `ok`, or the name of the refusal. Anything else is an error of the test."""
    counted: Counter[str] = Counter()
    for found in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(found, BaseException) and not isinstance(found, Refusal):
            raise found
        counted[type(found).__name__ if isinstance(found, Refusal) else "ok"] += 1
    return counted


async def crowd(people: People, size: int) -> list[Person]:
    return [await member(f"Neighbour {n}", f"1980000{n:04}", people.building, people.now) for n in range(size)]


@pytest.mark.scenario("schedule-20", "checkin-22")
async def test_of_fifty_who_ask_for_the_last_place_one_gets_it(committed: str, people: People) -> None:
    session = await given.session(people, places=3)
    for person in (people.bob, people.carol):
        await sign_up(person.caller, session.id, people.now)
    neighbours = await crowd(people, 50)
    found = await outcomes([sign_up(person.caller, session.id, people.now) for person in neighbours])
    assert found == {"ok": 1, Full.__name__: 49}
    assert (await sessions.one(session.id)).taken == 3
    assert await given.counts_agree(session.id)


@pytest.mark.scenario("schedule-49")
async def test_of_two_clashing_sign_ups_of_one_member_one_stands(committed: str, people: People) -> None:
    for _ in range(20):
        first, second = await given.session(people), await given.session(people)
        found = await outcomes([sign_up(people.bob.caller, session.id, people.now) for session in (first, second)])
        assert found == {"ok": 1, Collides.__name__: 1}
        stands = next(signup for signup in await rosters.of_person(people.bob.id) if signup.state == "confirmed")
        await withdraw(people.bob.caller, stands.id, people.now)


async def test_ten_taps_on_one_button_are_one_sign_up(committed: str, people: People) -> None:
    session = await given.session(people)
    found = await outcomes([sign_up(people.bob.caller, session.id, people.now) for _ in range(10)])
    assert found == {"ok": 1, SignedUp.__name__: 9}
    assert (await sessions.one(session.id)).taken == 1


async def test_signing_up_beside_withdrawing_keeps_the_count_and_locks_nobody_out(committed: str, people: People) -> None:
    """The same people leave and come again while others want their places; a deadlock would surface as an error."""
    session = await given.session(people, places=2)
    neighbours = await crowd(people, 6)

    async def to_and_fro(person: Person) -> None:
        for _ in range(15):
            try:
                taken = await sign_up(person.caller, session.id, people.now)
            except (Full, SignedUp):
                continue
            back, again = withdraw(person.caller, taken.signup_id, people.now), sign_up(person.caller, session.id, people.now)
            await outcomes([back, again])
            try:
                await withdraw(person.caller, taken.signup_id, people.now)
            except NotSignedUp:
                continue

    await asyncio.gather(*(to_and_fro(person) for person in neighbours))
    assert await given.counts_agree(session.id)
    role = (await sessions.one(session.id)).roles[0]
    assert role.taken <= 2
    assert role.excess == 0


async def test_a_place_given_back_twice_at_once_is_one_place(committed: str, people: People) -> None:
    session = await given.session(people, places=2)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    await sign_up(people.carol.caller, session.id, people.now)
    found = await outcomes([withdraw(people.bob.caller, taken.signup_id, people.now) for _ in range(8)])
    assert found == {"ok": 1, NotSignedUp.__name__: 7}
    assert (await sessions.one(session.id)).taken == 1


async def test_a_session_called_off_by_two_at_once_changes_once(committed: str, people: People) -> None:
    session = await given.session(people)
    found = await asyncio.gather(
        *(call_off_session(person.caller, session.id, "Storm", people.now) for person in (people.alice, people.dan))
    )
    assert sorted(len(one.session_ids) for one in found) == [0, 1]
    assert (await sessions.one(session.id)).sequence == 1
