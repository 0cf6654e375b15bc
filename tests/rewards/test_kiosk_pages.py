"""The kiosk's screen without a script: forms and links, from the start to the receipt."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.rewards import shop as shops
from tests.rewards.shop import PIN, POINT, Shop, card_of, earn, moved
from timebank.people import limits, passes, pins
from timebank.rewards import catalogue, redemptions
from timebank.rewards.catalogue import Details


@pytest_asyncio.fixture(loop_scope="session")
async def shop(tx: None, people: People, now: datetime) -> Shop:
    """Rice for 10 points, three pieces; Bob has 25 points."""
    await earn(people.bob, 25 * POINT, now)
    return await shops.opened(people, now, stock=3)


@pytest_asyncio.fixture(loop_scope="session")
async def screen(client: httpx.AsyncClient, shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of the kiosk K1, which reads English and follows what it is sent to."""
    shop.k1.pair(client)
    client.headers.update({"accept": "text/html", "accept-language": "en"})
    client.follow_redirects = True
    yield client


async def come(screen: httpx.AsyncClient, people: People, now: datetime) -> httpx.Response:
    """Bob holds up his card and gives its PIN."""
    card = await card_of(people.bob, now)
    asked = await screen.post("/kiosk/card", data={"code": card.text})
    assert "PIN of your card" in asked.text
    return await screen.post("/kiosk/pin", data={"pin": PIN})


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that confirms."""
    return dict(re.findall(r'type="hidden" name="(key|reward|price)" value="([^"]+)"', page))


async def confirm(screen: httpx.AsyncClient, shop: Shop) -> dict[str, str]:
    return fields((await screen.get(f"/kiosk/rewards/{shop.rice}")).text)


async def test_from_the_start_to_the_receipt(screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    assert "Hold your card under the scanner" in (await screen.get("/kiosk")).text
    shelf = await come(screen, people, now)
    assert "Choose, Bob" in shelf.text
    assert "25 points" in shelf.text
    confirmed = await screen.post("/kiosk/redeem", data=await confirm(screen, shop))
    assert "It is yours. Show this code at the counter." in confirmed.text
    assert "Paid: 10 points. Left: 15 points." in confirmed.text
    code = re.search(r'class="code">(\w{4}-\w{4})<', confirmed.text)
    assert code is not None
    assert (await redemptions.by_code(code[1].replace("-", ""))).member_id == people.bob.id
    assert code[1] in (await screen.get("/kiosk/rewards")).text, "what waits at the counter is told at the next visit"


async def test_the_receipt_says_what_the_page_before_has_promised(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    """What is set aside for a gift is not left to spend."""
    await purse.hold(people.bob, 3)
    await come(screen, people, now)
    page = (await screen.get(f"/kiosk/rewards/{shop.rice}")).text
    assert "12 points" in page
    assert "Paid: 10 points. Left: 12 points." in (await screen.post("/kiosk/redeem", data=fields(page))).text


async def test_the_card_of_who_is_gone_is_not_said_to_have_a_newer_one(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    card = await card_of(people.bob, now)
    await sql.rows("UPDATE pass SET revoked_at = $2 WHERE member_id = $1", people.bob.id, now)
    await sql.rows("UPDATE member SET state = 'left' WHERE id = $1", people.bob.id)
    answer = await screen.post("/kiosk/card", data={"code": card.text})
    assert (answer.status_code, "newer card" in answer.text, "Ask at the counter." in answer.text) == (409, False, True)


@pytest.mark.scenario("ledger-132")
async def test_the_form_sent_twice_shows_the_same_receipt(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop)
    first, again = [await screen.post("/kiosk/redeem", data=form) for _ in range(2)]
    code = re.compile(r'class="code">([^<]+)<')
    assert code.findall(first.text) == code.findall(again.text) != []
    assert await shop.count() == 2


async def test_what_cannot_be_had_is_shown_as_such(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    flask = await shops.reward(people, now, 30 * POINT, "保温杯", "Flask")
    await shop.more(flask, 1)
    gone = await shops.reward(people, now, 1 * POINT, "香皂", "Soap")
    await shop.more(gone, 1)
    await redemptions.move_stock(gone, shop.place, -1, "damaged", shop.keeper.id)
    shelf = (await come(screen, people, now)).text
    assert "You need 5 points more" in shelf
    assert "All gone here" in shelf
    assert f"/kiosk/rewards/{shop.rice}" in shelf
    assert str(flask) not in shelf
    assert str(gone) not in shelf


async def test_nothing_of_a_person_stays_at_the_start(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    visit = screen.cookies["timebank_visit"]
    start = await screen.get("/kiosk/over")
    assert "Bob" not in start.text
    assert set(screen.cookies) == {"timebank_device"}
    screen.cookies.set("timebank_visit", visit)
    over = await screen.get("/kiosk/rewards")
    assert "The time was up." in over.text
    assert "Bob" not in over.text


async def test_a_wrong_pin_says_what_to_do(screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    card = await card_of(people.bob, now)
    await screen.post("/kiosk/card", data={"code": card.typed_shown})
    said = ["Try again"] * 2 + ["2 tries are left", "One try is left", "That was the last try. Wait 1"]
    for told in said:
        assert "PIN of your card" in (await screen.get("/kiosk/rewards")).text, "without the PIN there is no way in"
        answer = await screen.post("/kiosk/pin", data={"pin": "000001"})
        assert answer.status_code == 409
        assert "This PIN is wrong." in answer.text
        assert told in answer.text
        assert "000001" not in answer.text
    assert "Hold your card under the scanner" in answer.text, "nobody stands there any more"
    assert "timebank_visit" not in screen.cookies
    assert "PIN of your card" not in (await screen.get("/kiosk/pin")).text, "where the language switch leads now"


async def test_a_locked_card_is_not_asked_for_its_pin_but_told_where_to_go(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await screen.put("/test/clock", json={"now": now.isoformat()})
    card = await card_of(people.bob, now)
    for _ in range(pins.TRIES):
        with pytest.raises(pins.WrongPin):
            await pins.check(people.bob.id, "000001", shop.k2.id, now)
    locked = await screen.post("/kiosk/card", data={"code": card.typed_shown})
    assert (locked.status_code, "timebank_visit" in screen.cookies) == (429, False)
    assert "typed too often.</strong> Wait 1" in locked.text
    assert "Hold your card under the scanner" in locked.text


async def test_a_screen_at_which_too_many_pins_were_wrong_blames_no_card(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await screen.put("/test/clock", json={"now": now.isoformat()})
    card = await card_of(people.bob, now)
    for _ in range(pins.TRIES_OF_DEVICE):
        await limits.spend(f"pin:device:{shop.k1.id}", pins.TRIES_OF_DEVICE, pins.WINDOW, now)
    stopped = await screen.post("/kiosk/card", data={"code": card.typed_shown})
    assert (stopped.status_code, "Too many wrong PINs at this screen." in stopped.text) == (429, True)


async def test_a_card_without_a_pin_is_not_asked_for_one(
    screen: httpx.AsyncClient, people: People, shop: Shop, now: datetime
) -> None:
    answer = await screen.post("/kiosk/card", data={"code": (await passes.issue(people.bob.id, now)).typed_shown})
    assert (answer.status_code, "This card has no PIN yet." in answer.text) == (409, True)


@pytest.mark.parametrize("code, status", [("", 409), ("ABCD", 404)])
async def test_a_refused_card_leaves_nothing_of_the_person_before_behind_the_start(
    screen: httpx.AsyncClient, people: People, shop: Shop, now: datetime, code: str, status: int
) -> None:
    """Bob has gone without a word; Carol's card has no PIN, or something else is held up."""
    carols = await passes.issue(people.carol.id, now)
    assert "Choose, Bob" in (await come(screen, people, now)).text
    bobs = screen.cookies["timebank_visit"]
    answer = await screen.post("/kiosk/card", data={"code": code or carols.typed_shown})
    assert (answer.status_code, "timebank_visit" in screen.cookies) == (status, False)
    screen.cookies.set("timebank_visit", bobs)
    assert "The time was up." in (await screen.get("/kiosk/rewards")).text


