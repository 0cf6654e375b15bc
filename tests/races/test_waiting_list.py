"""Offers, requests and the line, with many at once: real commits, and what has to hold at the end whatever came first."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from schedules import rosters, sessions, sql
from schedules.answers import Full
from schedules.errors import Refusal
from schedules.offers import NotOffered, OfferRanOut
from schedules.sessions import Session
from tests.given import People, Person, member
from tests.races.test_signups import crowd, outcomes
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.waiting import agree, full, join, states, told
from timebank.actions.activities.change_places import change_places
from timebank.actions.signups.decide_signup import approve, reject
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.take_offer import accept_offer, decline_offer
from timebank.actions.signups.withdraw import take_back, withdraw
from timebank.jobs import move_queues

pytestmark = pytest.mark.race

OFFER = timedelta(minutes=720)


async def in_states(session: Session) -> dict[str, int]:
    found = await sql.rows("SELECT state, count(*) AS n FROM signup WHERE session_id = $1 GROUP BY state", session.id)
    return {row["state"]: row["n"] for row in found}


@pytest.mark.scenario("schedule-57", "schedule-58")
async def test_two_places_that_become_free_at_once_are_two_offers_also_with_two_workers(committed: str, people: People) -> None:
    for day in range(1, 9):
        session = await given.session(people, at(18, day=day), places=2, has_waiting_list=True)
        own = [(await sign_up(one.caller, session.id, people.now)).signup_id for one in (people.bob, people.erin)]
        await join(session, people.now, *(await crowd_of(people, 4, day)))
        await asyncio.gather(
            withdraw(people.bob.caller, own[0], people.now),
            withdraw(people.erin.caller, own[1], people.now),
            *(move_queues.run(people.now) for _ in range(4)),
        )
        assert await in_states(session) == {"withdrawn": 2, "offered": 2, "waiting": 2}
        assert await agree(session.id)
        found = await sql.value("SELECT count(*) FROM message WHERE kind = 'place_offered' AND path LIKE $1", f"%{session.id}")
        assert found == 2


async def crowd_of(people: People, size: int, number: int) -> list[Person]:
    return [await member(f"Neighbour {n}", f"1970000{number:02}{n:02}", people.building, people.now) for n in range(size)]


@pytest.mark.scenario("schedule-56")
async def test_accepting_beside_running_out_is_one_of_the_two(committed: str, people: People) -> None:
    """The worker's clock has reached the expiry, the member's request came a moment before."""
    won = set()
    for day in range(2, 22):
        session, bob = await full(people, at(18, day=day))
        carol, dan = await join(session, people.now, people.carol, people.dan)
        await withdraw(people.bob.caller, bob, people.now)
        until = people.now + OFFER
        race = [accept_offer(people.carol.caller, carol, until - timedelta(milliseconds=1)), move_queues.run(until)]
        found = await asyncio.gather(*(race if day % 2 else race[::-1]), return_exceptions=True)
        assert not [one for one in found if isinstance(one, BaseException) and not isinstance(one, NotOffered | OfferRanOut)]
        after = tuple(await states(carol, dan))
        assert after in {("confirmed", "waiting"), ("waiting", "offered")}
        assert await agree(session.id)
        won.add(after)
    assert won


@pytest.mark.scenario("schedule-42")
async def test_two_organisers_approve_two_requests_for_the_last_place(committed: str, people: People) -> None:
    for day in range(1, 11):
        session = await given.session(people, at(18, day=day), places=1, needs_approval=True)
        asked = [(await sign_up(one.caller, session.id, people.now)).signup_id for one in (people.bob, people.carol)]
        found = await outcomes(
            [approve(by.caller, one, people.now) for by, one in zip((people.alice, people.dan), asked, strict=True)]
        )
        assert found == {"ok": 1, Full.__name__: 1}
        assert sorted(await states(*asked)) == ["confirmed", "requested"]
        assert await agree(session.id)


async def test_one_request_approved_and_rejected_at_once_is_decided_once(committed: str, people: People) -> None:
    for day in range(1, 6):
        session = await given.session(people, at(18, day=day), places=1, needs_approval=True)
        bob = (await sign_up(people.bob.caller, session.id, people.now)).signup_id
        twice = [approve(by.caller, bob, people.now) for by in (people.alice, people.dan)]
        found = await outcomes([*twice, *(reject(by.caller, bob, "No", people.now) for by in (people.alice, people.dan))])
        assert found["ok"] == 1
        assert len(await rosters.history(bob)) == 2
    assert len(await told("request_approved")) + len(await told("request_rejected")) == 5


async def test_withdrawing_beside_accepting_and_joining_leaves_no_place_idle(committed: str, people: People) -> None:
    for day in range(1, 11):
        session, bob = await full(people, at(18, day=day), places=2)
        (carol,) = await join(session, people.now, people.carol)
        erin = (await sessions.one(session.id, people.erin.id)).own
        assert erin is not None
        await withdraw(people.bob.caller, bob, people.now)
        await outcomes(
            [
                accept_offer(people.carol.caller, carol, people.now),
                withdraw(people.erin.caller, erin.id, people.now),
                sign_up(people.dan.caller, session.id, people.now, waits=True),
                withdraw(people.carol.caller, carol, people.now),
            ]
        )
        role = (await sessions.one(session.id)).roles[0]
        assert role.waiting == 0 or not role.has_room, "nobody is left in line beside a free place"
        assert await agree(session.id)


NOTHING_CLASHES = """
SELECT 1 FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
  JOIN signup v ON v.person_id = u.person_id AND v.id > u.id JOIN session t ON t.id = v.session_id
 WHERE u.state = 'confirmed' AND v.state = 'confirmed'
   AND least(s.ends_at, t.ends_at) - greatest(s.starts_at, t.starts_at) > make_interval(mins => a.grace)
