"""Many people at one shelf, and one person at many kiosks, with real commits, over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from schedules import sql
from tests import given
from tests.given import People, Person
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, card_of, earn, moved, redeem, sound, visit

pytestmark = pytest.mark.race

KEY = "one-and-the-same"


async def at_once(tries: list[Coroutine[Any, Any, httpx.Response]]) -> list[httpx.Response]:
    return list(await asyncio.gather(*tries))


def by_code(answers: list[httpx.Response]) -> Counter[object]:
    """How many answers there were of each kind: the status of a receipt, the code of a refusal."""
    return Counter(answer.status_code if answer.is_success else answer.json()["code"] for answer in answers)


async def rich(people: People, number: int, points: int, now: datetime) -> list[Person]:
    """Members with so many points each."""
    made = [await given.member(f"Neighbour {n}", f"1997{n:07}", people.building, now) for n in range(number)]
    for person in made:
        await earn(person, points * POINT, now)
    return made


async def take(client: httpx.AsyncClient, shop: Shop, person: Person, reward_id: UUID | None = None) -> httpx.Response:
    """The person redeems for themself; a busy answer is repeated with the same key, as a client does."""
    body = {"reward_id": str(reward_id or shop.rice), "price": 1000, "place_id": str(shop.place)}
    headers = {**person.bearer, "idempotency-key": f"key-{uuid4()}"}
    for _ in range(20):
        answer = await client.post("/api/v1/redemptions", json=body, headers=headers)
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.1)
    return answer


@pytest.mark.scenario("ledger-67")
async def test_twenty_people_and_three_pieces(committed: str, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=3)
    answers = await at_once([take(client, shop, person) for person in await rich(people, 20, 10, now)])
    assert by_code(answers) == {201: 3, "sold_out": 17}
    assert await shop.count() == 0
    assert await sql.value("SELECT count(*) FROM transfer WHERE kind = 'redeem'") == 3
    await sound()


async def test_fifty_people_and_the_last_piece(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=1)
    answers = await at_once([take(client, shop, person) for person in await rich(people, 50, 10, now)])
    assert by_code(answers) == {201: 1, "sold_out": 49}
    assert await shop.count() == 0
    await sound()


@pytest.mark.scenario("ledger-22")
@pytest.mark.parametrize("points", [10, 35])
async def test_one_key_fifty_times_at_once(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime, points: int
) -> None:
    """ledger-23 with points for several: still one redemption, and no raw error reaches anybody."""
    shop = await shops.opened(people, now, stock=60)
    await earn(people.bob, points * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    answers = await at_once([redeem(client, shop.k1, token, shop.rice, KEY) for _ in range(50)])
    assert by_code(answers) == {201: 1, 200: 49}
    receipts = {(receipt["id"], receipt["code"], receipt["balance_after"]) for receipt in (answer.json() for answer in answers)}
    assert len(receipts) == 1
    assert (await shops.balance(people.bob), await shop.count()) == ((points - 10) * POINT, 59)
    await sound()


@pytest.mark.scenario("ledger-68")
async def test_points_for_one_at_two_kiosks(committed: str, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=5)
    towel = await shops.reward(people, now, name="毛巾")
    await shop.more(towel, 5)
    await earn(people.bob, 10 * POINT, now)
    card = await card_of(people.bob, now)
    visits = [await visit(client, kiosk, card) for kiosk in (shop.k1, shop.k2)]
    answers = await at_once(
        [redeem(client, shop.k1, visits[0], shop.rice), redeem(client, shop.k2, visits[1], towel)],
    )
    assert by_code(answers) == {201: 1, "insufficient_points": 1}
    assert await shops.balance(people.bob) == 0
    await sound()


@pytest.mark.scenario("ledger-134", "ledger-135")
@pytest.mark.parametrize("turn", range(10))
async def test_a_key_is_given_up_while_its_request_is_under_way(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime, turn: int
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token, before = await visit(client, shop.k1, await card_of(people.bob, now)), await moved()
    path = f"/api/v1/redemptions/by-key/{KEY}/abandon"

    async def later() -> httpx.Response:
        await asyncio.sleep(turn / 1000)
        return await client.post(path, headers=shop.k1.bearer)

    redeemed, given_up = await at_once([redeem(client, shop.k1, token, shop.rice, KEY), later()])
    assert given_up.json()["state"] == "refused"
    assert (await shops.balance(people.bob), await shop.count()) == (10 * POINT, 1)
    if redeemed.is_success:
        assert given_up.json()["receipt"]["state"] == "undone"
    else:
        assert redeemed.json()["code"] == "abandoned"
        assert await moved() == before
    await sound()


@pytest.mark.scenario("ledger-135")
@pytest.mark.parametrize("turn", range(10))
async def test_handed_over_or_taken_back_never_both(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime, turn: int
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    code = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()["code"]
    tries = [
        client.post("/api/v1/redemptions/hand-over", json={"code": code}, headers=shop.keeper.bearer),
        client.post(f"/api/v1/redemptions/by-key/{KEY}/abandon", headers=shop.k1.bearer),
    ]
    answers = await at_once(tries if turn % 2 else tries[::-1])
    handed, given_up = answers if turn % 2 else answers[::-1]
    if handed.is_success:
        assert (given_up.json()["state"], given_up.json()["receipt"]["state"]) == ("done", "collected")
        assert (await shops.balance(people.bob), await shop.count()) == (0, 0)
    else:
        assert (given_up.json()["state"], given_up.json()["receipt"]["state"]) == ("refused", "undone")
        assert (await shops.balance(people.bob), await shop.count()) == (10 * POINT, 1)
    await sound()


@pytest.mark.scenario("ledger-73")
async def test_two_counters_hand_over_once(committed: str, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    code = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()["code"]
    path, body = "/api/v1/redemptions/hand-over", {"code": code}
    answers = await at_once([client.post(path, json=body, headers=shop.keeper.bearer) for _ in range(10)])
    assert by_code(answers) == {200: 1, "already_collected": 9}


async def test_stock_comes_and_goes_while_people_redeem(
    committed: str, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=5)
    neighbours = await rich(people, 20, 10, now)
    body = {"reward_id": str(shop.rice), "place_id": str(shop.place), "units": 1}
    reasons = ["delivered", "missing"] * 5
    moves = [
        client.post("/api/v1/stock-moves", json={**body, "reason": reason}, headers=shop.keeper.bearer) for reason in reasons
    ]
    answers = await at_once([*[take(client, shop, person) for person in neighbours], *moves])
    assert set(by_code(answers)) <= {201, "sold_out", "stock_short"}
    sold = await sql.value("SELECT count(*) FROM redemption")
    assert await sql.value("SELECT sum(change) FROM stock_move") - sold == await shop.count() >= 0
    await sound()
