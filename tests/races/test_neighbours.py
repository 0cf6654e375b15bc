"""Neighbours who answer, agree, confirm and call off at once: with real commits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.neighbours.help import AFTER, START, post
from tests.races.crowd import beside, neighbours
from timebank.actions.neighbours.arrange import (
    AnsweredAlready,
    CancelledTooLate,
    ExchangeOver,
    PostFull,
    Proposal,
    Yes,
    agree,
    answer_post,
    leave,
)
from timebank.actions.neighbours.confirm import Word, say_how_long
from timebank.actions.neighbours.mediate import Decision, Statement, decide, tell_mediator
from timebank.points import exchanges

pytestmark = pytest.mark.race


async def at_once(*doing: Any) -> Counter[str]:
    """Each action opens its own transaction: how each ended."""
    tasks = [beside(each) for each in doing]
    found = []
    for task in tasks:
        try:
            found.append((await task).state)
        except Exception as error:
            found.append(type(error).__name__)
    return Counter(found)


async def held(folk: People) -> tuple[int, int]:
    balance = await purse.balance(folk.carol)
    return balance.posted, balance.held


async def test_one_answers_a_post_once_and_of_many_yeses_only_as_many_hold_as_there_are_places(folk: People) -> None:
    await purse.earn(folk.carol, 20)
    made = await post(folk.carol, places=2)
    asked = [answer_post(folk.bob.caller, made.id, Proposal(START, 60), NOW) for _ in range(6)]
    assert await at_once(*asked) == {"asked": 1, AnsweredAlready.__name__: 5}
    others = [await answer_post(who.caller, made.id, Proposal(START, 60), NOW) for who in await neighbours(folk, 5, 0)]
    yeses = [agree(folk.carol.caller, each.id, Yes(1), NOW) for each in others for _ in range(2)]
    found = await at_once(*yeses)
    # Two of one yes: the second finds it agreed, whoever came between.
    assert found == {"agreed": 4, PostFull.__name__: 6}
    assert await held(folk) == (2000, 200)


async def test_of_a_yes_and_a_withdrawal_at_once_the_points_follow_what_happened(folk: People) -> None:
    await purse.earn(folk.carol, 20)
    live = 0
    for n in range(8):
        made = await post(folk.carol)
        exchange = await answer_post(folk.bob.caller, made.id, Proposal(START, 60), NOW)
        doing = [agree(folk.carol.caller, exchange.id, Yes(1), NOW), leave(folk.bob.caller, exchange.id, NOW)]
        found = await at_once(*doing[:: 1 if n % 2 else -1])
        state = (await exchanges.one(exchange.id)).state
        # Agreed first: the withdrawal calls it off. Withdrawn first: the yes is told so.
        assert (state, found) in [
            ("cancelled", Counter({"agreed": 1, "cancelled": 1})),
            ("withdrawn", Counter({"withdrawn": 1, ExchangeOver.__name__: 1})),
        ]
        live += state == "agreed"
    assert (live, await held(folk)) == (0, (2000, 0))


async def test_words_and_a_cancellation_at_once_pay_once_or_not_at_all(folk: People) -> None:
    await purse.earn(folk.carol, 20)
    paid = 0
    for n in range(8):
        made = await post(folk.carol)
        exchange = await answer_post(folk.bob.caller, made.id, Proposal(START, 60), NOW)
        await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
        # The cancellation was sent a moment before it began, and may arrive after the words.
        doing: list[Any] = [
            say_how_long(who.caller, exchange.id, Word(60), AFTER) for who in (folk.bob, folk.carol) for _ in (1, 2)
        ]
        doing.insert(n % 5, leave(folk.carol.caller, exchange.id, START - timedelta(seconds=1)))
        found = await at_once(*doing)
        ended = await exchanges.one(exchange.id)
        if ended.state == "settled":
            assert (found["settled"] >= 1, found[CancelledTooLate.__name__] + found[ExchangeOver.__name__]) == (True, 1), found
        else:
            assert (ended.state, found) == ("cancelled", Counter({"cancelled": 1, ExchangeOver.__name__: 4}))
        paid += ended.state == "settled"
    assert (await held(folk), await purse.available(folk.bob)) == ((2000 - 100 * paid, 0), paid)


async def test_two_decisions_at_once_are_one(folk: People) -> None:
    await purse.earn(folk.carol, 20)
    made = await post(folk.carol)
    exchange = await answer_post(folk.bob.caller, made.id, Proposal(START, 60), NOW)
    await agree(folk.carol.caller, exchange.id, Yes(1), NOW)
    for who, minutes in ((folk.bob, 60), (folk.carol, 0)):
        await say_how_long(who.caller, exchange.id, Word(minutes), AFTER)
    for who in (folk.bob, folk.carol):
        await tell_mediator(who.caller, exchange.id, Statement("So it was."), AFTER)
    verdicts = [
        decide(folk.erin.caller, exchange.id, Decision(minutes, "Heard both."), AFTER) for minutes in (30, 60) for _ in range(3)
    ]
    assert await at_once(*verdicts) == {"settled": 3, ExchangeOver.__name__: 3}
    posted, left = await held(folk)
    assert (posted, left) in [(1950, 0), (1900, 0)]
    assert posted + 100 * await purse.available(folk.bob) == 2000
