"""Many at one shelf, one key, one wallet: with real commits."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import Shelf
from tests.races.crowd import LOCKED_OUT, all_at_once, alone, beside, neighbours, redeem, soon, told
from timebank.database import transaction
from timebank.points import ledger
from timebank.points.holds import Hold
from timebank.points.refusals import HoldOver
from timebank.rewards import limits, orders, redemptions
from timebank.rewards.limits import Limit
from timebank.rewards.redemptions import SoldOut

pytestmark = pytest.mark.race


@pytest.mark.scenario("ledger-22")
@pytest.mark.parametrize("round_number", range(5))
async def test_one_key_fifty_times_at_once_with_points_for_one(folk: People, round_number: int) -> None:
    """guards Q3"""
    shelf = await purse.shelf(folk, 50)
    await purse.earn(folk.bob, 10)
    answers = await all_at_once(redeem(shelf, folk.bob, "one") for _ in range(50))
    assert told(answers) == {"new": 1, "replay": 49}
    assert len({(answer.id, answer.code, answer.balance_after) for answer in answers}) == 1
    assert await shelf.count() == 49


@pytest.mark.scenario("ledger-23")
async def test_one_key_fifty_times_at_once_with_points_for_many(folk: People) -> None:
    shelf = await purse.shelf(folk, 50)
    await purse.earn(folk.bob, 1000)
    assert told(await all_at_once(redeem(shelf, folk.bob, "one") for _ in range(50))) == {"new": 1, "replay": 49}
    assert (await shelf.count(), await purse.available(folk.bob)) == (49, 990)


async def test_one_key_for_many_members_at_once_serves_one_of_them(folk: People) -> None:
    shelf = await purse.shelf(folk, 50)
    people = await neighbours(folk, 12, 10)
    assert told(await all_at_once(redeem(shelf, person, "one") for person in people)) == {"new": 1, "KeyConflict": 11}


@pytest.mark.scenario("ledger-67")
async def test_twenty_at_the_last_three_units(folk: People) -> None:
    people = await neighbours(folk, 20, 30)
    for _ in range(3):
        shelf = await purse.shelf(folk, 3)
        answers = await all_at_once(redeem(shelf, person) for person in people)
        assert told(answers) == {"new": 3, "SoldOut": 17}
        assert await shelf.count() == 0
    assert await sql.value("SELECT count(*) FROM transfer WHERE kind = 'redeem'") == 9


@pytest.mark.scenario("ledger-67")
async def test_fifty_redemptions_of_the_last_item(folk: People) -> None:
    people = await neighbours(folk, 50, 10)
    shelf = await purse.shelf(folk, 1)
    assert told(await all_at_once(redeem(shelf, person) for person in people)) == {"new": 1, "SoldOut": 49}


@pytest.mark.scenario("ledger-68")
async def test_ten_points_at_two_kiosks_at_once_buy_one_thing(folk: People) -> None:
    rice = await purse.shelf(folk, 50)
    soap = await purse.shelf(folk, 50)
    for _ in range(15):
        await purse.earn(folk.bob, 10)
        both = [redeem(rice, folk.bob, scope="device:k1"), redeem(soap, folk.bob, scope="device:k2")]
        assert told(await all_at_once(both)) == {"new": 1, "InsufficientPoints": 1}
    assert await purse.available(folk.bob) == 0


@pytest.mark.scenario("ledger-95")
async def test_two_members_of_staff_undo_at_once_and_see_one_reversal(folk: People) -> None:
    shelf = await purse.shelf(folk, 5)
    for _ in range(5):
        await purse.earn(folk.carol, 10)
        receipt = await redeem(shelf, folk.carol)
        staff = (folk.alice, folk.dan, folk.erin)
        reversals = await all_at_once(
            redemptions.undo(receipt.id, person.id, "broken", restock=True) for person in staff for _ in range(3)
        )
        assert len(set(reversals)) == 1, reversals
    assert (await shelf.count(), await purse.available(folk.carol)) == (5, 50)


@pytest.mark.scenario("ledger-143")
async def test_a_unit_held_at_one_kiosk_and_asked_for_at_another(folk: People) -> None:
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 1000)
    for step in range(15):
        shelf = await purse.shelf(folk, 1)
        hold = await orders.set_aside(purse.unit(shelf.reward, folk.bob), shelf.place, folk.bob.id, soon(400))
        asked = told(await all_at_once([redeem(shelf, folk.carol)]))
        left = (hold.expires_at - datetime.now(UTC)).total_seconds()
        if left <= 0:
            continue  # a slow machine: the hold was over by then
        assert asked == {"SoldOut": 1}
        await asyncio.sleep(max(0, left - 0.008 + step * 0.001))
        captured, bought = await all_at_once([orders.handed_over(hold.id, folk.bob.id), redeem(shelf, folk.carol)])
        wins = (not isinstance(captured, HoldOver)) + (not isinstance(bought, SoldOut))
        assert wins <= 1, (captured, bought)
        assert await shelf.count() == 1 - wins
        if not wins:  # the capture came too late, and the hold had not let go when the other one looked
            assert told(await all_at_once([redeem(shelf, folk.carol)])) == {"new": 1}


@pytest.mark.scenario("ledger-143")
async def test_a_due_hold_that_somebody_is_capturing_still_counts_and_nobody_waits_for_it(folk: People) -> None:
    """A capture judged in time has locked its hold and waits for the stock: who has the stock must not wait for the hold."""
    shelf = await purse.shelf(folk, 1)
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 20)
    hold = await orders.set_aside(purse.unit(shelf.reward, folk.bob), shelf.place, folk.bob.id, soon(50))
    await asyncio.sleep(0.1)
    async with transaction():
        await sql.rows("SELECT FROM hold WHERE id = $1 FOR UPDATE", hold.id)
        started = time.monotonic()
        assert told(await beside(all_at_once([redeem(shelf, folk.carol)]))) == {"SoldOut": 1}
        other = await beside(purse.shelf(folk, 1, price=15))
        assert told(await beside(all_at_once([redeem(other, folk.bob)]))) == {"InsufficientPoints": 1}
        assert await beside(alone(ledger.settle_due(10))) == 0
        assert time.monotonic() - started < LOCKED_OUT
    for shelf_now, person in ((shelf, folk.carol), (other, folk.bob)):
        assert told(await all_at_once([redeem(shelf_now, person)])) == {"new": 1}


@pytest.mark.scenario("ledger-135")
async def test_a_key_abandoned_while_its_request_is_under_way_is_one_or_the_other(folk: People) -> None:
    shelf = await purse.shelf(folk, 50)
    await purse.earn(folk.bob, 1000)
    for n in range(20):
        bought, given_up = await all_at_once([redeem(shelf, folk.bob, str(n)), redemptions.abandon("device:k1", str(n))])
        if given_up is None:
            assert told([bought]) == {"Abandoned": 1}
        else:
            assert (bought.id, told([bought])) == (given_up.id, {"new": 1})


@pytest.mark.scenario("ledger-70")
async def test_two_redemptions_at_once_under_a_limit_of_one(folk: People) -> None:
    await purse.earn(folk.bob, 1000)
    for _ in range(5):
        shelf = await purse.shelf(folk, 50)
        await alone(limits.set_for(shelf.reward, [Limit("person", "month", 1)]))
        both = [redeem(shelf, folk.bob, scope="device:k1"), redeem(shelf, folk.bob, scope="device:k2"), order(shelf, folk.bob)]
        assert sorted(told(await all_at_once(both)).values()) == [1, 2]
        assert told(await all_at_once([redeem(shelf, folk.bob)])) == {"LimitReached": 1}
        assert (
            await sql.value("SELECT ledger.taken($1, $2, 'person', '-infinity', clock_timestamp())", folk.bob.id, shelf.reward)
            == 1
        )


@pytest.mark.scenario("ledger-71")
async def test_two_of_a_household_at_once_under_a_limit_of_one(folk: People) -> None:
    """Two members have two wallets: only the household's row makes them wait for each other."""
    people = await neighbours(folk, 6, 100)
    await sql.rows(
        "UPDATE member SET household_id = (SELECT household_id FROM member WHERE id = $1) WHERE id = ANY ($2)",
        people[0].id,
        [person.id for person in people],
    )
    for _ in range(5):
        shelf = await purse.shelf(folk, 50)
        await alone(limits.set_for(shelf.reward, [Limit("household", "quarter", 1)]))
        answers = told(await all_at_once(redeem(shelf, person) for person in people))
        assert answers == {"new": 1, "LimitReached": 5}
        assert await shelf.count() == 49


async def order(shelf: Shelf, person: Person) -> Hold:
    unit = purse.unit(shelf.reward, person, scope="member:x")
    return await orders.set_aside(unit, shelf.place, person.id, soon(60_000), is_order=True)
