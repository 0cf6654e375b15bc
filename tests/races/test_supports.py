"""What the pool pays for a member in need, asked for at once: with real commits."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from schedules import sql
from tests.given import People, member
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_pools import pool_has
from tests.ledger.test_supports import supported
from tests.races.crowd import BUSY, alone, beside
from tests.races.test_locks import WEEK, Case, paid, round_it, sitting_on, waiting
from timebank.actions.leaving import ends
from timebank.actions.points.donate import Donating, donate
from timebank.actions.rewards.order_reward import order_reward
from timebank.actions.rewards.redeem import Order, redeem_for_oneself
from timebank.database import transaction
from timebank.points import accounts, closing, holds, ledger, pools, support_payments, wallets
from timebank.points.holds import REDEEMED
from timebank.points.refusals import InsufficientPoints
from timebank.rewards import receipts, redemptions
from timebank.rewards.redemptions import Receipt

pytestmark = pytest.mark.race


async def test_at_several_kiosks_at_once_the_pool_pays_no_more_than_the_month_allows(folk: People) -> None:
    """Each key twice: a twin gets the receipt, and never pays or is refused for points that its twin has taken. Donations that
    lock the same two wallets the other way round stop nobody.
    """
    await supported(folk, points=25, pool=50)
    shelf = await purse.shelf(folk, 10)
    await purse.earn(folk.carol, 4, at=None)
    keys = [f"key-{n}-at-once" for n in range(4)]
    asked = [redeem_for_oneself(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, key), purse.NOW) for key in keys * 2]
    given = [donate(folk.carol.caller, Donating(100), purse.NOW) for _ in range(2)]
    answers = await asyncio.gather(*map(beside, [*asked, *given]), return_exceptions=True)
    receipts = {each.id for each in answers if isinstance(each, Receipt)}
    refused = [each for each in answers if isinstance(each, Exception)]
    assert all(isinstance(each, (InsufficientPoints, *BUSY)) for each in refused), refused
    assert 1 <= len(receipts) <= 2, answers
    paid = int(await sql.value("SELECT coalesce(sum(units), 0) FROM support_use"))
    given_away = int(await sql.value("SELECT coalesce(sum(amount), 0) FROM transfer WHERE kind = 'donate' AND amount = 100"))
    assert paid <= 2500
    assert (await pools.one(folk.community)).available == 5000 - paid + given_away
    assert (await wallets.balance(folk.carol.id)).posted == 400 + paid - given_away - 1000 * len(receipts)


async def paid_for(folk: People, key: str, lasts: timedelta = WEEK, to: int = REDEEMED, units: int = 1000) -> UUID:
    """Ten points of which Carol has none: the pool's, held for an exchange, or so many of them."""
    own = await purse.account(folk.carol)
    async with transaction():
        assert await support_payments.pay_missing("test", key, folk.carol.id, 1000, NOW) == 1000
        return (await holds.place("test", key, b"-", own, units, "booking", folk.carol.id, lasts, to_account=to)).id


async def joined_late(folk: People, points: float = 20, filled: float = 50) -> tuple[int, int]:
    """The pool's wallet, and Carol's, for whom it pays: of the higher number, for she joined when the pool was there."""
    pool = await accounts.open_for(folk.community)
    folk.carol = await member("Carol", "18800000009", folk.building, NOW)
    await supported(folk, points, filled, points)
    own = await purse.account(folk.carol)
    assert pool < own
    return pool, own


async def test_what_goes_back_to_a_pool_and_a_donation_to_it_do_not_wait_for_each_other(folk: People) -> None:
    """Carol's order is called off while she donates: both move between the same two wallets."""
    _, own = await joined_late(folk)
    held = await paid_for(folk, "order-01")
    await purse.earn(folk.carol, 4, at=None)
    async with sitting_on("wallet", own, "account_id"):
        back = await waiting(lambda: holds.release(held))
        given = await waiting(lambda: pools.donate(folk.carol.id, folk.community, 100), 1)
    answers = list(await asyncio.gather(back, given, return_exceptions=True))
    assert answers[0] == "voided"
    assert isinstance(answers[1], UUID), answers
    assert (await pools.one(folk.community)).available == 5000 + 100


async def test_the_pool_is_locked_before_the_member_whatever_ends_what_it_paid_for(folk: People) -> None:
    pool, own = await joined_late(folk, 60, 60)
    shelf = await purse.shelf(folk, 2)
    helper = await purse.account(folk.alice)
    await order_reward(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-06"), NOW)
    called_off, shorter = await paid_for(folk, "order-01"), await paid_for(folk, "order-02")
    help_, _ = await paid_for(folk, "help-03", to=helper), await paid_for(folk, "order-04")
    bought = (await redeem_for_oneself(folk.carol.caller, shelf.place, Order(shelf.reward, 1000, "order-05"), NOW)).id

    async def take_back() -> None:
        await receipts.lock(bought)
        await redemptions.undo(bought, folk.erin.id, "broken", restock=True)

    async def go() -> None:
        await ends.end_all(folk.carol.id, folk.carol.id, "", await sql.value("SELECT clock_timestamp()"))

    async def close() -> None:
        await closing.close("leave:carol", folk.carol.id, ["expire"], folk.community, folk.dan.id, "left")

    cases = {
        "a hold called off": Case("wallet", pool, lambda: holds.release(called_off), [own]),
        "a part of it taken": Case("wallet", pool, lambda: holds.capture(shorter, 400, folk.erin.id), [own]),
        "shorter help": Case("wallet", pool, lambda: paid(help_, folk.alice), [own]),
        "an exchange undone": Case("wallet", pool, take_back, [own]),
        "leaving": Case("wallet", pool, go, [own]),
        "the leaver's wallet": Case("wallet", pool, close, [own]),
    }
    assert {name: wrong for name, case in cases.items() if (wrong := await case.wrong())} == {}
    assert await pool_has(folk) == 60 - 4 - 1


async def test_whoever_touches_a_wallet_goes_round_a_pool_that_somebody_sits_on(folk: People) -> None:
    """What has lapsed stays held until the pool can be locked: it is neither spent nor given away meanwhile."""
    pool, own = await joined_late(folk)
    await paid_for(folk, "cheaper", timedelta(microseconds=1), units=900)
    await purse.earn(folk.carol, 4, at=None)

    async def spend(units: int) -> UUID:
        return await ledger.move(f"gift:{units}", "gift", own, await purse.account(folk.bob), units, folk.carol.id)

    async with sitting_on("wallet", pool, "account_id"):
        with pytest.raises(InsufficientPoints):
            await round_it(lambda: spend(501))
        await round_it(lambda: spend(100))
        await round_it(lambda: ledger.settle_due(10))
        assert (await purse.balance(folk.carol)).posted == 1300
    await alone(spend(50))
    assert (await wallets.balance(folk.carol.id)).posted == 250
    assert await pool_has(folk) == 50
