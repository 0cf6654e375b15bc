"""The lines of a wallet follow from each other."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.outbox import intents
from timebank.points import ledger, wallets
from timebank.rewards import redemptions


@pytest.mark.scenario("ledger-116")
async def test_each_balance_follows_from_the_one_before_and_pages_meet(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=3)
    await purse.earn(folk.bob, 10)
    receipt = await shelf.redeem(folk.bob)
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)
    wrong = await purse.earn(folk.bob, 4)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    whole = await wallets.history(folk.bob.id)
    assert [line.seq for line in whole] == [5, 4, 3, 2, 1]
    for later, earlier in pairwise(whole):
        assert later.balance_after == earlier.balance_after + later.units
    assert whole[0].balance_after == (await purse.balance(folk.bob)).posted == sum(line.units for line in whole)
    first = await wallets.history(folk.bob.id, at_most=2)
    rest = await wallets.history(folk.bob.id, before_seq=first[-1].seq)
    assert first + rest == whole


async def test_a_line_says_what_was_bought(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=3)
    await purse.earn(folk.bob, 10)
    receipt = await shelf.redeem(folk.bob)
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=True, at=NOW)
    assert [line.what for line in await wallets.history(folk.bob.id)] == ["鸡蛋", "鸡蛋", ""]


async def test_what_waits_is_listed_newest_first_with_its_reason(folk: People) -> None:
    await purse.promised(folk.bob, 2)
    poison = await purse.promised(folk.bob, 1, kind="poison")
    await intents.keep(poison)
    assert {(line.state, line.units) for line in await wallets.waiting(folk.bob.id)} == {("pending", 200), ("pending", 100)}


async def test_somebody_without_an_account_has_nothing(folk: People) -> None:
    assert await wallets.balance(folk.elsewhere) == wallets.EMPTY
    assert await wallets.history(folk.elsewhere) == []