async def test_a_replaced_card_is_told_so(screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    old = await card_of(people.bob, now)
    await passes.reissue(people.bob.id, now)
    assert "Use your newer card." in (await screen.post("/kiosk/card", data={"code": old.text})).text


@pytest.mark.parametrize("why, says", [("gone", "The last one has just gone."), ("withdrawn", "no longer offered")])
async def test_a_refused_exchange_settles_its_key_and_leads_back(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime, why: str, says: str
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop)
    if why == "gone":
        await redemptions.move_stock(shop.rice, shop.place, -3, "damaged", shop.keeper.id)
    else:
        await catalogue.withdraw(shop.rice)
    before = await moved()
    answer = await screen.post("/kiosk/redeem", data=form)
    assert answer.status_code == 409
    assert says in answer.text
    assert f'data-settled="{form["key"]}"' in answer.text
    assert 'href="/kiosk/rewards"' in answer.text
    assert await moved() == before


async def test_points_that_went_elsewhere_meanwhile_are_named(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop)
    for key in ("elsewhere-1", "elsewhere-2"):
        await redemptions.redeem("member:x", key, b"", people.bob.id, shop.rice, shop.place, None, people.bob.id)
    answer = await screen.post("/kiosk/redeem", data=form)
    assert "You have 5 points, and it costs 10 points." in answer.text


async def test_a_new_price_is_shown_before_it_is_paid(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop) | {"price": "900"}
    await catalogue.change(shop.rice, Details("大米", 11 * POINT, "Rice", picture="rice"))
    answer = await screen.post("/kiosk/redeem", data=form)
    assert answer.status_code == 409
    assert "It costs 11 points now." in answer.text
    assert f'href="/kiosk/rewards/{shop.rice}"' in answer.text


async def test_a_receipt_is_not_shown_to_the_next_person(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop)
    await screen.post("/kiosk/redeem", data=form)
    await screen.post("/kiosk/card", data={"code": (await card_of(people.carol, now)).text})
    await screen.post("/kiosk/pin", data={"pin": PIN})
    assert (await screen.get(f"/kiosk/receipts/{form['key']}")).status_code == 404


async def test_after_the_visit_a_settled_key_is_told_without_its_code(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    form = await confirm(screen, shop)
    receipt = await screen.post("/kiosk/redeem", data=form)
    code = re.findall(r'class="code">([^<]+)<', receipt.text)[0]
    await screen.get("/kiosk/over")
    told = await screen.get(f"/kiosk?about={form['key']}")
    assert "The last exchange went through: Rice" in told.text
    assert code not in told.text
    assert code not in (await screen.get(f"/kiosk/receipts/{form['key']}")).text
    await screen.post("/api/v1/redemptions/by-key/never-sent/abandon")
    assert "The last exchange was not made." in (await screen.get("/kiosk?about=never-sent")).text


async def test_the_member_s_own_language_is_spoken(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    screen.headers["accept-language"] = "zh"
    assert "请把卡片放到扫码口下" in (await screen.get("/kiosk")).text
    asked = await screen.post("/kiosk/card", data={"code": (await card_of(people.bob, now)).text})
    assert "请输入卡的密码" in asked.text
    assert "Choose, Bob" in (await screen.post("/kiosk/pin", data={"pin": PIN})).text
    assert "请把卡片放到扫码口下" in (await screen.get("/kiosk/over")).text


async def test_a_screen_that_is_no_kiosk_is_told_how_to_become_one(client: httpx.AsyncClient, tx: None) -> None:
    answer = await client.get("/kiosk", headers={"accept": "text/html", "accept-language": "en"})
    assert answer.status_code == 403
    assert 'href="/pair"' in answer.text
    assert "kiosk.js" not in answer.text


async def test_an_empty_shelf_says_so(screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime) -> None:
    await catalogue.withdraw(shop.rice)
    assert "Nothing lies here at the moment." in (await come(screen, people, now)).text


async def test_a_screen_that_serves_a_queue_says_so_and_shows_receipts_for_a_shorter_time(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    assert 'data-queue="yes"' not in (await screen.get("/kiosk")).text
    await screen.post("/kiosk/queue", data={"queue": "yes"})
    await come(screen, people, now)
    page = await screen.post("/kiosk/redeem", data=await confirm(screen, shop))
    assert ('data-queue="yes"' in page.text, 'data-seconds="12"' in page.text) == (True, True)
    await screen.get("/kiosk/over")
    assert "End the queue" in (await screen.get("/kiosk", headers={"accept-language": "en"})).text
    await screen.post("/kiosk/queue", data={"queue": "no"})
    assert 'data-queue="yes"' not in (await screen.get("/kiosk")).text


async def test_the_size_of_type_goes_with_the_person(
    screen: httpx.AsyncClient, shop: Shop, people: People, now: datetime
) -> None:
    await come(screen, people, now)
    await screen.post("/reading", data={"back": "/kiosk/rewards", "large": "1"})
    assert 'class="large"' in (await screen.get("/kiosk/rewards")).text
    assert 'class="large"' not in (await screen.get("/kiosk/over", follow_redirects=True)).text
