"""Windows, limits and orders from one's own phone, over HTTP and on the pages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, card_of, earn, moved, redeem, visit
from timebank.points import wallets
from timebank.rewards import catalogue, limits, orders
from timebank.rewards.catalogue import Details
from timebank.rewards.limits import Limit


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> Shop:
    client.headers["accept-language"] = "en"
    await earn(people.bob, 30 * POINT, now)
    return await shops.opened(people, now, stock=3)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(client: httpx.AsyncClient, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in English."""
    client.cookies.set("timebank_language", "en")
    client.headers["accept"] = "text/html"
    client.follow_redirects = True
    yield client


async def order(client: httpx.AsyncClient, shop: Shop, person: Person, key: str = "") -> httpx.Response:
    body = {"reward_id": str(shop.rice), "price": 1000, "place_id": str(shop.place)}
    return await client.post("/api/v1/orders", json=body, headers={**person.bearer, "idempotency-key": key or f"key-{uuid4()}"})


async def shut(client: httpx.AsyncClient, people: People, now: datetime) -> None:
    """One day, half a year from now, is set."""
    day = (now + timedelta(days=180)).date().isoformat()
    body = {"community_id": str(people.community), "first_on": day, "last_on": day, "from_time": "09:00:00"}
    answer = await client.post("/api/v1/reward-windows", json=body, headers=people.erin.bearer)
    assert answer.status_code == 201, answer.text


