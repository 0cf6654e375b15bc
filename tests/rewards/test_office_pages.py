"""The keeper's pages: the counter, a reward, its stock, a place."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from tests.given import People
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, card_of, earn, redeem, visit
from timebank.pages.rewards.rewards import units
from timebank.rewards import catalogue
from timebank.rewards.catalogue import PriceNotFit


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tx: None, people: People, now: datetime) -> Shop:
    return await shops.opened(people, now, stock=3)


@pytest_asyncio.fixture(loop_scope="session")
async def office(client: httpx.AsyncClient, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """The keeper's browser, in English."""
    shop.keeper.sign_in(client)
    client.cookies.set("timebank_language", "en")
    client.headers["accept"] = "text/html"
    client.follow_redirects = True
    yield client


async def sold(client: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> str:
    """Bob has taken rice at the kiosk: the code."""
    await earn(people.bob, 10 * POINT, now)
    token = await visit(client, shop.k1, await card_of(people.bob, now))
    return str((await redeem(client, shop.k1, token, shop.rice)).json()["code"])


async def test_the_counter_hands_over_what_waits(office: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    code = await sold(office, shop, people, now)
    page = (await office.get("/office/rewards")).text
    assert f"••••-••{code[-2:]}" in page
    assert code[:4] not in page
    assert "Bob" in page
    form = {"code": f"{code[:4].lower()} {code[4:]}", "place": str(shop.place)}
    done = await office.post("/office/rewards/hand-over", data=form)
    assert "Hand over: Rice, for Bob." in done.text
    assert "Nothing waits." in done.text
    again = await office.post("/office/rewards/hand-over", data=form)
    assert again.status_code == 409
    assert "This was handed over before." in again.text
    assert re.search(r"Rice: handed over on \w{3} \d+ \w{3} at \d\d:\d\d\.", again.text)


async def test_an_unknown_code_keeps_what_was_typed(office: httpx.AsyncClient, shop: Shop) -> None:
    answer = await office.post("/office/rewards/hand-over", data={"code": "WXYZ2345", "place": str(shop.place)})
    assert answer.status_code == 404
    assert 'value="WXYZ2345"' in answer.text
    assert "There is no receipt with this code." in answer.text


async def test_a_reward_is_offered_and_delivered(office: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    form = {"community_id": str(people.community), "name": "蜂蜜", "name_en": "Honey", "price": "2,5", "picture": "gift"}
    made = await office.post("/office/rewards", data=form)
    assert "2.5 points" in made.text
    assert "It has never lain here." in made.text
    move = {"place_id": str(shop.place), "reason": "delivered", "units": "12", "note": "by the cooperative"}
    delivered = await office.post(f"{made.url.path}/stock", data=move)
    assert '<span class="figure">12</span>' in delivered.text
    assert "Delivered: by the cooperative · Fay" in delivered.text
    assert [offer.name_en for offer in await catalogue.at_place(shop.place, now)] == ["Honey", "Rice"]


@pytest.mark.parametrize("price", ["", "abc", "0", "-1", "1.234", "1e9", "NaN", "Infinity"])
async def test_a_price_that_is_none_is_told_above_its_field(
    office: httpx.AsyncClient, shop: Shop, people: People, price: str
) -> None:
    form = {"community_id": str(people.community), "name": "蜂蜜", "price": price}
    answer = await office.post("/office/rewards", data=form)
    assert answer.status_code == 400
    assert "This is not a price." in answer.text
    assert 'value="蜂蜜"' in answer.text
    with pytest.raises(PriceNotFit):
        units(price)


@pytest.mark.parametrize("pieces", ["", "0", "-3", "1.5", "many", "３", "1000000000000"])
async def test_pieces_that_are_no_number_change_nothing(office: httpx.AsyncClient, shop: Shop, pieces: str) -> None:
    move = {"place_id": str(shop.place), "reason": "delivered", "units": pieces}
    answer = await office.post(f"/office/rewards/{shop.rice}/stock", data=move)
    assert answer.status_code == 400
    assert "This is not a number of pieces." in answer.text
    assert await shop.count() == 3


async def test_more_than_there_is_cannot_go(office: httpx.AsyncClient, shop: Shop) -> None:
    move = {"place_id": str(shop.place), "reason": "damaged", "units": "4"}
    answer = await office.post(f"/office/rewards/{shop.rice}/stock", data=move)
    assert answer.status_code == 409
    assert "On record here: 3." in answer.text


async def test_a_delivery_sent_twice_is_entered_once(office: httpx.AsyncClient, shop: Shop) -> None:
    move = {"place_id": str(shop.place), "reason": "delivered", "units": "4", "key": "one-delivery"}
    for _ in range(2):
        await office.post(f"/office/rewards/{shop.rice}/stock", data=move)
    assert await shop.count() == 7


async def test_a_reward_is_described_anew_withdrawn_and_offered_again(
    office: httpx.AsyncClient, shop: Shop, people: People
) -> None:
    path = f"/office/rewards/{shop.rice}"
    changed = await office.post(path, data={"name": "新米", "name_en": "New rice", "price": "11", "picture": "rice"})
    assert "New rice" in changed.text
    assert "Not offered" in (await office.post(f"{path}/withdraw")).text
    assert "✓ Offered" in (await office.post(f"{path}/offer")).text


async def test_a_keeper_sees_the_sub_district_s_reward_and_may_only_stock_it(
    office: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    people.community, own = people.sub_district, people.community
    shared = await shops.reward(people, now, name="雨伞", name_en="Umbrella")
    people.community = own
    page = await office.get(f"/office/rewards/{shared}")
    assert page.status_code == 200
    assert "Describe it" not in page.text
    move = {"place_id": str(shop.place), "reason": "delivered", "units": "2"}
    assert (await office.post(f"/office/rewards/{shared}/stock", data=move)).status_code == 200
    assert (await office.post(f"/office/rewards/{shared}/withdraw")).status_code == 403


async def test_a_place_is_added_and_opened(office: httpx.AsyncClient, shop: Shop, people: People) -> None:
    added = await office.post(
        "/office/rewards/places", data={"community_id": str(people.community), "name": "食堂", "name_en": "Canteen"}
    )
    assert "<h1>Canteen</h1>" in added.text
    refused = await office.post("/office/rewards/places", data={"community_id": str(people.community), "name": " "})
    assert "The name is missing." in refused.text


async def test_without_a_place_the_page_says_how_to_begin(client: httpx.AsyncClient, tx: None, people: People) -> None:
    people.erin.sign_in(client)
    page = await client.get("/office/rewards", headers={"accept": "text/html"})
    assert "Begin with the place" in page.text


async def test_who_keeps_no_rewards_is_kept_out(client: httpx.AsyncClient, shop: Shop, people: People) -> None:
    people.bob.sign_in(client)
    for path in ("/office/rewards", "/office/rewards/new", f"/office/rewards/{shop.rice}", "/office/rewards/places/new"):
        assert (await client.get(path, headers={"accept": "text/html"})).status_code == 403
