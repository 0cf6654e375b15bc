"""More people than the service has hands: each waits for so long and no longer, and the shelf gives what it has."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime
from uuid import uuid4

import httpx
import pytest

from schedules import sql
from tests import conftest, given
from tests.given import People, Person
from tests.ledger import purse
from tests.races.crowd import beside
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, sound
from timebank import database
from timebank.database import transaction

pytestmark = pytest.mark.fault
STOCK = 37
CROWD = 500


async def ask(client: httpx.AsyncClient, shop: Shop, person: Person, key: str) -> httpx.Response:
    body = {"reward_id": str(shop.rice), "price": 10 * POINT, "place_id": str(shop.place)}
    return await client.post("/api/v1/redemptions", json=body, headers={**person.bearer, "idempotency-key": key})


@pytest.mark.scenario("ledger-67", "ledger-137")
async def test_five_hundred_redemptions_of_one_reward_with_two_connections_have_as_many_winners_as_there_are_pieces(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await shops.opened(people, now, stock=STOCK)
    neighbours = [await given.member(f"Neighbour {n}", f"1995{n:07}", people.building, now) for n in range(50)]
    for person in neighbours:
        await shops.earn(person, CROWD * 10 * POINT, now)
    await conftest.use(committed, 2)
    monkeypatch.setattr(sql, "WAIT_FOR_CONNECTION", 0.1)
    asking = {str(uuid4()): neighbours[n % 50] for n in range(CROWD)}
    told: Counter[str] = Counter()
    receipts: set[str] = set()
    while asking:
        answers = await asyncio.wait_for(asyncio.gather(*(ask(client, shop, who, key) for key, who in asking.items())), 60)
        busy = {}
        for (key, who), answer in zip(asking.items(), answers, strict=True):
            code = "won" if answer.is_success else str(answer.json()["code"])
            told[code] += 1
            if answer.is_success:
                receipts.add(answer.json()["id"])
            elif answer.status_code == 503:
                assert answer.headers["retry-after"] == "2"
                busy[key] = who
        # They come again in groups that two connections can serve, as people do who were told to wait.
        monkeypatch.setattr(sql, "WAIT_FOR_CONNECTION", 30)
        asking = busy
    assert told.pop("busy") > 0, "everybody was served at once: the run shows nothing"
    assert told == {"won": STOCK, "sold_out": CROWD - STOCK}
    assert len(receipts) == STOCK
    assert await shop.count() == 0
    await conftest.use(committed)
    await sound()


async def test_whoever_waits_for_a_wallet_that_somebody_sits_on_is_told_so_in_time(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await shops.opened(people, now, stock=2)
    await shops.earn(people.bob, 10 * POINT, now)
    await shops.earn(people.carol, 10 * POINT, now)
    monkeypatch.setitem(database.ROLE_SETTINGS, "lock_timeout", "300ms")
    await conftest.use(committed)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(people.bob))
        waiting = beside(ask(client, shop, people.bob, "the-key-of-bob"))
        assert (await beside(ask(client, shop, people.carol, "the-key-of-carol"))).status_code == 201
        refused = await waiting
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "busy", "2")
    assert (await ask(client, shop, people.bob, "the-key-of-bob")).status_code == 201
    await sound()
