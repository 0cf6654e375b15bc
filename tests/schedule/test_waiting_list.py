"""The waiting list: order, offers that run out, and what moves the queue. On real PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from schedules import answers, offers, rosters, sessions, signups
from schedules.answers import Collides, Full, Name, WaitlistOpen
from schedules.errors import Refusal
from schedules.offers import NotOffered, OfferRanOut
from schedules.signups import NotSignedUp, WithdrawTooLate
from tests.given import People, Person
from tests.schedule import given, waiting
from tests.schedule.given import at
from tests.schedule.waiting import agree, full, join, states, told
from timebank.actions.activities.call_off import call_off_activity, call_off_session
from timebank.actions.activities.change_places import change_places
from timebank.actions.signups.sign_up import sign_up, sign_up_for
from timebank.actions.signups.take_offer import accept_offer, decline_offer
from timebank.actions.signups.withdraw import take_back, withdraw, withdraw_from_here
from timebank.jobs import move_queues
from timebank.people import members

HOUR = timedelta(hours=1)
OFFER = timedelta(minutes=waiting.OFFER)
SECOND = timedelta(seconds=1)


async def test_full_is_told_apart_from_full_with_a_waiting_list(tx: None, people: People) -> None:
    plain = await given.session(people, places=1)
    await sign_up(people.bob.caller, plain.id, people.now)
    with pytest.raises(Full):
        await sign_up(people.carol.caller, plain.id, people.now, waits=True)
    session, _ = await full(people, at(21))
    with pytest.raises(WaitlistOpen) as refused:
        await sign_up(people.carol.caller, session.id, people.now)
    assert refused.value.waiting == 0
    taken = await sign_up(people.carol.caller, session.id, people.now, waits=True)
    assert (taken.state, taken.answer, taken.position) == ("waiting", "waitlist_open", 1)
    assert await agree(session.id)


async def test_asking_for_the_line_where_a_place_is_free_takes_the_place(tx: None, people: People) -> None:
    session = await given.session(people, places=1, has_waiting_list=True)
    assert (await sign_up(people.bob.caller, session.id, people.now, waits=True)).state == "confirmed"


@pytest.mark.scenario("schedule-60")
async def test_ones_position_is_seen_and_moves_up(tx: None, people: People) -> None:
    session, _ = await full(people)
    carol, _dan = await join(session, people.now, people.carol, people.dan)
    seen = await sessions.one(session.id, people.dan.id)
    assert seen.own is not None
    assert (seen.own.position, seen.roles[0].waiting) == (2, 2)
    await withdraw(people.carol.caller, carol, people.now)
    own = (await sessions.one(session.id, people.dan.id)).own
    assert own is not None
    assert own.position == 1
    assert (await rosters.of_person(people.dan.id))[0].position == 1


@pytest.mark.scenario("schedule-53", "schedule-63")
async def test_a_withdrawal_offers_the_place_to_the_first_in_line_and_to_nobody_else(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now + HOUR)
    assert await states(carol, dan) == ["offered", "waiting"]
    own = (await sessions.one(session.id, people.carol.id)).own
    assert own is not None
    assert own.offered_until == people.now + HOUR + OFFER
    with pytest.raises(WaitlistOpen):
        await sign_up(people.erin.caller, session.id, people.now + HOUR)
    assert await told("place_offered") == [people.carol.id]
    assert await agree(session.id)
    accepted = await accept_offer(people.carol.caller, carol, people.now + 2 * HOUR)
    assert (accepted.state, await states(carol, dan)) == ("confirmed", ["confirmed", "waiting"])
    assert await agree(session.id)


@pytest.mark.scenario("schedule-54")
async def test_an_offer_that_runs_out_goes_to_the_next_and_its_person_may_be_asked_again(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    until = people.now + OFFER
    assert await move_queues.run(until - SECOND) == 0
    assert await move_queues.run(until) == 1
    assert await states(carol, dan) == ["waiting", "offered"]
    assert (await told("place_offered"), await told("offer_ran_out")) == ([people.dan.id], [people.carol.id])
    await decline_offer(people.dan.caller, dan, until)
    assert await states(carol, dan) == ["offered", "withdrawn"]
    assert await agree(session.id)


async def test_an_offer_that_everybody_lets_pass_leaves_the_place_to_anybody(tx: None, people: People) -> None:
    """Nobody is asked for the same place twice: it would never be free for somebody who wants it."""
    session, bob = await full(people, at(18, day=7))
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    for turn in (1, 2, 3):
        await move_queues.run(people.now + turn * OFFER)
    assert await states(carol, dan) == ["waiting", "waiting"]
    assert answers.answer(await sessions.one(session.id, people.erin.id), people.now + 3 * OFFER).name is Name.FREE
    taken = await accept_offer(people.dan.caller, dan, people.now + 3 * OFFER)  # who waits may take it as well
    assert taken.state == "confirmed"
    await withdraw(people.dan.caller, dan, people.now + 3 * OFFER)
    assert await states(carol) == ["offered"], "a further place is a new chance"


async def test_added_places_are_a_new_chance_for_who_let_one_pass(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=7))
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)
    await move_queues.run(people.now + OFFER)
    assert await states(carol) == ["waiting"]
    await change_places(people.alice.caller, session.id, session.roles[0].id, 1, people.now + OFFER)
    assert await states(carol) == ["waiting"], "nothing was added"
    await change_places(people.alice.caller, session.id, session.roles[0].id, 2, people.now + OFFER)
    assert await states(carol) == ["offered"]


@pytest.mark.scenario("schedule-55")
async def test_a_declined_offer_goes_to_the_next_at_once(tx: None, people: People) -> None:
    session, bob = await full(people)
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    await decline_offer(people.carol.caller, carol, people.now, "Cannot come after all")
    assert await states(carol, dan) == ["withdrawn", "offered"]
    assert await told("place_offered") == [people.dan.id], "the message that was not sent yet is taken back"
    assert [change.reason for change in await rosters.history(carol)][-1] == "Cannot come after all"
    with pytest.raises(NotOffered):
        await decline_offer(people.carol.caller, carol, people.now)


@pytest.mark.scenario("schedule-56")
async def test_in_the_second_it_expires_an_offer_is_either_accepted_or_gone(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)
    with pytest.raises(OfferRanOut) as refused:
        await accept_offer(people.carol.caller, carol, people.now + OFFER)
    assert refused.value.until == people.now + OFFER
    assert (await accept_offer(people.carol.caller, carol, people.now + OFFER - SECOND)).state == "confirmed"
    assert not await offers.move_queue(session.roles[0].id, people.now + OFFER)
    assert await states(carol) == ["confirmed"]


async def test_an_offer_that_ran_out_gives_way_without_any_job(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)
    taken = await sign_up(people.dan.caller, session.id, people.now + OFFER)
    assert (taken.state, await states(carol)) == ("confirmed", ["waiting"])
    assert await agree(session.id)


async def test_an_offer_that_ran_out_goes_to_the_line_before_a_newcomer(tx: None, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    taken = await sign_up(people.erin.caller, session.id, people.now + OFFER, waits=True)
    assert (taken.state, taken.position) == ("waiting", 2), "behind Carol, who waits on"
    assert await states(carol, dan) == ["waiting", "offered"]


@pytest.mark.scenario("schedule-57", "schedule-23")
@pytest.mark.parametrize(("places", "offered"), [(2, 1), (4, 3), (None, 3), (1, 0), (0, 0)])
async def test_raised_by_so_many_places_at_most_so_many_offers_go_out(
    tx: None, people: People, places: int | None, offered: int
) -> None:
    session, _ = await full(people)
    line = await join(session, people.now, people.carol, people.dan, people.erin)
    await change_places(people.alice.caller, session.id, session.roles[0].id, places, people.now)
    assert (await states(*line)).count("offered") == offered
    assert (await states(*line))[:offered] == ["offered"] * offered, "in the order of the line"
    assert len(await told("place_offered")) == offered
    assert await agree(session.id)


@pytest.mark.scenario("schedule-58")
async def test_the_job_run_again_makes_no_second_offer_and_no_second_message(tx: None, people: People) -> None:
    session, bob = await full(people)
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await signups.withdraw(bob, people.bob.id, "", people.now)  # as though whoever freed it had moved nobody
    assert await states(carol, dan) == ["waiting", "waiting"]
    assert [await move_queues.run(people.now) for _ in range(3)] == [1, 0, 0]
    assert await states(carol, dan) == ["offered", "waiting"]
    assert await told("place_offered") == [people.carol.id]


@pytest.mark.scenario("schedule-59")
async def test_who_could_not_come_is_passed_over_and_keeps_the_position(tx: None, people: People) -> None:
    session, bob = await full(people)
    carol, dan, erin = await join(session, people.now, people.carol, people.dan, people.erin)
    other = await given.session(people, at(18))
    elsewhere = await sign_up(people.carol.caller, other.id, people.now)
    await members.set_state(people.dan.id, "suspended", "a talk is due")
    await withdraw(people.bob.caller, bob, people.now)
    assert await states(carol, dan, erin) == ["waiting", "waiting", "offered"]
    await withdraw(people.carol.caller, elsewhere.signup_id, people.now)
    await decline_offer(people.erin.caller, erin, people.now)
    assert await states(carol, dan) == ["offered", "waiting"]


async def test_a_free_place_is_offered_once_somebody_in_line_can_take_it(tx: None, people: People) -> None:
    session, bob = await full(people)
    (carol,) = await join(session, people.now, people.carol)
    elsewhere = await sign_up(people.carol.caller, (await given.session(people, at(18))).id, people.now)
    await withdraw(people.bob.caller, bob, people.now)
    assert await move_queues.run(people.now) == 0
    await withdraw(people.carol.caller, elsewhere.signup_id, people.now)
    assert await move_queues.run(people.now) == 1
    assert await states(carol) == ["offered"]


@pytest.mark.scenario("schedule-51")
async def test_waiting_and_an_offer_clash_with_nothing_and_accepting_is_judged_afresh(tx: None, people: People) -> None:
    session, bob = await full(people)
    (carol,) = await join(session, people.now, people.carol)
    other = await given.session(people, at(18))
    assert (await sign_up(people.carol.caller, other.id, people.now)).answer == "free"
    first = (await sessions.one(other.id, people.carol.id)).own
    assert first is not None
    await withdraw(people.carol.caller, first.id, people.now)
    await withdraw(people.bob.caller, bob, people.now)
    assert await states(carol) == ["offered"]
    again = await sign_up(people.carol.caller, other.id, people.now)
    with pytest.raises(Collides) as refused:
        await accept_offer(people.carol.caller, carol, people.now)
    assert refused.value.session_id == other.id
    assert await states(carol) == ["offered"], "the place is still held"
    await withdraw(people.carol.caller, again.signup_id, people.now)
    assert (await accept_offer(people.carol.caller, carol, people.now)).state == "confirmed"


@pytest.mark.scenario("schedule-61")
async def test_an_offer_ends_with_the_window_and_none_goes_out_afterwards(tx: None, people: People) -> None:
    session, bob = await full(people, signup_after=0)
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await take_back(people.alice.caller, bob, "Rang", session.starts_at - HOUR)
    assert (await rosters.find(carol)).offered_until == session.starts_at
    await move_queues.run(session.starts_at)
    assert await states(carol, dan) == ["waiting", "waiting"]
    assert await agree(session.id)
    assert (await sessions.one(session.id)).taken == 0


@pytest.mark.scenario("schedule-62")
@pytest.mark.parametrize("whole", [False, True])
async def test_called_off_closes_line_and_offers_and_tells_everybody_once(tx: None, people: People, whole: bool) -> None:
    session, bob = await full(people, places=2)
    carol, dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    for _ in range(2):
        if whole:
            await call_off_activity(people.alice.caller, session.activity_id, "Storm", people.now)
        else:
            await call_off_session(people.alice.caller, session.id, "Storm", people.now)
    assert await states(carol, dan) == ["cancelled", "cancelled"]
    assert sorted(await told("session_called_off")) == sorted([people.carol.id, people.dan.id, people.erin.id])
    assert await agree(session.id)
    with pytest.raises(NotOffered):
        await accept_offer(people.carol.caller, carol, people.now)
    assert await move_queues.run(people.now + 2 * OFFER) == 0


async def test_an_organiser_may_put_somebody_in_line_or_take_them_out(tx: None, people: People) -> None:
    session, bob = await full(people)
    by_hand = await sign_up_for(people.alice.caller, session.id, people.carol.id, "Asked by phone", people.now, waits=True)
    (dan,) = await join(session, people.now, people.dan)
    assert by_hand.position == 1
    await take_back(people.alice.caller, by_hand.signup_id, "Moved away", people.now)
    assert await told("place_taken_back") == [people.carol.id]
    await withdraw(people.bob.caller, bob, people.now)
    assert await states(by_hand.signup_id, dan) == ["cancelled", "offered"]


async def test_only_the_person_accepts_or_declines(tx: None, people: People) -> None:
    session, bob = await full(people)
    (carol,) = await join(session, people.now, people.carol)
    await withdraw(people.bob.caller, bob, people.now)
    for verb in (accept_offer, decline_offer):
        with pytest.raises(Refusal):
            await verb(people.dan.caller, carol, people.now)
    assert await states(carol) == ["offered"]


async def test_who_left_the_line_joins_at_its_end(tx: None, people: People) -> None:
    session, _ = await full(people)
    carol, _dan = await join(session, people.now, people.carol, people.dan)
    await withdraw(people.carol.caller, carol, people.now)
    again = await sign_up(people.carol.caller, session.id, people.now, waits=True)
    assert (again.signup_id, again.position) == (carol, 2)


@pytest.mark.scenario("schedule-65")
async def test_let_off_late_is_noted_as_a_late_leave(tx: None, people: People) -> None:
    session = await given.session(people, withdraw_before=120)
    early = await sign_up(people.carol.caller, session.id, people.now)
    late = await sign_up(people.bob.caller, session.id, people.now)
    await take_back(people.alice.caller, early.signup_id, "Rang", session.starts_at - 2 * HOUR - SECOND)
    await take_back(people.alice.caller, late.signup_id, "Rang", session.starts_at - 2 * HOUR)
    assert not (await rosters.find(early.signup_id)).is_late_leave
    left = await rosters.find(late.signup_id)
    assert (left.state, left.is_late_leave) == ("cancelled", True)
    assert (await rosters.history(late.signup_id))[-1].is_late_leave
    await sign_up(people.bob.caller, session.id, session.starts_at - HOUR)
    assert not (await rosters.find(late.signup_id)).is_late_leave, "who comes back has not left"


async def signed_up_for(person: Person, dated: list[sessions.Session], people: People) -> list[UUID]:
    return [(await sign_up(person.caller, session.id, people.now)).signup_id for session in dated]


@pytest.mark.scenario("schedule-67")
async def test_leaving_one_session_leaves_the_others_and_all_from_here_on_what_may_still_be_left(
    tx: None, people: People
) -> None:
    dated = await given.published(people, at(18), at(18, day=1), at(18, day=7), at(18, day=14), withdraw_before=36 * 60)
    own = await signed_up_for(people.bob, dated, people)
    await withdraw(people.bob.caller, own[3], people.now)
    assert await states(*own) == ["confirmed", "confirmed", "confirmed", "withdrawn"]
    left = await withdraw_from_here(people.bob.caller, own[1], people.now, "Away")
    assert [one.signup_id for one in left.freed] == [own[2]]
    assert [(one.signup_id, one.until) for one in left.kept] == [(own[1], dated[1].withdraw_until)]
    assert await states(*own) == ["confirmed", "confirmed", "withdrawn", "withdrawn"]
    with pytest.raises(NotSignedUp):
        await withdraw_from_here(people.bob.caller, own[2], people.now)


async def test_all_from_here_on_moves_every_queue(tx: None, people: People) -> None:
    dated = await given.published(people, at(18), at(18, day=7), places=1, has_waiting_list=True)
    bob = await signed_up_for(people.bob, dated, people)
    carol = [*await join(dated[0], people.now, people.carol), *await join(dated[1], people.now, people.carol)]
    await withdraw_from_here(people.bob.caller, bob[0], people.now)
    assert await states(*carol) == ["offered", "offered"]
    assert await told("place_offered") == [people.carol.id] * 2


async def test_past_the_deadline_the_line_may_still_be_left(tx: None, people: People) -> None:
    session, bob = await full(people, withdraw_before=24 * 60)
    (carol,) = await join(session, people.now, people.carol)
    with pytest.raises(WithdrawTooLate):
        await withdraw(people.bob.caller, bob, people.now)
    await withdraw(people.carol.caller, carol, people.now)
    assert await states(carol) == ["withdrawn"]
