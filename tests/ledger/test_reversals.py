"""A credit taken back: by a new transfer, once, and what was spent meanwhile is owed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import JUNE, NOW, available, balance, refused
from timebank.outbox import intents
from timebank.points import ledger
from timebank.points.refusals import AlreadySpent, FourEyes, NotReversible, ReasonMissing, UnknownTransfer


@pytest.mark.scenario("ledger-97")
async def test_an_unspent_credit_gives_back_its_own_lot(folk: People) -> None:
    await purse.earn(folk.bob, 3, expires_at=JUNE)
    wrong = await purse.earn(folk.bob, 2)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    assert await purse.lots(folk.bob) == [(300, 300, JUNE), (200, 0, None)]
    assert await available(folk.bob) == 3


async def test_a_credit_is_reversed_once(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 2)
    first = await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    assert await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW) == first
    assert await purse.kinds(folk.bob) == [("credit", 200), ("reverse", -200)]


@pytest.mark.scenario("ledger-98")
async def test_what_was_spent_is_owed_and_repaid_from_the_next_credit(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    wrong = await purse.earn(folk.bob, 10)
    await shelf.redeem(folk.bob)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    found = await balance(folk.bob)
    assert (found.posted, found.available, found.owed) == (0, 0, 600)
    await purse.earn(folk.bob, 20)
    found = await balance(folk.bob)
    assert (found.available, found.owed) == (1400, 0)
    assert (await purse.kinds(folk.bob))[-2:] == [("credit", 2000), ("repay", -600)]


async def test_a_debt_is_repaid_as_far_as_points_reach(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    wrong = await purse.earn(folk.bob, 10)
    await shelf.redeem(folk.bob)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    for owed in (400, 200, 0, 0):
        await purse.earn(folk.bob, 2)
        assert (await balance(folk.bob)).owed == owed
    assert await available(folk.bob) == 2


async def test_held_points_repay_no_debt(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 10)
    await purse.hold(folk.bob, 4)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    found = await balance(folk.bob)
    assert (found.posted, found.held, found.available, found.owed) == (400, 400, 0, 400)


@pytest.mark.scenario("ledger-99")
async def test_a_policy_may_refuse_to_take_back_what_was_spent(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    wrong = await purse.earn(folk.bob, 10)
    await shelf.redeem(folk.bob)
    async with refused(AlreadySpent, amount=1000, available=400):
        await ledger.reverse(wrong, folk.dan.id, "was not there", "refuse", at=NOW)


@pytest.mark.scenario("ledger-100")
async def test_a_reversal_is_not_reversed(folk: People) -> None:
    reversal = await ledger.reverse(await purse.earn(folk.bob, 2), folk.dan.id, "was not there", at=NOW)
    async with refused(NotReversible, kind="reverse"):
        await ledger.reverse(reversal, folk.dan.id, "was there after all", at=NOW)
    async with refused(UnknownTransfer):
        await ledger.reverse(uuid4(), folk.dan.id, "which one?", at=NOW)


@pytest.mark.scenario("ledger-103")
async def test_points_given_on_stay_with_the_one_who_got_them(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 5)
    await ledger.move("gift", "gift", await purse.account(folk.bob), await purse.account(folk.carol), 500, folk.bob.id, at=NOW)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    assert await available(folk.carol) == 5
    assert (await balance(folk.bob)).owed == 500


@pytest.mark.scenario("ledger-104")
async def test_a_reversal_needs_a_reason_and_somebody_else(folk: People) -> None:
    wrong = await purse.earn(folk.bob, 2)
    for reason in ("", None):
        async with refused(ReasonMissing):
            await ledger.reverse(wrong, folk.dan.id, reason, at=NOW)  # type: ignore[arg-type]
    async with refused(FourEyes):
        await ledger.reverse(wrong, folk.bob.id, "was not there", at=NOW)


async def test_debtors_go_through_a_batch_one_by_one(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    wrong = await purse.earn(folk.bob, 10)
    await shelf.redeem(folk.bob)
    await ledger.reverse(wrong, folk.dan.id, "was not there", at=NOW)
    some = [await purse.promised(folk.bob, 5), await purse.promised(folk.carol, 5), await purse.promised(folk.bob, 5)]
    assert (await intents.keep_many(some, NOW)).count == 3
    assert (await balance(folk.bob)).available == 400
    assert await sql.value("SELECT paid FROM debt") == 600
