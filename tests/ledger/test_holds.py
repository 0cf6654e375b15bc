"""Points set aside: two phases, each ending once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import JUNE, MINUTE, NOW, POINT, SECOND, available, balance, hold
from timebank.communities.policies import Rules
from timebank.outbox.functions import KeyConflict
from timebank.points import holds, ledger
from timebank.points.refusals import BadAmount, HoldOver, HoldTooLong, InsufficientPoints, UnknownHold


@pytest.mark.scenario("ledger-39")
async def test_what_is_held_is_posted_but_not_available(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    await hold(folk.bob, 6)
    found = await balance(folk.bob)
    assert (found.posted, found.held, found.available) == (1000, 600, 400)


@pytest.mark.scenario("ledger-40")
async def test_held_points_cannot_be_spent(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=5)
    await purse.earn(folk.bob, 10)
    await hold(folk.bob, 6)
    async with purse.refused(InsufficientPoints, available=400, held=600, needed=500):
        await shelf.redeem(folk.bob)
    async with purse.refused(InsufficientPoints, available=400):
        await hold(folk.bob, 5)


@pytest.mark.scenario("ledger-41", "ledger-42")
async def test_a_part_is_captured_once_and_the_rest_released(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    transfer = await holds.capture(held.id, 400, folk.bob.id, NOW)
    found = await balance(folk.bob)
    assert (found.posted, found.held, found.available) == (600, 0, 600)
    assert await holds.capture(held.id, 400, folk.bob.id, NOW) == transfer
    async with purse.refused(KeyConflict, captured=400):
        await holds.capture(held.id, 300, folk.bob.id, NOW)


@pytest.mark.scenario("ledger-43")
async def test_more_than_is_held_and_nothing_cannot_be_captured(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    for units in (601, 0, -1):
        async with purse.refused(BadAmount):
            await holds.capture(held.id, units, folk.bob.id, NOW)
    async with purse.refused(UnknownHold):
        await holds.capture(uuid4(), 1, folk.bob.id, NOW)


@pytest.mark.scenario("ledger-44")
async def test_a_hold_given_back_twice_is_released_once(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    await hold(folk.bob, 2)
    assert [await holds.release(held.id, NOW) for _ in range(2)] == ["voided", "voided"]
    assert (await balance(folk.bob)).held == 200
    async with purse.refused(HoldOver, state="voided"):
        await holds.capture(held.id, 600, folk.bob.id, NOW)


async def test_what_was_captured_is_not_given_back(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    await holds.capture(held.id, 600, folk.bob.id, NOW)
    async with purse.refused(HoldOver, state="captured"):
        await holds.release(held.id, NOW)


@pytest.mark.scenario("ledger-46")
async def test_a_capture_at_the_last_instant_comes_too_late(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    async with purse.refused(HoldOver, state="pending"):
        await holds.capture(held.id, 600, folk.bob.id, held.expires_at)
    await holds.capture(held.id, 600, folk.bob.id, held.expires_at - timedelta(microseconds=1))


@pytest.mark.scenario("ledger-47")
async def test_points_of_a_hold_that_is_over_can_be_spent_with_no_job_run(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=10)
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    assert await available(folk.bob, held.expires_at - SECOND) == 4
    assert await available(folk.bob, held.expires_at) == 10
    receipt = await shelf.redeem(folk.bob, at=held.expires_at)
    assert receipt.balance_after == 0
    async with purse.refused(HoldOver, state="expired"):
        await holds.capture(held.id, 600, folk.bob.id, held.expires_at)


@pytest.mark.scenario("ledger-48")
async def test_new_points_do_not_expire_in_place_of_old_ones_that_are_held(folk: People) -> None:
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    await hold(folk.bob, 10, lasts=timedelta(days=400))
    await purse.earn(folk.bob, 5)
    assert await ledger.settle_due(10, JUNE) == 0
    found = await balance(folk.bob, JUNE)
    assert (found.posted, found.held, found.available) == (1500, 1000, 500)


@pytest.mark.scenario("ledger-49")
async def test_points_past_their_date_go_when_their_hold_is_given_back(folk: People) -> None:
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    held = await hold(folk.bob, 10, lasts=timedelta(days=400))
    await purse.earn(folk.bob, 5)
    await holds.release(held.id, JUNE)
    assert await available(folk.bob, JUNE) == 5
    assert await ledger.settle_due(10, JUNE) == 1
    assert await purse.kinds(folk.bob) == [("credit", 1000), ("credit", 500), ("expire", -1000)]


@pytest.mark.scenario("ledger-50")
async def test_fresh_points_are_spent_while_due_ones_cover_the_hold(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=10)
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    held = await hold(folk.bob, 10, lasts=timedelta(days=400))
    await purse.earn(folk.bob, 10)
    await shelf.redeem(folk.bob, at=JUNE)
    assert await purse.lots(folk.bob) == [(1000, 1000, JUNE), (1000, 0, None)]
    await holds.capture(held.id, 1000, folk.bob.id, JUNE + MINUTE)
    assert await purse.lots(folk.bob) == [(1000, 0, JUNE), (1000, 0, None)]


async def test_a_capture_in_part_leaves_the_due_rest_to_expire(folk: People) -> None:
    await purse.earn(folk.bob, 10, expires_at=JUNE)
    held = await hold(folk.bob, 10, lasts=timedelta(days=400))
    await holds.capture(held.id, 400, folk.bob.id, JUNE)
    assert await available(folk.bob, JUNE) == 0
    assert await ledger.settle_due(10, JUNE) == 1
    assert await purse.kinds(folk.bob) == [("credit", 1000), ("capture", -400), ("expire", -600)]


@pytest.mark.scenario("ledger-51")
async def test_a_capture_uses_the_price_that_was_held(folk: People) -> None:
    shelf = await purse.shelf(folk, 1, price=6)
    await purse.earn(folk.bob, 10)
    held = await hold(folk.bob, 6)
    await shelf.costs(9)
    await holds.capture(held.id, 600, folk.bob.id, NOW)
    assert await available(folk.bob) == 4


@pytest.mark.scenario("ledger-52")
async def test_points_are_held_no_longer_than_the_rules_allow(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    bob, longest = await purse.account(folk.bob), Rules().kiosk_hold_minutes * MINUTE
    async with purse.refused(HoldTooLong, longest=longest):
        await holds.place("k1", "one", b"", bob, 100, "booking", folk.bob.id, longest + SECOND, longest=longest, at=NOW)
    await holds.place("k1", "one", b"", bob, 100, "booking", folk.bob.id, longest, longest=longest, at=NOW)


@pytest.mark.scenario("ledger-24")
async def test_the_same_key_holds_once(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    first = await hold(folk.bob, 6, key="one")
    again = await hold(folk.bob, 6, key="one")
    assert (again.id, first.is_replay, again.is_replay) == (first.id, False, True)
    await purse.earn(folk.carol, 10)
    async with purse.refused(KeyConflict):
        await hold(folk.carol, 6, key="one")
    assert (await balance(folk.bob)).held == 600


async def test_nothing_and_less_cannot_be_held(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    for points in (0, -1):
        async with purse.refused(BadAmount):
            await hold(folk.bob, points)
    async with purse.refused(BadAmount):
        await hold(folk.bob, 1, lasts=timedelta())


async def test_a_tidying_job_ends_holds_in_wallets_that_nobody_touches(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    await purse.earn(folk.carol, 10)
    over = await hold(folk.bob, 6)
    await hold(folk.carol, 6, lasts=timedelta(days=1))
    assert await ledger.settle_due(10, over.expires_at) == 1
    assert await ledger.settle_due(10, over.expires_at) == 0
    assert await holds.release(over.id, over.expires_at) == "expired"
    assert (await balance(folk.carol)).held == 6 * POINT
