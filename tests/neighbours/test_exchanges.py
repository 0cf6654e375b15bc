"""Help between neighbours: agreed with the points held, both say how long it was, and each exchange ends once."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, refused
from tests.ledger.test_gifts import rules
from tests.neighbours.help import AFTER, START, agreed, asked, has, live_with, post, said, told
from timebank.actions.neighbours.arrange import (
    AnsweredAlready,
    CancelledTooLate,
    ExchangeOver,
    NotAhead,
    NotYourTurn,
    OneHousehold,
    PayerShort,
    PostFull,
    Proposal,
    TermsChanged,
    Yes,
    agree,
    answer_post,
    leave,
    propose_terms,
)
from timebank.actions.neighbours.confirm import TooSoon, Word, say_how_long
from timebank.actions.neighbours.mediate import Decision, NotHeard, Statement, decide, see_case, see_cases, tell_mediator
from timebank.actions.neighbours.posts import OwnPost, PostOver, close_post
from timebank.actions.neighbours.see_exchanges import see_exchange, see_exchanges
from timebank.actions.people.see_statement import see_statement
from timebank.communities import policies
from timebank.jobs import end_exchanges
from timebank.people.callers import NotAllowed
from timebank.points import exchanges
from timebank.points.refusals import FourEyes, InsufficientPoints
from timebank.web import clock


async def test_the_points_are_held_at_the_one_who_is_helped_and_move_once_both_have_said_how_long_it_was(folk: People) -> None:
    exchange = await agreed(folk)
    assert (exchange.state, exchange.units, await has(folk.carol), await has(folk.bob)) == ("agreed", 100, (9, 1), (0, 0))
    assert (await say_how_long(folk.bob.caller, exchange.id, Word(60), AFTER)).state == "agreed"
    for _ in range(2):
        done = await say_how_long(folk.carol.caller, exchange.id, Word(60), AFTER)
        assert (done.state, done.settled_minutes, done.settled_units) == ("settled", 60, 100)
    assert (await has(folk.carol), await has(folk.bob)) == ((9, 0), (1, 0))
    assert await purse.kinds(folk.carol) == [("credit", 1000), ("exchange", -100)]
    assert await purse.kinds(folk.bob) == [("exchange", 100)]
    assert await sql.value("SELECT count(*) FROM service_record") == 0


@pytest.mark.parametrize(
    ("helper", "helped", "minutes", "points"),
    [(60, 60, 60, 1), (60, 45, 52, 0.75), (50, 65, 57, 0.75), (90, 90, 90, 1), (14, 14, 14, 0), (0, 0, 0, 0)],
    ids=["the same", "a quarter apart", "the other way", "no more than planned", "below a step", "it did not take place"],
)
async def test_up_to_a_quarter_of_an_hour_apart_the_mean_counts(
    folk: People, helper: int, helped: int, minutes: int, points: float
) -> None:
    """rules.md 10."""
    done = await said(folk, await agreed(folk), helper, helped)
    assert (done.state, done.settled_minutes, done.settled_units) == ("settled", minutes, points * 100)
    assert (await has(folk.carol), await has(folk.bob)) == ((10 - points, 0), (points, 0))


@pytest.mark.parametrize(("helper", "helped"), [(60, 44), (0, 15), (10, 0)])
async def test_further_apart_a_mediator_hears_both_and_decides(folk: People, helper: int, helped: int) -> None:
    exchange = await said(folk, await agreed(folk), helper, helped)
    assert (exchange.state, exchange.mediation_why, await has(folk.carol)) == ("mediation", "apart", (9, 1))
    assert "exchange_to_mediate" in await told(folk.erin, AFTER)
    verdict = Decision(45, "Both name the bus at a quarter to.")
    async with refused(NotHeard):
        await decide(folk.erin.caller, exchange.id, verdict, AFTER)
    for person in (folk.bob, folk.carol):
        await tell_mediator(person.caller, exchange.id, Statement("We waited for the bus."), AFTER)
    assert [each.id for each in await see_cases(folk.erin.caller)] == [exchange.id]
    assert (await see_case(folk.erin.caller, exchange.id, AFTER)).may_decide
    for _ in range(2):
        done = await decide(folk.erin.caller, exchange.id, verdict, AFTER)
        assert (done.state, done.mediator, done.settled_units) == ("settled", "Erin", 75)
    assert (await has(folk.carol), await has(folk.bob)) == ((9.25, 0), (0.75, 0))
    for person in (folk.bob, folk.carol):
        assert "exchange_decided" in await told(person, AFTER)
        assert (await see_exchange(person.caller, exchange.id, AFTER)).line.exchange.decision == verdict.reason


async def test_who_is_one_of_the_two_or_close_to_one_does_not_mediate(folk: People) -> None:
    exchange = await said(folk, await agreed(folk), 60, 0)
    await live_with(folk.erin, folk.bob)
    late = AFTER + timedelta(days=8)
    assert not (await see_case(folk.erin.caller, exchange.id, late)).may_decide
    async with refused(FourEyes):
        await decide(folk.erin.caller, exchange.id, Decision(60, "I know him."), late)
    for caller in (folk.alice.caller, folk.bob.caller):
        async with refused(NotAllowed):
            await decide(caller, exchange.id, Decision(60, "It was so."), late)


async def test_a_mediator_waits_for_who_has_not_spoken_no_longer_than_the_rules_say(folk: People) -> None:
    exchange = await said(folk, await agreed(folk), 60, 0)
    await tell_mediator(folk.bob.caller, exchange.id, Statement("I was there."), AFTER)
    async with refused(NotHeard):
        await decide(folk.erin.caller, exchange.id, Decision(60, "He was there."), AFTER + timedelta(days=7, seconds=-1))
    done = await decide(folk.erin.caller, exchange.id, Decision(0, "Nobody saw it."), AFTER + timedelta(days=7))
    assert (done.state, await has(folk.carol), await has(folk.bob)) == ("settled", (10, 0), (0, 0))
    async with refused(ExchangeOver, state="settled"):
        await decide(folk.erin.caller, exchange.id, Decision(60, "Yet they did."), AFTER + timedelta(days=7))


async def test_one_who_stays_silent_is_asked_twice_and_then_a_mediator_looks_at_it(folk: People) -> None:
    exchange = await agreed(folk)
    assert exchange.answer_by is not None
    await say_how_long(folk.bob.caller, exchange.id, Word(60), AFTER)
    asked_for = [kind for kind in await told(folk.carol, exchange.answer_by) if kind.startswith("exchange_word")]
    assert asked_for == ["exchange_word", "exchange_word_again"]
    assert not [kind for kind in await told(folk.bob, exchange.answer_by) if kind.startswith("exchange_word")]
    assert await end_exchanges.run(exchange.answer_by - timedelta(seconds=1)) == 0
    for handled in (1, 0):
        assert await end_exchanges.run(exchange.answer_by) == handled
    found = await exchanges.one(exchange.id)
    assert (found.state, found.mediation_why, await has(folk.carol)) == ("mediation", "silent", (9, 1))
    async with refused(ExchangeOver):
        await say_how_long(folk.carol.caller, exchange.id, Word(60), exchange.answer_by)


async def test_where_neither_says_anything_nothing_is_paid(folk: People) -> None:
    exchange = await agreed(folk)
    assert exchange.answer_by is not None
    assert await end_exchanges.run(exchange.answer_by) == 1
    assert ((await exchanges.one(exchange.id)).state, await has(folk.carol)) == ("lapsed", (10, 0))
    assert "exchange_unsaid" in await told(folk.bob, exchange.answer_by)


async def test_points_are_free_at_the_last_instant_of_their_hold_and_nothing_is_paid_after_it(folk: People) -> None:
    exchange = await asked(folk)
    policy = (await policies.in_force(folk.building, NOW.date())).id
    await exchanges.agree(exchange, 100, None, policy, folk.carol.id, NOW, AFTER, NOW + timedelta(microseconds=1))
    assert (await exchanges.one(exchange.id)).state == "timed_out"
    async with refused(ExchangeOver, state="timed_out"):
        await say_how_long(folk.carol.caller, exchange.id, Word(60), AFTER)
    assert (await has(folk.carol))[0] == 10
    assert await end_exchanges.run(AFTER) == 1
    assert ((await exchanges.one(exchange.id)).state, await has(folk.carol)) == ("timed_out", (10, 0))


async def test_before_it_begins_either_may_call_it_off_and_the_points_are_free(folk: People) -> None:
    exchange = await agreed(folk)
    async with refused(TooSoon):
        await say_how_long(folk.bob.caller, exchange.id, Word(60), START - timedelta(seconds=1))
    for _ in range(2):
        assert (await leave(folk.bob.caller, exchange.id, START - timedelta(seconds=1))).state == "cancelled"
    assert (await has(folk.carol), await told(folk.carol)) == ((10, 0), ["exchange_asked"])
    assert "exchange_cancelled" in await told(folk.carol, START)
    assert not [kind for kind in await told(folk.carol, AFTER) if kind.startswith("exchange_word")]
    async with refused(ExchangeOver, state="cancelled"):
        await say_how_long(folk.bob.caller, exchange.id, Word(60), AFTER)


async def test_once_it_has_begun_nobody_calls_it_off(folk: People) -> None:
    exchange = await agreed(folk)
    async with refused(CancelledTooLate):
        await leave(folk.bob.caller, exchange.id, START)
    await said(folk, exchange, 0, 0)
    assert "exchange_not_held" in await told(folk.carol, AFTER)


async def test_either_may_propose_other_terms_and_a_yes_is_to_what_was_read(folk: People) -> None:
    exchange = await asked(folk)
    other = Proposal(START + timedelta(hours=3), 90, "after lunch")
    async with refused(NotYourTurn):
        await propose_terms(folk.bob.caller, exchange.id, other, NOW)
    changed = await propose_terms(folk.carol.caller, exchange.id, other, NOW)
    assert (changed.terms, changed.waits_for, changed.note) == (2, folk.bob.id, "after lunch")
    async with refused(TermsChanged):
        await agree(folk.bob.caller, exchange.id, Yes(1), NOW)
    async with refused(NotYourTurn):
        await agree(folk.carol.caller, exchange.id, Yes(2), NOW)
    for _ in range(2):
        assert (await agree(folk.bob.caller, exchange.id, Yes(2), NOW)).units == 150
    assert await has(folk.carol) == (8.5, 1.5)


@pytest.mark.parametrize(("who", "state"), [("carol", "declined"), ("bob", "withdrawn")])
async def test_a_proposal_is_declined_or_taken_back_and_may_be_made_again(folk: People, who: str, state: str) -> None:
    exchange = await asked(folk)
    async with refused(AnsweredAlready):
        await answer_post(folk.bob.caller, exchange.post_id, Proposal(START, 30), NOW)
    for _ in range(2):
        assert (await leave(getattr(folk, who).caller, exchange.id, NOW)).state == state
    async with refused(ExchangeOver, state=state):
        await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
    assert (await answer_post(folk.bob.caller, exchange.post_id, Proposal(START, 30), NOW)).state == "asked"


async def test_an_offer_turns_the_two_round(folk: People) -> None:
    await purse.earn(folk.bob, 10, at=None)
    made = await post(folk.carol, kind="help_offered", title="I repair bicycles")
    exchange = await answer_post(folk.bob.caller, made.id, Proposal(START, 60), NOW)
    assert (exchange.helper_id, exchange.helped_id) == (folk.carol.id, folk.bob.id)
    await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
    assert (await has(folk.bob), await has(folk.carol)) == ((9, 1), (0, 0))


async def test_one_post_leads_to_as_many_exchanges_as_it_has_places(folk: People) -> None:
    await purse.earn(folk.carol, 10, at=None)
    made = await post(folk.carol, places=2)
    found = [await answer_post(who.caller, made.id, Proposal(START, 60), NOW) for who in (folk.bob, folk.dan, folk.alice)]
    for each in found[:2]:
        await agree(folk.carol.caller, each.id, Yes(1), NOW)
    async with refused(PostFull, places=2):
        await agree(folk.carol.caller, found[2].id, Yes(1), NOW)
    await leave(folk.bob.caller, found[0].id, NOW)
    assert (await agree(folk.carol.caller, found[2].id, Yes(1), NOW)).state == "agreed"
    assert await has(folk.carol) == (8, 2)


async def test_nobody_agrees_without_points_and_only_the_one_who_lacks_them_reads_how_many(folk: People) -> None:
    wanted = await post(folk.carol)
    exchange = await answer_post(folk.bob.caller, wanted.id, Proposal(START, 60), NOW)
    async with refused(InsufficientPoints):
        await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
    offered = await post(folk.bob, kind="help_offered")
    other = await answer_post(folk.carol.caller, offered.id, Proposal(START, 60), NOW)
    async with refused(PayerShort, needed=100):
        await agree(folk.bob.caller, other.id, Yes(1), NOW)


async def test_what_lies_above_the_most_that_the_helper_may_have_stays_with_the_one_who_pays(folk: People) -> None:
    exchange = await agreed(folk)
    await rules(folk, wallet_cap_units=250)
    await purse.earn(folk.bob, 2, at=None)
    done = await said(folk, exchange, 60, 60)
    assert (done.settled_units, await has(folk.bob), await has(folk.carol)) == (50, (2.5, 0), (9.5, 0))


async def test_a_time_that_is_over_or_far_ahead_is_not_agreed_on(folk: People) -> None:
    exchange = await asked(folk)
    for when in (NOW, NOW + timedelta(days=91)):
        async with refused(NotAhead):
            await propose_terms(folk.carol.caller, exchange.id, Proposal(when, 60), NOW)
    async with refused(NotAhead):
        await agree(folk.carol.caller, exchange.id, Yes(1), START)
    assert await end_exchanges.run(START) == 1
    assert (await exchanges.one(exchange.id)).state == "lapsed"


async def test_help_at_home_is_for_no_points(folk: People) -> None:
    """Else points would pass from hand to hand behind one door, whatever the rules say of gifts."""
    made = await post(folk.carol)
    home = await sql.value("SELECT household_id FROM member WHERE id = $1", folk.carol.id)
    bob = msgspec.structs.replace(folk.bob.caller, household_id=home)
    async with refused(OneHousehold):
        await answer_post(bob, made.id, Proposal(START, 60), NOW)


async def test_nobody_answers_their_own_post_or_one_that_is_over(folk: People) -> None:
    exchange = await asked(folk)
    async with refused(OwnPost):
        await answer_post(folk.carol.caller, exchange.post_id, Proposal(START, 60), NOW)
    await close_post(folk.carol.caller, exchange.post_id, NOW)
    assert ((await exchanges.one(exchange.id)).state, "exchange_lapsed" in await told(folk.bob)) == ("lapsed", True)
    async with refused(PostOver):
        await answer_post(folk.dan.caller, exchange.post_id, Proposal(START, 60), NOW)


async def test_the_list_of_each_of_the_two_says_what_comes_next(folk: People) -> None:
    async def steps(now: object) -> tuple[str, str]:
        lines = [(await see_exchanges(who.caller, now)).lines[0] for who in (folk.bob, folk.carol)]  # type: ignore[arg-type]
        return lines[0].step, lines[1].step

    exchange = await asked(folk)
    assert await steps(NOW) == ("wait_answer", "answer")
    assert (await see_exchanges(folk.bob.caller, NOW)).lines[0].name == "C*"
    await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
    assert await steps(NOW) == ("meet", "meet")
    assert (await see_exchanges(folk.bob.caller, NOW)).lines[0].name == "Carol"
    await say_how_long(folk.bob.caller, exchange.id, Word(60), AFTER)
    assert await steps(AFTER) == ("wait_word", "say")
    await say_how_long(folk.carol.caller, exchange.id, Word(0), AFTER)
    assert await steps(AFTER) == ("tell_mediator", "tell_mediator")
    async with refused(NotFound):
        await see_exchange(folk.dan.caller, exchange.id, AFTER)


@pytest.mark.scenario("ledger-118")
async def test_the_statement_names_the_exchange_and_both_and_shows_no_hours(folk: People) -> None:
    await said(folk, await agreed(folk), 60, 60)
    today = await sql.value("SELECT (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date")
    for who, other, units in ((folk.bob, "Carol", 100), (folk.carol, "Bob", -100)):
        found = await see_statement(who.caller, who.id, clock.now(), since=today, until=today)
        line = found.lines[-1]
        assert (line.kind, line.what, line.other.name, line.units, line.minutes) == (
            "exchange",
            "Carry the rice up",
            other,
            units,
            None,
        )