"""


class Play:
    """One player's turns: whatever a member or an organiser might do next, with whatever there is."""

    def __init__(self, seed: int, people: People, folk: list[Person], dated: list[Session]) -> None:
        self.rng, self.people, self.folk, self.dated = Random(seed), people, folk, dated

    async def turn(self, now: datetime) -> None:
        with contextlib.suppress(Refusal):
            await self._move(now)

    async def _move(self, now: datetime) -> object:
        person, session = self.rng.choice(self.folk), self.rng.choice(self.dated)
        own = (await sessions.one(session.id, person.id)).own
        alice = self.people.alice.caller
        kind = self.rng.randrange(10)
        if own is None or kind < 3:
            return await sign_up(person.caller, session.id, now, waits=self.rng.random() < 0.8)
        if kind == 3:
            places = self.rng.choice((0, 1, 2, 3))
            return await change_places(alice, session.id, session.roles[0].id, places, now)
        if kind == 4:
            return await move_queues.run(now)
        if kind == 5:
            return await take_back(alice, own.id, "Rang", now)
        if own.state == "offered":
            return await (accept_offer if kind < 9 else decline_offer)(person.caller, own.id, now)
        if own.state == "requested":
            return await (approve(alice, own.id, now) if kind < 8 else reject(alice, own.id, "No", now))
        return await withdraw(person.caller, own.id, now)


@pytest.mark.parametrize(
    "rules",
    [{}, {"needs_approval": True, "asks_again": True}, {"needs_approval": True, "counts_requests": True, "asks_again": True}],
    ids=["plain", "approval", "counted requests"],
)
async def test_whatever_is_played_the_places_add_up_and_nobody_is_in_two_places(
    committed: str, people: People, rules: dict[str, Any]
) -> None:
    """Six players at once, a clock that runs past the ends of offers, three sessions of which two clash."""
    more = {"places": 2, "has_waiting_list": True, "offer_minutes": 5, "grace": 0, **rules}
    dated = [await given.session(people, at(hour, day=3), **more) for hour in (18, 18.5, 20)]
    folk = await crowd(people, 7)

    async def play(seed: int) -> None:
        player = Play(seed, people, folk, dated)
        for turn in range(40):
            await player.turn(people.now + timedelta(minutes=turn))

    await asyncio.gather(*(play(seed) for seed in range(6)))
    later = people.now + timedelta(hours=2)
    for _ in range(3):
        await move_queues.run(later)
    for session in dated:
        assert await agree(session.id), await in_states(session)
    assert not await sql.rows(NOTHING_CLASHES)
    assert await history_agrees()
    played = {row["state"] for row in await sql.rows("SELECT DISTINCT state FROM signup_change")}
    seldom = {"requested", "rejected"} if rules else {"waiting", "offered"}
    assert {"confirmed", "withdrawn", "cancelled"} | seldom <= played


async def history_agrees() -> bool:
    """Whether the last row of every history is the state that its sign-up is in, and none has two in a row."""
    return not await sql.rows(
        "SELECT 1 FROM signup u WHERE u.state <> (SELECT c.state FROM signup_change c WHERE c.signup_id = u.id "
        "ORDER BY c.id DESC LIMIT 1) OR (SELECT count(*) FROM signup_change c WHERE c.signup_id = u.id) <> u.sequence + 1"
    )
