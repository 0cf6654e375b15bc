"""Points with a date: which go first, and what happens when it comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import DECEMBER, JUNE, NOW, POINT, SECOND, available
from timebank.points import ledger, wallets
from timebank.points.refusals import InsufficientPoints
from timebank.points.wallets import Expiring
from timebank.rewards import redemptions

MILLISECOND = timedelta(milliseconds=1)


@pytest.mark.scenario("ledger-53")
async def test_the_first_to_expire_are_spent_first(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=7)
    await purse.earn(folk.bob, 5, expires_at=DECEMBER)
    await purse.earn(folk.bob, 5, expires_at=JUNE)
    receipt = await shelf.redeem(folk.bob)
    assert await purse.lots(folk.bob) == [(500, 0, JUNE), (500, 300, DECEMBER)]
    assert await sql.value("SELECT count(*) FROM lot_use WHERE transfer_id = $1", receipt.id) == 2


@pytest.mark.scenario("ledger-54")
async def test_points_with_a_date_go_before_points_without(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=4)
    await purse.earn(folk.bob, 5)
    await purse.earn(folk.bob, 5, expires_at=DECEMBER)
    await shelf.redeem(folk.bob)
    assert await purse.lots(folk.bob) == [(500, 100, DECEMBER), (500, 500, None)]


@pytest.mark.scenario("ledger-55")
async def test_points_are_gone_at_their_moment_with_no_job_run(folk: People) -> None:
    shelf = await purse.shelf(folk, 2, price=5)
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    await shelf.redeem(folk.bob, at=JUNE - MILLISECOND)
    assert await available(folk.bob, JUNE - MILLISECOND) == 5
    assert await available(folk.bob, JUNE + MILLISECOND) == 0
    async with purse.refused(InsufficientPoints, available=0):
        await shelf.redeem(folk.bob, at=JUNE + MILLISECOND)
    await purse.earn(folk.bob, 6, at=JUNE + MILLISECOND)
    await shelf.redeem(folk.bob, at=JUNE + SECOND)
    assert await purse.kinds(folk.bob) == [
        ("credit", 1000),
        ("redeem", -500),
        ("credit", 600),
        ("expire", -500),
        ("redeem", -500),
    ]


@pytest.mark.scenario("ledger-58")
async def test_points_that_came_back_may_expire_again(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=4)
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    receipt = await shelf.redeem(folk.bob, at=JUNE - SECOND)
    assert await ledger.settle_due(10, JUNE) == 1
    await redemptions.undo(receipt.id, folk.dan.id, "broken", restock=False, grace_days=7, at=JUNE + SECOND)
    assert await available(folk.bob, JUNE + timedelta(days=6)) == 4
    assert await ledger.settle_due(10, JUNE + timedelta(days=8)) == 1
    assert [kind for kind, _ in await purse.kinds(folk.bob)] == ["credit", "redeem", "expire", "reverse", "expire"]


@pytest.mark.scenario("ledger-62")
async def test_what_expires_when_adds_up_to_what_there_is(folk: People) -> None:
    await purse.earn(folk.bob, 3, expires_at=DECEMBER)
    await purse.earn(folk.bob, 1, expires_at=JUNE)
    await purse.earn(folk.bob, 2, expires_at=JUNE)
    await purse.earn(folk.bob, 5)
    assert await wallets.expiring(folk.bob.id, NOW) == [Expiring(JUNE, 300), Expiring(DECEMBER, 300), Expiring(None, 500)]
    await purse.hold(folk.bob, 2, lasts=timedelta(days=400))
    later = await wallets.expiring(folk.bob.id, JUNE)
    assert later == [Expiring(JUNE, 200), Expiring(DECEMBER, 300), Expiring(None, 500)]
    assert sum(line.units for line in later) == (await purse.balance(folk.bob, JUNE)).posted


@pytest.mark.scenario("ledger-63")
async def test_a_lot_keeps_the_date_it_was_made_with(folk: People) -> None:
    await purse.earn(folk.bob, 1)
    await purse.earn(folk.bob, 1, expires_at=JUNE)
    assert await purse.lots(folk.bob) == [(100, 100, JUNE), (100, 100, None)]


@pytest.mark.scenario("ledger-57")
async def test_expiry_that_runs_twice_takes_each_lot_once(folk: People) -> None:
    for _ in range(3):
        await purse.earn(folk.bob, 1, expires_at=JUNE)
    assert [await ledger.settle_due(10, JUNE) for _ in range(2)] == [1, 0]
    assert (await purse.balance(folk.bob, JUNE)).posted == 0
    assert [units for kind, units in await purse.kinds(folk.bob) if kind == "expire"] == [-POINT] * 3


async def test_an_expiry_says_when_it_fell_due_and_when_it_was_booked(folk: People) -> None:
    await purse.earn(folk.bob, 1, expires_at=JUNE)
    await ledger.settle_due(10, JUNE + timedelta(days=3))
    line = (await wallets.history(folk.bob.id))[0]
    assert (line.effective_at, line.recorded_at) == (JUNE, JUNE + timedelta(days=3))
