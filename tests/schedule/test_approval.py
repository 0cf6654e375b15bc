"""Where an organiser decides: requests, approval, rejection, and what lapses. On real PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schedules import answers, rosters, sessions
from schedules.answers import Collides, Full, Name, Rejected, Requested
from schedules.errors import Malformed
from schedules.requests import NotRequested, RequestLapsed
from tests.door.doors import opened
from tests.given import People, Person
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.waiting import agree, full, join, states, told
from timebank.actions.signups import take_offer
from timebank.actions.signups.decide_signup import approve, decide_many, reject
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.actions.signups.take_offer import accept_offer
from timebank.actions.signups.withdraw import withdraw
from timebank.jobs import move_queues
from timebank.people import members
from timebank.people.callers import NotAllowed

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


async def by_approval(people: People, *dated: Any, places: int = 1, **changes: Any) -> sessions.Session:
    return await given.session(people, *dated, places=places, **({"needs_approval": True} | changes))


async def ask(session: sessions.Session, people: People, *askers: Person) -> list[UUID]:
    return [(await sign_up(person.caller, session.id, people.now)).signup_id for person in askers]


@pytest.mark.scenario("schedule-40")
async def test_a_sign_up_is_a_request_and_the_organiser_is_told(tx: None, people: People) -> None:
    session = await by_approval(people)
    assert answers.answer(await sessions.one(session.id, people.bob.id), people.now).name is Name.NEEDS_APPROVAL
    taken = await sign_up(people.bob.caller, session.id, people.now)
    assert (taken.state, taken.answer) == ("requested", "needs_approval")
    assert await told("request_made") == [people.alice.id]
    with pytest.raises(Requested):
        await sign_up(people.bob.caller, session.id, people.now)
    decided = await approve(people.dan.caller, taken.signup_id, people.now)
    assert (decided.state, await told("request_approved")) == ("confirmed", [people.bob.id])
    assert await agree(session.id)


@pytest.mark.scenario("schedule-40")
async def test_at_the_door_a_request_is_not_approved_until_decided(tx: None, people: People, client: httpx.AsyncClient) -> None:
    door = await opened(people, client, needs_approval=True)
    own = (await sessions.one(door.session.id, people.bob.id)).own
    assert own is not None
    assert own.state == "requested"
    await door.clock(0)
    assert (await door.scan(nonce="before-it")).json()["code"] == "not_approved"
    await approve(people.alice.caller, own.id, people.now - HOUR)
    assert (await door.scan(nonce="after-it")).status_code == 201


@pytest.mark.scenario("schedule-22")
@pytest.mark.parametrize("counts", [False, True])
async def test_requests_count_against_the_places_only_where_the_activity_says_so(
    tx: None, people: People, counts: bool
) -> None:
    session = await by_approval(people, counts_requests=counts)
    await ask(session, people, people.bob)
    seen = answers.answer(await sessions.one(session.id, people.carol.id), people.now)
    assert seen.name is (Name.FULL if counts else Name.NEEDS_APPROVAL)
    assert (await sessions.one(session.id)).taken == int(counts)
    assert await agree(session.id)


@pytest.mark.scenario("schedule-41")
async def test_no_path_avoids_approval_but_an_organisers_decision_with_a_reason(tx: None, people: People) -> None:
    session = await by_approval(people, places=3)
    alice = people.alice.caller
    by_hand = await sign_up_for(alice, session.id, people.bob.id, "Asked by phone", people.now)
    assert by_hand.state == "requested"
    decided = await sign_up_for(alice, session.id, people.carol.id, "Knows the work", people.now, is_override=True)
    assert decided.state == "confirmed"
    assert (await rosters.find(decided.signup_id)).override_reason == "Knows the work"


@pytest.mark.scenario("schedule-41")
async def test_an_accepted_offer_is_a_request_that_holds_its_place(tx: None, people: People) -> None:
    session, bob = await full(people)
    (carol, dan) = await join(session, people.now, people.carol, people.dan)
    await given.now_needs_approval(session.activity_id)
    await withdraw(people.bob.caller, bob, people.now)
    taken = await accept_offer(people.carol.caller, carol, people.now)
    assert (taken.state, await states(carol, dan)) == ("requested", ["requested", "waiting"])
    assert await told("request_made") == [people.alice.id]
    assert (await sessions.one(session.id)).taken == 1
    await reject(people.alice.caller, carol, "Not this time", people.now)
    assert await states(carol, dan) == ["rejected", "offered"], "the place goes on to the next"
    assert await agree(session.id)


@pytest.mark.scenario("schedule-41")
async def test_an_offer_accepted_by_who_missed_too_often_is_a_request(
    tx: None, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What makes an organiser decide about the person also holds on the way through the line."""
    session, bob = await full(people)
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)

    async def thrice(member_id: UUID | None, now: datetime) -> answers.Missed:
        return answers.Missed(3, 6)

    monkeypatch.setattr(take_offer, "missed_by", thrice)
    assert (await accept_offer(people.carol.caller, carol, people.now)).state == "requested"


