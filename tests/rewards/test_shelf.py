"""The catalogue, the places and the stock, as a keeper changes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

import timebank.pages
from schedules import sql
from tests.given import People, Person
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, card_of, earn, redeem, visit
from timebank.rewards import catalogue, stock
from timebank.rewards.pictures import PICTURES

RICE = {"name": "大米", "name_en": "Rice", "price": 1000, "picture": "rice"}


async def move(
    client: httpx.AsyncClient, shop: Shop, units: object, reason: str, by: Person | None = None, **changed: object
) -> httpx.Response:
    body = {"reward_id": str(shop.rice), "place_id": str(shop.place), "units": units, "reason": reason} | changed
    return await client.post("/api/v1/stock-moves", json=body, headers=(by or shop.keeper).bearer)


@pytest.mark.scenario("ledger-77")
async def test_moves_less_receipts_equal_the_count(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=5)
    await earn(people.bob, 20 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    for _ in range(2):
        assert (await redeem(client, shop.k1, token, shop.rice)).status_code == 201
    assert (await move(client, shop, 4, "delivered", note="from the cooperative")).json() == {"count": 7}
    assert (await move(client, shop, 1, "damaged")).json() == {"count": 6}
    lines = await stock.moves(shop.rice, shop.place)
    assert [(line.change, line.reason, line.by) for line in lines] == [
        (-1, "damaged", "Fay"),
        (4, "delivered: from the cooperative", "Fay"),
        (5, "delivered", "Fay"),
    ]
    receipts = int(await sql.value("SELECT count(*) FROM redemption WHERE reward_id = $1", shop.rice))
    assert sum(line.change for line in lines) - receipts == await shop.count() == 6
    assert [(line.count, line.to_collect) for line in await stock.at_place(shop.place)] == [(6, 2)]


async def test_less_than_nothing_never_lies_there(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=2)
    answer = await move(client, shop, 3, "missing")
    assert (answer.status_code, answer.json()["code"], answer.json()["count"]) == (409, "stock_short", 2)
    assert await shop.count() == 2


async def test_a_move_sent_twice_moves_once(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=2)
    body = {"reward_id": str(shop.rice), "place_id": str(shop.place), "units": 3, "reason": "delivered"}
    headers = {**shop.keeper.bearer, "idempotency-key": "delivery-of-today"}
    answers = [await client.post("/api/v1/stock-moves", json=body, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(201, {"count": 5}), (200, {"count": 5})]


@pytest.mark.parametrize("units", [0, -1, 100_001, 1.5, None])
async def test_an_amount_that_makes_no_sense_moves_nothing(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, units: object
) -> None:
    shop = await shops.opened(people, now, stock=2)
    answer = await move(client, shop, units, "delivered")
    assert answer.status_code == 400
    assert await shop.count() == 2


async def test_a_keeper_keeps_only_what_lies_below_their_node(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    elsewhere = {"community_id": str(people.elsewhere), **RICE}
    assert (await client.post("/api/v1/rewards", json=elsewhere, headers=shop.keeper.bearer)).status_code == 403
    assert (await client.post("/api/v1/rewards", json=elsewhere, headers=people.erin.bearer)).status_code == 201
    for person, status in ((people.bob, 403), (people.alice, 403), (people.erin, 201)):
        assert (await move(client, shop, 1, "found", by=person)).status_code == status


async def test_a_reward_lies_only_below_its_own_community(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    made = await client.post(
        "/api/v1/rewards", json={"community_id": str(people.elsewhere), **RICE}, headers=people.erin.bearer
    )
    answer = await move(client, shop, 1, "delivered", by=people.erin, reward_id=made.json()["id"])
    assert answer.status_code == 404


async def test_a_reward_is_offered_changed_withdrawn_and_offered_again(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=0)
    made = (
        await client.post("/api/v1/rewards", json={"community_id": str(people.community), **RICE}, headers=shop.keeper.bearer)
    ).json()
    path = f"/api/v1/rewards/{made['id']}"
    await move(client, shop, 2, "delivered", reward_id=made["id"])
    await client.put(path, json={**RICE, "price": 1200}, headers=shop.keeper.bearer)
    offers = await client.get("/api/v1/kiosk/rewards", headers=shop.k1.bearer)
    assert [(offer["price"], offer["free"]) for offer in offers.json()] == [(1200, 2)]
    await client.post(f"{path}/withdraw", headers=shop.keeper.bearer)
    assert (await client.get("/api/v1/kiosk/rewards", headers=shop.k1.bearer)).json() == []
    await client.post(f"{path}/offer", headers=shop.keeper.bearer)
    assert len((await client.get("/api/v1/kiosk/rewards", headers=shop.k1.bearer)).json()) == 1
    done = await sql.rows("SELECT action FROM audit WHERE subject = $1 ORDER BY id", f"reward:{made['id']}")
    assert [row["action"] for row in done] == ["reward.offered", "reward.changed", "reward.withdrawn", "reward.offered_again"]


@pytest.mark.parametrize("change", [{"name": " "}, {"price": 0}, {"price": 2**63}, {"picture": "../../secret"}, {"price": -5}])
async def test_a_reward_that_makes_no_sense_is_not_offered(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, change: dict[str, object]
) -> None:
    shop = await shops.opened(people, now)
    body = {"community_id": str(people.community), **RICE, **change}
    assert (await client.post("/api/v1/rewards", json=body, headers=shop.keeper.bearer)).status_code == 400


async def test_a_new_place_is_listed(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    body = {"community_id": str(people.community), "name": "社区食堂", "name_en": "Canteen"}
    assert (await client.post("/api/v1/places", json=body, headers=shop.keeper.bearer)).status_code == 201
    found = await client.get("/api/v1/places", headers=shop.keeper.bearer)
    assert {place["name"] for place in found.json()} == {"春晖服务站", "社区食堂"}


async def test_a_unit_that_a_live_hold_keeps_is_not_free(tx: None, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 10 * POINT, now)
    await sql.rows(
        "INSERT INTO hold (id, scope, client_key, request_hash, account_id, amount, purpose, to_account, "
        "reward_id, place_id, actor_id, made_at, expires_at) "
        "SELECT $1, 'device:k', 'k', '', ledger.account_of($2), 1000, 'reward', -2, $3, $4, $2, $5, $6",
        uuid4(),
        people.bob.id,
        shop.rice,
        shop.place,
        now,
        now + timedelta(minutes=3),
    )
    assert [offer.free for offer in await catalogue.at_place(shop.place, now)] == [1]
    assert [offer.free for offer in await catalogue.at_place(shop.place, now.replace(hour=2))] == [2]


def test_every_drawing_is_there() -> None:
    folder = Path(timebank.pages.__file__).parent / "static" / "rewards"
    assert {path.stem for path in folder.glob("*.svg")} == set(PICTURES)
