"""Gifts and lists of the pool that are answered at once: with real commits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.races.crowd import all_at_once, neighbours
from timebank.points import accounts, gifts, pools
from timebank.points.refusals import HoldOver, InsufficientPoints

pytestmark = pytest.mark.race


def outcome(answer: Any) -> str:
    return answer if isinstance(answer, str) else "accepted" if not isinstance(answer, Exception) else type(answer).__name__


@pytest.mark.scenario("ledger-84")
async def test_of_a_yes_and_a_withdrawal_at_once_exactly_one_happens(folk: People) -> None:
    await purse.earn(folk.bob, 20)
    kept = 0
    for n in range(12):
        gift = await gifts.give(folk.bob.id, folk.carol.id, 100, "", timedelta(days=7), None)
        # Twice each: a repeat of what happened is told the same, the other is told that it is over.
        asked = [gifts.accept(gift.id, None), gifts.end(gift.id, "withdrawn")]
        asked += [gifts.end(gift.id, "withdrawn"), gifts.accept(gift.id, None)]
        answers = await all_at_once(asked[n % 2 :] + asked[: n % 2])
        state = (await gifts.one(gift.id)).state
        assert Counter(map(outcome, answers)) == {state: 2, HoldOver.__name__: 2}, answers
        kept += state == "accepted"
    balance = await purse.balance(folk.bob)
    assert (balance.posted, balance.held, await purse.available(folk.carol)) == (2000 - 100 * kept, 0, kept)


@pytest.mark.scenario("ledger-91")
async def test_two_lists_at_once_never_take_the_pool_below_nothing(folk: People) -> None:
    some = await neighbours(folk, 6, 0)
    await accounts.open_for(folk.community)
    await purse.earn(folk.bob, 5)
    await pools.donate(folk.bob.id, folk.community, 500)
    # In opposite orders, and each carried out twice: one list is done, the other refused whole.
    lines = [(person.id, 50) for person in some]
    first = await pools.propose(folk.community, "first", lines, folk.alice.id, NOW)
    second = await pools.propose(folk.community, "second", lines[::-1], folk.alice.id, NOW)
    answers = await all_at_once(pools.carry_out(issue, folk.erin.id) for issue in (first, second, first, second))
    assert Counter(type(answer) for answer in answers) == {int: 2, InsufficientPoints: 2}, answers
    assert [await purse.available(person) for person in some] == [0.5] * 6
    assert (await pools.one(folk.community)).available == 200