@pytest.mark.scenario("schedule-42")
async def test_of_two_requests_for_the_last_place_the_second_stays_and_says_that_it_is_full(tx: None, people: People) -> None:
    session = await by_approval(people)
    bob, carol = await ask(session, people, people.bob, people.carol)
    first, second = await decide_many(people.alice.caller, [bob, carol], "approve", "", people.now)
    assert first.decided is not None
    assert isinstance(second.refusal, Full)
    assert await states(bob, carol) == ["confirmed", "requested"]
    beyond = await approve(people.alice.caller, carol, people.now, "Brings a chair", is_override=True)
    assert beyond.state == "confirmed"
    assert (await sessions.one(session.id)).roles[0].excess == 1
    assert await agree(session.id)


@pytest.mark.scenario("schedule-43")
@pytest.mark.parametrize("again", [False, True])
async def test_a_rejection_has_a_reason_and_asking_again_is_the_activitys_choice(tx: None, people: People, again: bool) -> None:
    session = await by_approval(people, asks_again=again)
    (bob,) = await ask(session, people, people.bob)
    with pytest.raises(Malformed):
        await reject(people.alice.caller, bob, " ", people.now)
    await reject(people.alice.caller, bob, "Too heavy for one", people.now)
    assert await told("request_rejected") == [people.bob.id]
    own = (await sessions.one(session.id, people.bob.id)).own
    assert own is not None
    assert (own.state, own.reason) == ("rejected", "Too heavy for one")
    if again:
        assert (await sign_up(people.bob.caller, session.id, people.now)).state == "requested"
        return
    with pytest.raises(Rejected) as refused:
        await sign_up(people.bob.caller, session.id, people.now)
    assert refused.value.reason == "Too heavy for one"


@pytest.mark.scenario("schedule-44")
async def test_a_request_nobody_decided_lapses_with_the_start_and_its_place_moves_on(tx: None, people: People) -> None:
    session = await by_approval(people, counts_requests=True, has_waiting_list=True)
    (bob,) = await ask(session, people, people.bob)
    (carol,) = await join(session, people.now, people.carol)
    assert await move_queues.run(session.starts_at - SECOND) == 0
    with pytest.raises(RequestLapsed):
        await approve(people.alice.caller, bob, session.starts_at)
    assert [await move_queues.run(session.starts_at) for _ in range(2)] == [1, 0]
    assert await states(bob, carol) == ["lapsed", "offered"]
    assert await told("request_lapsed") == [people.bob.id]
    assert (await rosters.history(bob))[-1].by_id is None
    assert await agree(session.id)


async def test_a_request_of_somebody_who_was_let_in_does_not_lapse(tx: None, people: People) -> None:
    session = await by_approval(people)
    (bob,) = await ask(session, people, people.bob)
    await given.check_in(people.bob, bob, session.id, session.opens_at)
    assert await move_queues.run(session.ends_at) == 0
    assert await states(bob) == ["requested"]


async def test_while_it_runs_one_may_ask_and_the_request_ends_with_the_window(tx: None, people: People) -> None:
    session = await by_approval(people)
    taken = await sign_up(people.bob.caller, session.id, session.starts_at + SECOND)
    assert await move_queues.run(session.ends_at - SECOND) == 0
    assert await move_queues.run(session.ends_at) == 1
    assert await states(taken.signup_id) == ["lapsed"]


async def test_approval_is_judged_afresh(tx: None, people: People) -> None:
    session, other = await by_approval(people, places=2), await given.session(people)
    bob, carol = await ask(session, people, people.bob, people.carol)
    await sign_up(people.bob.caller, other.id, people.now)
    with pytest.raises(Collides):
        await approve(people.alice.caller, bob, people.now)
    with pytest.raises(Malformed):
        await approve(people.alice.caller, bob, people.now, "", is_override=True)
    assert (await approve(people.alice.caller, bob, people.now, "Half each", is_override=True)).state == "confirmed"
    await members.set_state(people.carol.id, "suspended", "a talk is due")
    with pytest.raises(answers.Blocked):
        await approve(people.alice.caller, carol, people.now, "x", is_override=True)


async def test_a_request_is_decided_once_and_by_who_runs_the_activity(tx: None, people: People) -> None:
    session = await by_approval(people)
    (bob,) = await ask(session, people, people.bob)
    for verb in (approve(people.bob.caller, bob, people.now), reject(people.carol.caller, bob, "x", people.now)):
        with pytest.raises(NotAllowed):
            await verb
    await withdraw(people.bob.caller, bob, people.now)
    with pytest.raises(NotRequested):
        await approve(people.alice.caller, bob, people.now)


async def test_a_request_close_to_another_session_names_it(tx: None, people: People) -> None:
    first, session = await given.session(people, at(16.5)), await by_approval(people)
    await sign_up(people.bob.caller, first.id, people.now)
    taken = await sign_up(people.bob.caller, session.id, people.now)
    assert taken.clash is not None
    assert taken.clash.session_id == first.id
