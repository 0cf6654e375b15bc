"""Points from wallet to wallet: gifts, donations, issues from a pool."""

from __future__ import annotations

import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import DECEMBER, JUNE, NOW, POINT, account, available, refused
from timebank.outbox.functions import AccountClosed, KeyConflict
from timebank.points import accounts, ledger
from timebank.points.refusals import BadAmount, InsufficientPoints


async def give(giver: Person, taker: Person, points: float, key: str = "gift:1", units: int | None = None) -> object:
    return await ledger.move(
        key, "gift", await account(giver), await account(taker), units or round(points * POINT), giver.id, at=NOW
    )


@pytest.mark.scenario("ledger-80")
async def test_points_that_are_given_keep_their_date(folk: People) -> None:
    await purse.earn(folk.bob, 5, expires_at=JUNE)
    await purse.earn(folk.bob, 5, expires_at=DECEMBER)
    transfer = await give(folk.bob, folk.carol, 7)
    assert await sql.value("SELECT count(*) FROM posting WHERE transfer_id = $1", transfer) == 2
    assert await purse.lots(folk.carol) == [(500, 500, JUNE), (200, 200, DECEMBER)]
    assert (await available(folk.bob), await available(folk.carol)) == (3, 7)


@pytest.mark.scenario("ledger-82")
async def test_a_gift_to_oneself_of_nothing_or_less_is_refused(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    async with refused(BadAmount):
        await give(folk.bob, folk.bob, 1)
    for units in (-1, -100):
        async with refused(BadAmount, amount=units):
            await give(folk.bob, folk.carol, 0, units=units)
    async with refused(BadAmount, amount=0):
        await give(folk.bob, folk.carol, 0)


async def test_nobody_gives_more_than_is_available(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    await purse.hold(folk.bob, 2)
    async with refused(InsufficientPoints, available=300, held=200):
        await give(folk.bob, folk.carol, 4)


async def test_the_same_key_gives_once(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    assert await give(folk.bob, folk.carol, 2) == await give(folk.bob, folk.carol, 2)
    assert await available(folk.carol) == 2
    async with refused(KeyConflict):
        await give(folk.bob, folk.carol, 3)
    async with refused(KeyConflict):
        await give(folk.bob, folk.dan, 2)


async def test_a_closed_account_neither_gives_nor_takes(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    await purse.earn(folk.carol, 5)
    await sql.rows("UPDATE account SET closed_at = $2 WHERE owner_id = $1", folk.carol.id, NOW)
    async with refused(AccountClosed):
        await give(folk.bob, folk.carol, 2)
    async with refused(AccountClosed):
        await give(folk.carol, folk.bob, 2)
    await purse.reopened(folk.carol)


@pytest.mark.scenario("ledger-88")
async def test_a_donation_fills_the_pool_and_stands_on_the_statement(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    pool = await accounts.open_for(folk.community)
    await ledger.move("donation:1", "donate", await account(folk.bob), pool, 500, folk.bob.id, at=NOW)
    assert await sql.value("SELECT posted FROM wallet WHERE account_id = $1", pool) == 500
    assert await purse.kinds(folk.bob) == [("credit", 500), ("donate", -500)]


@pytest.mark.scenario("ledger-91")
async def test_a_pool_gives_no_more_than_it_has(folk: People) -> None:
    pool = await accounts.open_for(folk.community)
    await purse.earn(folk.bob, 40)
    await ledger.move("donation:1", "donate", await account(folk.bob), pool, 4000, folk.bob.id, at=NOW)
    async with refused(InsufficientPoints, available=4000):
        await ledger.move("issue:1", "issue", pool, await account(folk.carol), 5000, folk.erin.id, at=NOW)
