"""A machine that hands over: points and unit are held, then captured or given back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import MINUTE, NOW, Shelf, available, refused
from timebank.outbox.functions import KeyConflict
from timebank.points import holds
from timebank.points.holds import Hold
from timebank.points.refusals import HoldOver, InsufficientPoints, UnknownHold
from timebank.rewards import orders
from timebank.rewards.redemptions import PriceChanged, SoldOut, StockShort, move_stock


async def set_aside(shelf: Shelf, person: Person, key: str = "", quoted: int | None = None, at: object = NOW) -> Hold:
    wanted = purse.unit(shelf.reward, person, key=key, price=quoted)
    return await orders.set_aside(wanted, shelf.place, person.id, 3 * MINUTE, at)  # type: ignore[arg-type]


async def test_what_was_handed_over_is_paid_and_collected(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 15)
    held = await set_aside(shelf, folk.bob)
    assert (await available(folk.bob), await shelf.count()) == (5, 2)
    receipt = await orders.handed_over(held.id, folk.bob.id, NOW)
    assert (receipt.state, receipt.price, receipt.balance_after, receipt.replayed) == ("collected", 1000, 500, False)
    assert (await available(folk.bob), await shelf.count()) == (5, 1)


@pytest.mark.scenario("ledger-75")
async def test_a_capture_whose_answer_was_lost_is_paid_once(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 15)
    held = await set_aside(shelf, folk.bob)
    first = await orders.handed_over(held.id, folk.bob.id, NOW)
    again = await orders.handed_over(held.id, folk.bob.id, NOW)
    assert (again.id, again.code, again.replayed) == (first.id, first.code, True)
    assert await shelf.count() == 1


@pytest.mark.scenario("ledger-74")
async def test_a_machine_that_fails_gives_points_and_unit_back(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 15)
    held = await set_aside(shelf, folk.bob)
    assert await holds.release(held.id, NOW) == "voided"
    assert (await available(folk.bob), await shelf.count()) == (15, 1)
    assert (await shelf.redeem(folk.bob)).state == "to_collect"


@pytest.mark.scenario("ledger-143")
async def test_a_held_unit_is_sold_out_for_others_until_the_hold_ends(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 10)
    held = await set_aside(shelf, folk.bob)
    async with refused(SoldOut):
        await shelf.redeem(folk.carol, at=held.expires_at - purse.SECOND)
    async with refused(SoldOut):
        await set_aside(shelf, folk.carol, at=held.expires_at - purse.SECOND)
    await shelf.redeem(folk.carol, at=held.expires_at)
    assert await shelf.count() == 0
    assert await holds.release(held.id, held.expires_at) == "expired"


@pytest.mark.scenario("ledger-76")
async def test_a_capture_after_the_end_is_told_and_not_silent(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    held = await set_aside(shelf, folk.bob)
    async with refused(HoldOver, state="pending"):
        await orders.handed_over(held.id, folk.bob.id, held.expires_at)
    async with refused(UnknownHold):
        await orders.handed_over(uuid4(), folk.bob.id, NOW)


async def test_a_key_sets_aside_once(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 30)
    assert (await set_aside(shelf, folk.bob, "one")).id == (await set_aside(shelf, folk.bob, "one")).id
    async with refused(KeyConflict):
        await shelf.redeem(folk.bob, key="one")
    assert await available(folk.bob) == 20


@pytest.mark.scenario("ledger-51")
async def test_the_price_that_was_set_aside_is_paid(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 10)
    held = await set_aside(shelf, folk.bob, quoted=1000)
    await shelf.costs(12)
    assert (await orders.handed_over(held.id, folk.bob.id, NOW)).price == 1000
    async with refused(PriceChanged, price=1200):
        await orders.set_aside(purse.unit(shelf.reward, folk.bob, price=1100), shelf.place, folk.bob.id, 3 * MINUTE)


async def test_too_few_points_set_nothing_aside(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    async with refused(InsufficientPoints):
        await set_aside(shelf, folk.bob)


async def test_stock_cannot_be_taken_from_under_a_hold(folk: People) -> None:
    shelf = await purse.shelf(folk, 2)
    await purse.earn(folk.bob, 10)
    held = await set_aside(shelf, folk.bob)
    async with refused(StockShort):
        await move_stock(shelf.reward, shelf.place, -2, "counted", folk.dan.id, NOW)
    assert await move_stock(shelf.reward, shelf.place, -1, "counted", folk.dan.id, NOW + timedelta(seconds=1)) == 1
    await orders.handed_over(held.id, folk.bob.id, NOW + timedelta(seconds=2))
    assert await sql.value("SELECT count(*) FROM redemption WHERE hold_id = $1", held.id) == 1