async def test_who_has_lost_a_kiosk_s_slip_finds_its_code_on_the_phone_until_it_is_fetched(
    shop: Shop, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    token = await visit(browser, shop.k1, await card_of(people.bob, now))
    code = str((await redeem(browser, shop.k1, token, shop.rice)).json()["code"])
    for person, seen in ((people.bob, True), (people.carol, False)):
        answer = (await browser.get("/api/v1/redemptions", headers=person.bearer)).json()
        page = (await browser.get("/me/orders", headers=person.bearer)).text
        assert ([each["code"] for each in answer], f"{code[:4]}-{code[4:]}" in page) == ([code] if seen else [], seen)
    await browser.post("/api/v1/redemptions/hand-over", json={"code": code}, headers=shop.keeper.bearer)
    assert (await browser.get("/api/v1/redemptions", headers=people.bob.bearer)).json() == []


@pytest.mark.scenario("ledger-72")
async def test_a_shut_window_is_told_with_the_next_opening(
    shop: Shop, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    await shut(client, people, now)
    before = await moved()
    for answer in (await redeem(client, shop.k1, token, shop.rice), await order(client, shop, people.bob)):
        assert (answer.status_code, answer.json()["code"]) == (409, "window_closed")
        assert re.search(r"It opens again on \w{3} \d+ \w{3} 09:00\.", answer.json()["detail"])
    assert await moved() == before
    opening = await client.get(f"/api/v1/places/{shop.place}/opening", headers=people.bob.bearer)
    assert opening.json()["is_limited"]


@pytest.mark.scenario("ledger-70")
async def test_a_limit_is_told_with_the_next_day(shop: Shop, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    path, body = f"/api/v1/rewards/{shop.rice}/limits", {"limits": [{"who": "person", "period": "month", "units": 1}]}
    assert (await client.put(path, json=body, headers=people.bob.bearer)).status_code == 403
    assert (await client.put(path, json=body, headers=shop.keeper.bearer)).json() == body["limits"]
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    assert (await redeem(client, shop.k1, token, shop.rice)).status_code == 201
    answer = await order(client, shop, people.bob)
    assert (answer.status_code, answer.json()["code"], answer.json()["units"]) == (409, "limit_reached", 1)
    assert "At most 1 for each person a month." in answer.json()["detail"]
    assert answer.json()["again_on"].endswith("-01")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("limits", {"limits": [{"who": "person", "period": "month", "units": 0}]}),
        ("limits", {"limits": [{"who": "nobody", "period": "month", "units": 1}]}),
        ("limits", {"limits": [{"who": "person", "period": "day", "units": 1}] * 2}),
        ("windows", {"first_on": "2026-02-30", "last_on": "2026-03-01"}),
        ("windows", {"first_on": "2026-03-02", "last_on": "2026-03-01"}),
        ("windows", {"first_on": "2026-03-01", "last_on": "9999-12-31"}),
        ("windows", {"first_on": "2026-03-01", "last_on": "2026-03-01", "from_time": "10:00:00", "until_time": "09:00:00"}),
    ],
)
async def test_what_makes_no_sense_sets_nothing(
    shop: Shop, client: httpx.AsyncClient, people: People, path: str, body: dict[str, Any]
) -> None:
    if path == "limits":
        answer = await client.put(f"/api/v1/rewards/{shop.rice}/limits", json=body, headers=people.erin.bearer)
    else:
        whole = {"community_id": str(people.community)} | body
        answer = await client.post("/api/v1/reward-windows", json=whole, headers=people.erin.bearer)
    assert answer.status_code == 400, answer.text
    assert not await sql.value("SELECT count(*) FROM reward_limit") + await sql.value("SELECT count(*) FROM redemption_window")


@pytest.mark.scenario("ledger-65", "ledger-73")
async def test_an_order_holds_the_points_and_is_paid_when_it_is_fetched_once(
    shop: Shop, client: httpx.AsyncClient, people: People
) -> None:
    first, again = [await order(client, shop, people.bob, "one-and-the-same") for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert (await shops.balance(people.bob), await shop.count()) == (3000, 3)
    assert (await wallets.balance(people.bob.id)).held == 1000
    body = {"code": first.json()["code"].lower()}
    done = await client.post("/api/v1/redemptions/hand-over", json=body, headers=shop.keeper.bearer)
    assert (done.status_code, done.json()["state"], done.json()["code"]) == (200, "collected", first.json()["code"])
    assert (await shops.balance(people.bob), await shop.count()) == (2000, 2)
    second = await client.post("/api/v1/redemptions/hand-over", json=body, headers=shop.keeper.bearer)
    assert (second.status_code, second.json()["code"]) == (409, "already_collected")
    assert not await sql.value("SELECT count(*) FROM message WHERE kind = 'order_lapses' AND state = 'pending'")


async def test_an_order_that_is_called_off_frees_points_and_unit(shop: Shop, client: httpx.AsyncClient, people: People) -> None:
    made = (await order(client, shop, people.bob)).json()
    path = f"/api/v1/orders/{made['id']}/cancel"
    assert (await client.post(path, headers=people.carol.bearer)).status_code == 404
    for _ in range(2):
        assert (await client.post(path, headers=people.bob.bearer)).json()["state"] == "cancelled"
    shown = await client.post("/api/v1/redemptions/hand-over", json={"code": made["code"]}, headers=shop.keeper.bearer)
    assert (shown.status_code, shown.json()["code"]) == (409, "order_over")
    assert await sql.value("SELECT state FROM message WHERE kind = 'order_lapses'") == "withdrawn"


async def test_the_counter_sees_no_code_of_an_order(shop: Shop, client: httpx.AsyncClient, people: People) -> None:
    made = (await order(client, shop, people.bob)).json()
    path = f"/api/v1/places/{shop.place}/orders"
    listed = await client.get(path, headers=shop.keeper.bearer)
    assert [each["id"] for each in listed.json()] == [made["id"]]
    assert made["code"] not in listed.text
    assert (await client.get(path, headers=people.bob.bearer)).status_code == 403


async def test_a_member_orders_on_the_page_and_the_counter_hands_over(
    shop: Shop, browser: httpx.AsyncClient, people: People
) -> None:
    people.bob.sign_in(browser)
    assert "Rice" in (await browser.get("/rewards")).text
    page = (await browser.get(f"/rewards/{shop.rice}?place={shop.place}")).text
    form = dict(re.findall(r'name="(key|place|price)" value="([^"]*)"', page))
    ordered = await browser.post(f"/rewards/{shop.rice}/order", data=form)
    code = re.search(r'class="typed">(\w{4})-(\w{4})<', ordered.text)
    assert code
    assert "Waits for you" in (await browser.get("/me/orders")).text
    shop.keeper.sign_in(browser)
    counter = (await browser.get("/office/rewards")).text
    assert "1 of them kept for orders" in counter
    assert f"••••-••{code[2][-2:]}" in counter
    done = await browser.post("/office/rewards/hand-over", data={"code": code[1] + code[2], "place": str(shop.place)})
    assert "Hand over: Rice, for Bob." in done.text


@pytest.mark.scenario("ledger-70", "ledger-72")
async def test_the_pages_say_limits_and_windows_beforehand(
    shop: Shop, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    await limits.set_for(shop.rice, [Limit("person", "week", 1), Limit("household", "month", 2)])
    people.bob.sign_in(browser)
    assert "At most 2 for each household a month" in (await browser.get("/rewards")).text
    await order(browser, shop, people.bob)
    assert "You can have it again from" in (await browser.get("/rewards")).text
    await shut(browser, people, now)
    one = (await browser.get(f"/rewards/{shop.rice}")).text
    assert "Points are not exchanged at the moment." in one
    assert "/order" not in one
    start = await browser.get("/kiosk", headers=shop.k1.bearer)
    assert "Points are not exchanged at the moment." in start.text


async def test_the_coordinator_sets_days_and_takes_them_away(shop: Shop, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    form = {"community_id": str(people.community), "first_on": "2027-01-04", "last_on": "2027-01-08", "repeats": "quarterly"}
    wrong = await browser.post("/office/rewards/windows", data=form | {"last_on": "2027-01-01"})
    assert wrong.status_code == 400
    assert 'value="2027-01-04"' in wrong.text
    made = await browser.post("/office/rewards/windows", data=form | {"from_time": "09:00", "until_time": "17:00"})
    assert "Mon 4 Jan 2027 – Fri 8 Jan 2027, 09:00–17:00, every quarter" in made.text
    removal = re.search(r'action="(/office/rewards/windows/[^"]*/remove)"', made.text)
    assert removal
    assert "No day is set" in (await browser.post(removal[1])).text
    shop.keeper.sign_in(browser)
    assert "The coordinator of the community sets these days." in (await browser.get("/office/rewards/windows")).text


async def test_the_keeper_sets_limits_and_sees_former_prices_and_the_donor(
    shop: Shop, browser: httpx.AsyncClient, people: People
) -> None:
    people.erin.sign_in(browser)
    path = f"/office/rewards/{shop.rice}"
    form = {"person": "2", "person_period": "quarter", "household": "", "household_period": "month"}
    assert 'value="2"' in (await browser.post(f"{path}/limits", data=form)).text
    assert await limits.of([shop.rice]) == {shop.rice: [Limit("person", "quarter", 2)]}
    wrong = await browser.post(f"{path}/limits", data=form | {"household": "many"})
    assert wrong.status_code == 400
    assert 'value="many"' in wrong.text
    described = {
        "name": "大米",
        "name_en": "Rice",
        "price": "12",
        "picture": "rice",
        "donor_en": "Grain shop",
        "value": "25.50",
    }
    page = (await browser.post(path, data=described)).text
    assert "Given by Grain shop" in page
    assert "Worth 25.5 yuan each" in page
    assert re.search(r"<span class=\"grow\">10 points</span><span class=\"soft\">replaced on", page)
    bad = await browser.post(path, data=described | {"value": "much"})
    assert bad.status_code == 400
    assert "This is not a value." in bad.text


async def test_a_donor_stands_on_what_is_offered(shop: Shop, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    await catalogue.change(shop.rice, Details("大米", 1000, "Rice", picture="rice", donor="粮店", value_fen=2550))
    offers = await client.get(f"/api/v1/places/{shop.place}/rewards", headers=people.bob.bearer)
    assert [offer["donor"] for offer in offers.json()] == ["粮店"]
    prices = await client.get(f"/api/v1/rewards/{shop.rice}/prices", headers=shop.keeper.bearer)
    assert prices.json() == []


@pytest.mark.scenario("ledger-74", "ledger-76")
async def test_what_was_set_aside_and_not_handed_over_stands_on_the_keepers_page(
    shop: Shop, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    before = (await shops.balance(people.bob), await shop.count())
    for key, is_order in (("kept back", False), ("called off", True)):
        unit = purse.unit(shop.rice, people.bob, key=key)
        held = await orders.set_aside(unit, shop.place, shop.k1.id, timedelta(days=1), is_order=is_order)
        await orders.kept_back(held.id)
    assert (await shops.balance(people.bob), await shop.count()) == before
    shop.keeper.sign_in(browser)
    page = (await browser.get("/office/rewards")).text
    assert page.count('<span class="tag">Called off</span>') == 2
    assert "Nothing waits." in page
