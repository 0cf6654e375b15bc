"""Redeeming over HTTP: what a kiosk sends, and what it is answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.given import ZONE, People
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, card_of, earn, moved, process, redeem, visit
from timebank.actions.rewards.redeem import Order, redeem_at_kiosk
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.outbox.functions import KeyConflict
from timebank.people import members, passes
from timebank.people.callers import Caller
from timebank.rewards import catalogue, redemptions, visits
from timebank.rewards.catalogue import Details
from timebank.settings import Settings
from timebank.web import clock


@pytest.mark.scenario("ledger-65")
async def test_points_and_stock_move_together(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["state"], receipt["price"], receipt["balance_after"]) == ("to_collect", 1000, 0)
    assert (await shops.balance(people.bob), await shop.count()) == (0, 0)


@pytest.mark.scenario("ledger-66")
async def test_sold_out_moves_nothing(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=0)
    await earn(people.bob, 10 * POINT, now)
    token, before = await visit(client, shop.k1, await card_of(people.bob, now)), await moved()
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert (answer.status_code, answer.json()["code"]) == (409, "sold_out")
    assert await moved() == before


@pytest.mark.scenario("ledger-20", "ledger-132")
async def test_a_repeat_gets_the_same_receipt_from_any_process(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, settings: Settings
) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 20 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    first = await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")
    async with process(settings) as other_process:
        again = await redeem(other_process, shop.k1, token, shop.rice, "one-and-the-same")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json() | {"replayed": True}
    assert await shop.count() == 1


@pytest.mark.scenario("ledger-21")
@pytest.mark.parametrize("differs", ["reward", "price", "member"])
async def test_a_key_stands_for_one_exchange_only(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, differs: str
) -> None:
    shop = await shops.opened(people, now, stock=5)
    other = await shops.reward(people, now, name="毛巾")
    await shop.more(other, 5)
    for person in (people.bob, people.carol):
        await earn(person, 50 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    receipt = (await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")).json()
    if differs == "member":
        token = await visit(client, shop.k1, await card_of(people.carol, now))
    before = await moved()
    answer = await redeem(
        client,
        shop.k1,
        token,
        other if differs == "reward" else shop.rice,
        "one-and-the-same",
        12 * POINT if differs == "price" else 10 * POINT,
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "key_conflict")
    assert receipt["code"] not in answer.text
    assert receipt["id"] not in answer.text
    assert await moved() == before


@pytest.mark.scenario("ledger-21", "ledger-132")
@pytest.mark.parametrize("differs", ["nothing", "reward", "price", "member", "visit"])
async def test_a_key_stands_for_one_exchange_after_the_visit_too(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, differs: str
) -> None:
    shop = await shops.opened(people, now, stock=5)
    await earn(people.bob, 50 * POINT, now)
    carols = await visit(client, shop.k1, await card_of(people.carol, now))
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    receipt = (await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")).json()
    ended = await client.post("/api/v1/kiosk/visits/end", json={"visit": token}, headers=shop.k1.bearer)
    assert ended.status_code == 204
    before = await moved()
    again = await redeem(
        client,
        shop.k1,
        {"member": carols, "visit": "nobody-ever-stood-here"}.get(differs, token),
        uuid4() if differs == "reward" else shop.rice,
        "one-and-the-same",
        12 * POINT if differs == "price" else 10 * POINT,
    )
    if differs == "nothing":
        assert (again.status_code, again.json()) == (200, receipt | {"replayed": True})
    else:
        assert (again.status_code, again.json()["code"]) == (409, "key_conflict")
        assert receipt["code"] not in again.text
    assert await moved() == before


async def test_a_kiosk_that_was_off_for_days_still_gets_its_receipt(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    """By then nobody knows any more whose visit it was."""
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    receipt = (await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")).json()
    later = clock.now() + timedelta(days=3)
    assert await visits.clean(later) == 1
    asked = Caller(device_id=shop.k1.id, device_kind="kiosk", place_id=shop.place)
    again = await redeem_at_kiosk(asked, token, Order(shop.rice, 10 * POINT, "one-and-the-same"), later)
    assert (str(again.id), again.replayed) == (receipt["id"], True)
    with pytest.raises(KeyConflict):
        await redeem_at_kiosk(asked, token, Order(shop.rice, 9 * POINT, "one-and-the-same"), later)


@pytest.mark.scenario("ledger-25")
async def test_a_refusal_does_not_burn_the_key(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 9 * POINT, now)
    token, before = await visit(client, shop.k1, await card_of(people.bob, now)), await moved()
    refused = await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_points")
    assert (refused.json()["available"], refused.json()["needed"]) == (900, 1000)
    assert await moved() == before
    await earn(people.bob, 1 * POINT, now)
    assert (await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")).status_code == 201


@pytest.mark.scenario("ledger-26")
async def test_after_an_undo_the_key_still_leads_to_the_old_receipt(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 20 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    receipt = (await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")).json()
    await redemptions.undo(receipt["id"], shop.keeper.id, "wrong size", restock=True)
    before = await moved()
    again = await redeem(client, shop.k1, token, shop.rice, "one-and-the-same")
    assert again.status_code == 200
    assert again.json() == receipt | {"replayed": True, "state": "undone"}
    assert await moved() == before


@pytest.mark.scenario("ledger-27")
async def test_two_kiosks_with_one_key_do_not_see_each_other(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=2)
    for person in (people.bob, people.carol):
        await earn(person, 10 * POINT, now)
    bobs = await visit(client, shop.k1, await card_of(people.bob, now))
    carols = await visit(client, shop.k2, await card_of(people.carol, now))
    at_k1 = await redeem(client, shop.k1, bobs, shop.rice, "one-and-the-same")
    at_k2 = await redeem(client, shop.k2, carols, shop.rice, "one-and-the-same")
    assert (at_k1.status_code, at_k2.status_code) == (201, 201)
    assert at_k1.json()["id"] != at_k2.json()["id"]
    seen = await client.get("/api/v1/redemptions/by-key/one-and-the-same", headers=shop.k2.bearer)
    assert seen.json()["receipt"]["id"] == at_k2.json()["id"]


@pytest.mark.scenario("ledger-69")
async def test_a_price_that_was_seen_holds_for_the_quoted_minutes(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=3)
    await earn(people.bob, 50 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await catalogue.change(shop.rice, Details("大米", 12 * POINT, picture="rice"))
    assert (await redeem(client, shop.k1, token, shop.rice)).json()["price"] == 1000


@pytest.mark.scenario("ledger-69")
async def test_after_the_quoted_minutes_nobody_pays_more_without_being_told(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=3)
    await earn(people.bob, 50 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    today = clock.now()
    await policies.publish(people.community, today.astimezone(ZoneInfo(ZONE)).date(), Rules(quote_minutes=0), None, today)
    await catalogue.change(shop.rice, Details("大米", 12 * POINT, picture="rice"))
    before = await moved()
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert (answer.status_code, answer.json()["code"], answer.json()["price"]) == (409, "price_changed", 1200)
    assert await moved() == before


async def test_a_price_that_fell_is_taken_at_once(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await catalogue.change(shop.rice, Details("大米", 8 * POINT, picture="rice"))
    assert (await redeem(client, shop.k1, token, shop.rice)).json()["price"] == 800


async def test_a_withdrawn_reward_is_not_sold(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await catalogue.withdraw(shop.rice)
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert (answer.status_code, answer.json()["code"]) == (409, "reward_withdrawn")


async def test_a_card_revoked_during_the_visit_buys_nothing(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await passes.revoke(people.bob.id, now)
    before = await moved()
    answer = await redeem(client, shop.k1, token, shop.rice)
    assert (answer.status_code, answer.json()["code"]) == (409, "card_not_valid")
    assert await moved() == before


async def test_a_member_redeems_without_a_kiosk_to_fetch_it_later(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    body = {"reward_id": str(shop.rice), "price": 1000, "place_id": str(shop.place)}
    headers = {**people.bob.bearer, "idempotency-key": f"key-{uuid4()}"}
    first, again = [await client.post("/api/v1/redemptions", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["member_id"] == str(people.bob.id)


@pytest.mark.parametrize(
    "change",
    [
        {"price": 0},
        {"price": -1},
        {"price": 2**63},
        {"price": 1.5},
        {"price": None},
        {"reward_id": "rice"},
        {"more": 1},
        {"visit": "\x00"},
    ],
)
async def test_a_request_that_makes_no_sense_moves_nothing(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime, change: dict[str, object]
) -> None:
    shop = await shops.opened(people, now)
    await earn(people.bob, 10 * POINT, now)
    token, before = await visit(client, shop.k1, await card_of(people.bob, now)), await moved()
    body = {"reward_id": str(shop.rice), "price": 1000, "visit": token} | change
    answer = await client.post("/api/v1/redemptions", json=body, headers={**shop.k1.bearer, "idempotency-key": "12345678"})
    assert 400 <= answer.status_code < 500, answer.text
    assert await moved() == before


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "with blank"])
async def test_a_redemption_needs_a_key(tx: None, client: httpx.AsyncClient, people: People, now: datetime, key: str) -> None:
    shop = await shops.opened(people, now)
    body = {"reward_id": str(shop.rice), "price": 1000, "visit": "v"}
    headers = {**shop.k1.bearer, "idempotency-key": key} if key else shop.k1.bearer
    assert (await client.post("/api/v1/redemptions", json=body, headers=headers)).status_code == 400


async def test_a_suspended_member_redeems_nothing_for_themself(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 20 * POINT, now)
    body = {"reward_id": str(shop.rice), "price": 10 * POINT, "place_id": str(shop.place)}
    first = await client.post("/api/v1/redemptions", json=body, headers={**people.bob.bearer, "idempotency-key": "before-that"})
    assert first.status_code == 201, first.text
    await members.set_state(people.bob.id, "suspended", "a quarrel")
    before = await moved()
    answer = await client.post("/api/v1/redemptions", json=body, headers={**people.bob.bearer, "idempotency-key": "after-that"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_eligible")
    assert await moved() == before
    again = await client.post("/api/v1/redemptions", json=body, headers={**people.bob.bearer, "idempotency-key": "before-that"})
    assert (again.status_code, again.json()["code"]) == (200, first.json()["code"])
