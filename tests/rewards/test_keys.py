"""What became of a key: asked for, given up, handed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.given import Device, People
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, card_of, earn, moved, redeem, visit
from timebank.actions.leaving.leave import Wish as Leaving
from timebank.actions.leaving.leave import leave

KEY = "one-and-the-same"


async def ask(client: httpx.AsyncClient, kiosk: Device, key: str = KEY) -> Any:
    answer = await client.get(f"/api/v1/redemptions/by-key/{key}", headers=kiosk.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def give_up(client: httpx.AsyncClient, kiosk: Device, key: str = KEY) -> Any:
    answer = await client.post(f"/api/v1/redemptions/by-key/{key}/abandon", headers=kiosk.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.scenario("ledger-133")
async def test_a_key_is_unknown_then_done_or_refused(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    assert await ask(client, shop.k1) == {"state": "unknown", "receipt": None}
    receipt = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()
    asked = await ask(client, shop.k1)
    assert asked["state"] == "done"
    assert asked["receipt"]["code"] == receipt["code"]
    await give_up(client, shop.k1, "never-sent")
    assert await ask(client, shop.k1, "never-sent") == {"state": "refused", "receipt": None}


@pytest.mark.scenario("ledger-134")
async def test_a_request_that_comes_after_its_key_was_given_up_moves_nothing(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    before = await moved()
    assert (await give_up(client, shop.k1))["state"] == "refused"
    late = await redeem(client, shop.k1, token, shop.rice, KEY)
    assert (late.status_code, late.json()["code"]) == (409, "abandoned")
    assert await moved() == before


@pytest.mark.scenario("ledger-135")
async def test_giving_up_a_redemption_that_had_succeeded_takes_it_back(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await redeem(client, shop.k1, token, shop.rice, KEY)
    for _ in range(2):
        given_up = await give_up(client, shop.k1)
        assert given_up["state"] == "refused"
        assert given_up["receipt"]["state"] == "undone"
    assert (await shops.balance(people.bob), await shop.count()) == (10 * POINT, 1)
    again = await redeem(client, shop.k1, token, shop.rice, KEY)
    assert (again.status_code, again.json()["state"]) == (200, "undone")


@pytest.mark.scenario("ledger-135")
async def test_what_was_handed_over_is_not_taken_back(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    code = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()["code"]
    await client.post("/api/v1/redemptions/hand-over", json={"code": code}, headers=shop.keeper.bearer)
    given_up = await give_up(client, shop.k1)
    assert given_up["state"] == "done"
    assert given_up["receipt"]["state"] == "collected"
    assert (await shops.balance(people.bob), await shop.count()) == (0, 0)


async def test_giving_up_what_somebody_bought_who_has_left_meanwhile_answers_and_gives_nothing_back(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    """The screen went dark, and Bob left from his phone: the kiosk has to be told what became of its key all the same."""
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await redeem(client, shop.k1, token, shop.rice, KEY)
    await leave(people.bob.caller, Leaving(), now)
    for _ in range(2):
        given_up = await give_up(client, shop.k1)
        assert (given_up["state"], given_up["receipt"]["state"]) == ("done", "to_collect")
    assert (await shops.balance(people.bob), await shop.count()) == (0, 0)


async def test_a_key_of_another_kiosk_is_unknown(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await redeem(client, shop.k1, token, shop.rice, KEY)
    assert await ask(client, shop.k2) == {"state": "unknown", "receipt": None}
    assert (await give_up(client, shop.k2))["receipt"] is None
    assert (await ask(client, shop.k1))["state"] == "done"


async def test_a_repeat_finds_its_receipt_although_the_visit_is_over(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    first = await redeem(client, shop.k1, token, shop.rice, KEY)
    await client.post("/api/v1/kiosk/visits/end", json={"visit": token}, headers=shop.k1.bearer)
    again = await redeem(client, shop.k1, token, shop.rice, KEY)
    assert again.json() == first.json() | {"replayed": True}
    other = await redeem(client, shop.k1, token, shop.rice, "another-key")
    assert (other.status_code, other.json()["code"]) == (409, "visit_over")


@pytest.mark.scenario("ledger-73")
async def test_a_code_is_handed_over_once(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    code = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()["code"]
    typed = {"code": f" {code[:4].lower()}-{code[4:]}"}
    first = await client.post("/api/v1/redemptions/hand-over", json=typed, headers=shop.keeper.bearer)
    again = await client.post("/api/v1/redemptions/hand-over", json=typed, headers=shop.keeper.bearer)
    assert (first.status_code, first.json()["state"]) == (200, "collected")
    assert (again.status_code, again.json()["code"]) == (409, "already_collected")
    assert again.json()["at"] == first.json()["collected_at"].replace("Z", "+00:00")
    assert again.json()["place"] == "春晖服务站"


@pytest.mark.parametrize("who, status", [("bob", 403), ("alice", 403), ("erin", 200)])
async def test_only_who_keeps_rewards_there_hands_over(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, who: str, status: int
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    code = (await redeem(client, shop.k1, token, shop.rice, KEY)).json()["code"]
    answer = await client.post("/api/v1/redemptions/hand-over", json={"code": code}, headers=getattr(people, who).bearer)
    assert answer.status_code == status


async def test_an_unknown_code_is_not_here(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    answer = await client.post("/api/v1/redemptions/hand-over", json={"code": "NOBODYS1"}, headers=shop.keeper.bearer)
    assert answer.status_code == 404
