"""A machine that hands over by itself, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from tests.given import People
from tests.ledger import purse
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, card_of, earn, visit
from timebank.rewards import orders


async def held(client: httpx.AsyncClient, shop: Shop, token: str, key: str = "") -> httpx.Response:
    body = {"visit": token, "reward_id": str(shop.rice), "price": 1000}
    return await client.post(
        "/api/v1/kiosk/holds", json=body, headers={**shop.k1.bearer, "idempotency-key": key or f"key-{uuid4()}"}
    )


@pytest.mark.scenario("ledger-74", "ledger-75", "ledger-76")
async def test_a_machine_sets_aside_lets_go_or_keeps_back(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 30 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    first, again = [await held(client, shop, token, "one-and-the-same") for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 200, first.json()["id"])
    path = f"/api/v1/kiosk/holds/{first.json()['id']}"
    assert (await client.post(f"{path}/handed-over", headers=shop.k2.bearer)).status_code == 404
    done, repeat = [await client.post(f"{path}/handed-over", headers=shop.k1.bearer) for _ in range(2)]
    assert (done.json()["state"], done.json()["replayed"], repeat.json()["replayed"]) == ("collected", False, True)
    assert (await shops.balance(people.bob), await shop.count()) == (2000, 1)
    assert (await client.post(f"{path}/kept-back", headers=shop.k1.bearer)).json()["code"] == "hold_over"

    failed = (await held(client, shop, token)).json()["id"]
    for _ in range(2):
        answer = await client.post(f"/api/v1/kiosk/holds/{failed}/kept-back", headers=shop.k1.bearer)
        assert answer.json() == {"state": "voided"}
    assert (await shops.balance(people.bob), await shop.count()) == (2000, 1)

    unit = purse.unit(shop.rice, people.bob, scope=f"device:{shop.k1.id}")
    late = await orders.set_aside(unit, shop.place, shop.k1.id, timedelta(microseconds=1))
    answer = await client.post(f"/api/v1/kiosk/holds/{late.id}/handed-over", headers=shop.k1.bearer)
    assert (answer.status_code, answer.json()["code"]) == (409, "hold_over")
    shop.keeper.sign_in(client)
    page = await client.get("/office/rewards", headers={"accept": "text/html", "accept-language": "en"})
    assert "Called off" in page.text
    assert "Not fetched in time" in page.text
