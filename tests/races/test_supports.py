"""What the pool pays for a member in need, asked for at once: with real commits."""

from __future__ import annotations

import asyncio

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.test_supports import supported
from tests.races.crowd import BUSY, beside
from timebank.actions.points.donate import Donating, donate
from timebank.actions.rewards.redeem import Order, redeem_for_oneself
from timebank.points import pools, wallets
from timebank.points.refusals import InsufficientPoints
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
