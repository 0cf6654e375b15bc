"""Whoever leaves while something begins for them: it ends with the rest or never begins, and nothing waits for who is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from schedules import sql
from schedules.errors import Refusal
from schedules.wishes import Wish as Use
from tests.afterwards import given as after
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_gifts import number, rules
from tests.neighbours.help import START, post
from tests.races.crowd import BUSY, beside, neighbours
from tests.spaces.rooms import room, span
from timebank.actions.leaving import ends
from timebank.actions.leaving.leave import Left, Wish, _go, leave
from timebank.actions.neighbours.arrange import Proposal, Yes, agree, answer_post
from timebank.actions.points.gifts import Wish as Present
from timebank.actions.points.gifts import give
from timebank.actions.rewards.order_reward import order_reward
from timebank.actions.rewards.redeem import Order
from timebank.actions.rooms.book_space import _book
from timebank.actions.signups.sign_up import sign_up
from timebank.database import transaction
from timebank.jobs import settle_leavers
from timebank.points import exchanges, gifts

pytestmark = pytest.mark.race
Unit = Callable[[], Awaitable[Any]]


async def patient(unit: Unit) -> Any:
    """Its answer or its refusal, however often it is told to send the same again first."""
    while True:
        try:
            return await unit()
        except BUSY:
            continue
        except Refusal as refusal:
            return refusal


async def in_turn(first: Unit, then: Unit) -> Any:
    """`first`, the body of an action, is not committed before `then` waits for something or is through; `then`'s answer."""
    async with transaction():
        await first()
        task = beside(patient(then))
        await until_it_waits(task)
    return await task


async def until_it_waits(task: asyncio.Task[Any]) -> None:
    """Or is through. Asks PostgreSQL, inside the transaction for which it is to wait."""
    while not task.done():
        if await sql.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            return
        await asyncio.sleep(0.01)


async def beginnings(folk: People, people: list[Person]) -> list[tuple[Person, Unit]]:
    """Each of these is about to begin one thing, or another to begin it with them: the body of its action."""
    await rules(folk, gifts="anyone")
    giver, taker, helped, comer, guest, buyer = people
    session, place, shelf = await after.choir(folk, hour=14), await room(folk.community), await purse.shelf(folk, 5)
    exchange = await answer_post(folk.bob.caller, (await post(helped)).id, Proposal(START, 60), NOW)
    bob, own = Present(await number(folk.bob), 300), Present(await number(taker), 300)
    return [
        (giver, lambda: give.act(giver.caller, bob, NOW)),
        (taker, lambda: give.act(folk.bob.caller, own, NOW)),
        (helped, lambda: agree.act(helped.caller, exchange.id, Yes(1), NOW)),
        (comer, lambda: sign_up.act(comer.caller, session.id, NOW)),
        (guest, lambda: _book.act(guest.caller, Use(place, span("10:00-11:00")), NOW, None, "")),
        (buyer, lambda: order_reward.act(buyer.caller, shelf.place, Order(shelf.reward, 1000, str(uuid4())), NOW)),
    ]


@pytest.mark.scenario("ledger-92")
@pytest.mark.parametrize("first", ["begun", "left"])
async def test_nothing_begins_with_somebody_who_leaves_at_that_moment(folk: People, first: str) -> None:
    """Either it was begun before, and ends with the leaving or stops it; or the member is gone, and it is refused."""
    await purse.earn(folk.bob, 20)
    for who, begin in await beginnings(folk, await neighbours(folk, 6, 20)):
        if first == "begun":
            await in_turn(begin, lambda who=who: leave(who.caller, Wish(), NOW))  # type: ignore[misc]
        else:
            gone = lambda who=who: _go.act(who.caller, who.id, "left", "", None, False, NOW)  # noqa: E731
            await in_turn(gone, lambda begin=begin: _alone(begin))  # type: ignore[misc]
    await settle_leavers.run(NOW)
    left = [row["id"] for row in await sql.rows("SELECT id FROM member WHERE state = 'left'")]
    # Help that was agreed is settled first; everything else goes with the member.
    assert len(left) == (5 if first == "begun" else 6)
    assert [await ends.ahead(each, NOW) for each in left] == [ends.Ahead(0, 0, 0, 0, 0)] * len(left)
    assert [await ends.helps(each) for each in left] == [False] * len(left)
    assert await sql.value("SELECT count(*) FROM account WHERE owner_id = ANY ($1) AND closed_at IS NULL", left) == 0
    states = {row["state"] for row in await sql.rows("SELECT state FROM exchange")}
    assert states == ({"agreed"} if first == "begun" else {"declined"})


async def _alone(begin: Unit) -> Any:
    async with transaction():
        return await begin()


@pytest.mark.scenario("ledger-92")
async def test_gifts_of_two_givers_end_while_points_move_between_the_two(folk: People) -> None:
    """Whoever moves points has the lower wallet first; so has the leaving, whichever of the gifts was made first."""
    await rules(folk, gifts="anyone")
    bob = Present(await number(folk.bob), 10)
    low, high = sorted([await purse.account(folk.carol), await purse.account(folk.alice)])
    by = {await purse.account(each): each for each in (folk.carol, folk.alice)}
    for each in by.values():
        await purse.earn(each, 20)
    made: list[Any] = [await give(by[low].caller, bob, NOW)]
    # The first of the gifts, by the order in which they end, is of the higher wallet.
    while await sql.value("SELECT giver_id FROM gift ORDER BY id LIMIT 1") != by[high].id:
        made.append(await give(by[high].caller, bob, NOW))
    async with transaction():
        await sql.value("SELECT ledger.lock_wallet($1, NULL)", low)
        task = beside(patient(lambda: leave(folk.bob.caller, Wish(), NOW)))
        await until_it_waits(task)
        await sql.value("SELECT ledger.lock_wallet($1, NULL)", high)
    assert isinstance(await task, Left)
    assert {(await gifts.one(each.id)).state for each in made} == {"closed"}


@pytest.mark.scenario("ledger-92")
async def test_who_leaves_while_somebody_sits_on_the_wallet_has_left(folk: People) -> None:
    """The wait for the wallet is cut short after the leaving is done: the leaving has not failed, and the job closes it."""
    await purse.earn(folk.bob, 20)
    async with transaction():
        await sql.value("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        answer = await beside(leave(folk.bob.caller, Wish(), NOW))
    assert answer == Left(folk.bob.id, False)
    assert await settle_leavers.run(NOW) == 1
    assert await exchanges.of_member(folk.bob.id) == []
    assert await sql.value("SELECT closed_at IS NOT NULL FROM account WHERE owner_id = $1", folk.bob.id)
