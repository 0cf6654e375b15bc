"""The pages of sign-in, my page and office, over HTTP without a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar.types import ASGIApp

from schedules import sql
from tests.given import People
from timebank.actions.people.members import set_pin
from timebank.app import create_app
from timebank.outbox import intents
from timebank.people import keys, members, passes, passwords, senders
from timebank.people.senders import Message
from timebank.settings import Settings
from timebank.web import clock
from timebank.web.access import DEVICE_COOKIE, MEMBER_COOKIE

HTML = {"accept": "text/html", "accept-language": "en"}


@pytest_asyncio.fixture(loop_scope="session")
async def browser(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client that asks as a browser does."""
    client.headers.update(HTML)
    return client


@pytest.fixture(scope="module")
def production(usual: Settings) -> Settings:
    """A production installation behind https."""
    address = {"public_url": "https://time.example.org", "sender": "webhook", "sender_url": "http://127.0.0.1:9/"}
    return msgspec.structs.replace(usual, mode="production", **address)


@pytest.fixture(scope="module")
def production_app(production: Settings) -> ASGIApp:
    return create_app(production)


@pytest_asyncio.fixture(loop_scope="session")
async def deployed(production: Settings, production_app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a production installation."""
    clock.use(production)
    keys.use(production.secret)
    transport = httpx.ASGITransport(app=production_app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="https://time.example.org", headers=HTML) as opened:
        yield opened


def demo_code(page: str) -> str:
    return str(re.findall(r'<span class="typed">(\d{6})</span>', page)[0])


async def test_phone_then_code_then_where_one_wanted_to_go(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    wanted = await browser.get("/me/points?before=7")
    assert wanted.headers["location"] == "/sign-in?back=%2Fme%2Fpoints%3Fbefore%3D7"
    asked = await browser.post("/sign-in", data={"phone": people.bob.phone, "back": "/me/points?before=7"})
    assert asked.status_code == 303
    page = await browser.get(asked.headers["location"])
    assert people.bob.phone not in asked.headers["location"]
    signed_in = await browser.post("/sign-in/code", data={"code": demo_code(page.text), "back": "/me/points?before=7"})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/me/points?before=7")
    assert "My points" in (await browser.get("/me/points?before=7")).text
    assert (await browser.get("/sign-in?back=/me")).headers["location"] == "/me"
    assert (await browser.post("/sign-out")).headers["location"] == "/"
    assert (await browser.get("/me")).status_code == 303


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil.example"]
)
async def test_the_way_back_never_leads_to_another_site(
    tx: None, browser: httpx.AsyncClient, people: People, back: str
) -> None:
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), people.now)
    typed = {"phone": people.bob.phone, "password": "a quiet river", "back": back}
    assert (await browser.post("/sign-in/password", data=typed)).headers["location"] == "/"
    assert (await browser.get("/sign-in", params={"back": back})).headers["location"] == "/"


async def test_who_reads_english_reads_english_after_signing_in(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    """Bob's messages come in Chinese; the page that he signs in on is English."""
    await sql.rows("UPDATE member SET language = 'zh' WHERE id = $1", people.bob.id)
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), people.now)
    await browser.post("/sign-in/password", data={"phone": people.bob.phone, "password": "a quiet river"})
    assert '<html lang="en"' in (await browser.get("/me")).text


async def test_a_wrong_number_is_told_above_its_field_and_stays_typed(tx: None, browser: httpx.AsyncClient) -> None:
    page = await browser.post("/sign-in", data={"phone": "138 <b>", "back": "/me"})
    assert page.status_code == 400
    assert 'id="phone-wrong"' in page.text
    assert 'value="138 &lt;b&gt;"' in page.text


async def test_a_wrong_code_is_told_and_another_can_be_asked_for(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    await browser.post("/sign-in", data={"phone": people.bob.phone, "back": "/me"})
    page = await browser.post("/sign-in/code", data={"code": "abc", "back": "/me"})
    assert page.status_code == 409
    assert 'id="code-wrong"' in page.text
    assert "Send another code" in page.text


async def test_after_too_many_codes_the_page_says_how_long_to_wait(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    for _ in range(3):
        await browser.post("/sign-in", data={"phone": people.bob.phone})
    page = await browser.post("/sign-in", data={"phone": people.bob.phone})
    assert page.status_code == 429
    assert re.search(r"Wait \d+ min", page.text)


async def test_production_answers_all_numbers_alike_and_never_shows_a_code(
    tx: None, deployed: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Message] = []
    monkeypatch.setattr("timebank.people.senders.WebhookSender.send", lambda self, message: _note(sent, message))
    monkeypatch.setattr(senders, "PAUSE", (0, 1))
    pages = []
    for phone in (people.bob.phone, "13900000000"):
        asked = await deployed.post("/sign-in", data={"phone": phone})
        pages.append(re.sub(r"\d{3}\*{4}\d{4}", "", (await deployed.get(asked.headers["location"])).text.replace(phone, "")))
        assert "demo" not in str(asked.headers).lower()
        api = await deployed.post("/api/v1/sign-in/codes", json={"phone": phone})
        assert api.json()["demo_code"] is None
    await senders.all_sent()
    assert pages[0] == pages[1]
    assert {message.phone for message in sent} == {people.bob.phone}
    assert "Demo" not in pages[0]


async def _note(sent: list[Message], message: Message) -> None:
    sent.append(message)


async def test_cookies_of_a_deployed_installation_are_closed(tx: None, deployed: httpx.AsyncClient, people: People) -> None:
    """Guards L10: there is no CSRF cookie to read; the sign-in's own is httponly, secure and lax."""
    await passwords.keep(people.bob.id, "password", await passwords.prepare("a quiet river"), people.now)
    answer = await deployed.post("/sign-in/password", data={"phone": people.bob.phone, "password": "a quiet river"})
    flags = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(MEMBER_COOKIE)).lower()
    assert all(flag in flags for flag in ("httponly", "secure", "samesite=lax", "path=/"))
    assert not any("csrf" in line.lower() for line in answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize("path", ["/me/settings/pin", "/sign-out", "/office/members", "/pair", "/sign-in"])
async def test_a_form_of_another_site_changes_nothing(tx: None, browser: httpx.AsyncClient, people: People, path: str) -> None:
    """Guards L10: the browser says where the form came from, and no cookie or token has to be kept."""
    people.erin.sign_in(browser)
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ):
        assert (await browser.post(path, data={"pin": "274913"}, headers=headers)).status_code == 403
    assert not await passwords.has(people.erin.id, "pin")


async def test_my_page_of_somebody_new_says_what_to_do(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.carol.sign_in(browser)
    page = (await browser.get("/me")).text
    assert "Nothing is planned yet." in page
    assert "Find something to do" in page
    assert "hx-trigger" not in page
    for path, words in (
        ("/me/points", "No points have come"),
        ("/me/hours", "No service is recorded"),
        ("/me/hours", "<strong>Carol</strong> · No. "),
        ("/me/pass", "Make my pass"),
    ):
        assert words in (await browser.get(path)).text
    await browser.post("/me/pass")
    held = await passes.current(people.carol.id)
    assert held is not None
    assert held.typed_shown in (await browser.get("/me/pass")).text


async def test_points_on_the_way_are_asked_for_again_until_they_are_there(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    people.bob.sign_in(browser)
    now = people.now
    promise = await intents.promise(
        f"attendance:{uuid4()}:v1", people.bob.id, 150, earned_at=now, at=now, payload={"what": "Choir"}
    )
    waiting = (await browser.get("/me")).text
    assert "1.5 on the way" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert "1.5 on the way" in (await browser.get("/me/points/now")).text
    await intents.keep(promise.id, now + timedelta(minutes=1))
    there = (await browser.get("/me/points/now")).text
    assert "hx-trigger" not in there
    assert '<p class="figure">1.5' in there
    assert "Choir" in (await browser.get("/me/points")).text


async def test_points_that_are_stuck_say_so_and_are_not_asked_for_again(
    tx: None, browser: httpx.AsyncClient, people: People
) -> None:
    people.bob.sign_in(browser)
    for units, reason in ((150, None), (0, "no_policy")):
        key = f"attendance:{uuid4()}:v1"
        payload = {"what": f"Choir {units}"}
        await intents.promise(key, people.bob.id, units, earned_at=people.now, at=people.now, reason=reason, payload=payload)
    await sql.rows("UPDATE intent SET state = 'dead', reason = 'boom' WHERE amount > 0")
    html = (await browser.get("/me")).text
    assert "1.5 held up" in html
    assert "Points held up" in html
    assert "Choir 0" in html
    assert "hx-trigger" not in html


async def test_settings_keep_language_pin_and_password(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(browser)
    await browser.post("/me/settings/language", data={"chosen_language": "zh"})
    assert (await members.one(people.bob.id)).language == "zh"
    assert "我的设置" in (await browser.get("/me/settings")).text
    await browser.post("/reading", data={"chosen_language": "en"})
    wrong = await browser.post("/me/settings/pin", data={"pin": "1234"})
    assert wrong.status_code == 400
    assert 'id="pin-wrong"' in wrong.text
    assert (await browser.post("/me/settings/pin", data={"pin": "274913"})).headers["location"] == "/me/settings?done=pin"
    assert (await browser.post("/me/settings/password", data={"password": "a quiet river"})).status_code == 303
    assert (await browser.get("/me")).status_code == 200
    assert (await browser.post("/me/settings/language", data={"chosen_language": "tlh"})).status_code == 400


async def test_the_office_is_for_staff(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.bob.sign_in(browser)
    for path in ("/office", "/office/members", "/office/roles", "/office/devices", "/office/communities", "/office/cards"):
        assert (await browser.get(path)).status_code == 403


async def test_a_member_is_added_found_given_a_card_and_a_role(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    assert "Building 3" in (await browser.get("/office/members/new", params={"at": str(people.grid)})).text
    typed = {
        "community_id": str(people.building),
        "name": "王秀英",
        "door": "3-201",
        "key": uuid4().hex,
        "staff_note": "慢慢说",
    }
    made = await browser.post("/office/members", data=typed)
    again = await browser.post("/office/members", data=typed)
    assert made.headers["location"] == again.headers["location"]
    address = made.headers["location"].split("?")[0]
    assert "is a member now" in (await browser.get(made.headers["location"])).text
    assert address in (await browser.get("/office/members", params={"q": "秀英"})).text
    card = (await browser.get("/office/cards", params={"member": address.rsplit("/", 1)[1]})).text
    assert "<svg" in card
    assert "王秀英" in card
    assert ("时间银行" in card, "Print this page" in card) == (True, True), "the card speaks its member's language"
    given = await browser.post(
        f"{address}/roles", data={"role": "steward", "community_id": str(people.grid), "key": uuid4().hex}
    )
    assert given.status_code == 303
    page = (await browser.get(address)).text
    assert "Steward" in page
    assert "printed the card" in page
    grant = re.findall(r"/office/roles/([0-9a-f-]{36})/end", page)[0]
    assert (await browser.post(f"/office/roles/{grant}/end", data={"back": address})).headers["location"] == address
    assert "None: a member like everybody." in (await browser.get(address)).text


async def test_a_refused_member_keeps_what_was_typed(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    typed = {"community_id": str(people.building), "name": "王秀英", "phone": people.bob.phone, "staff_note": "慢慢说"}
    page = await browser.post("/office/members", data=typed)
    assert page.status_code == 409
    assert 'id="phone-wrong"' in page.text
    assert 'value="王秀英"' in page.text
    assert "慢慢说" in page.text
    young = await browser.post("/office/members", data={**typed, "phone": "", "born_on": "2020-01-01"})
    assert 'id="born_on-wrong"' in young.text
    nonsense = await browser.post("/office/members", data={**typed, "phone": "", "born_on": "yesterday"})
    assert nonsense.status_code == 400
    assert 'id="born_on-wrong"' in nonsense.text


async def test_suspending_asks_why_and_can_be_taken_back(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    address = f"/office/members/{people.bob.id}"
    assert 'id="reason-wrong"' in (await browser.post(f"{address}/suspend", data={"reason": " "})).text
    await browser.post(f"{address}/suspend", data={"reason": "lent the pass"})
    assert "lent the pass" in (await browser.get(address)).text
    await browser.post(f"{address}/restore")
    assert (await members.one(people.bob.id)).state == "active"


async def test_a_lost_card_is_replaced_and_a_pin_set(
    tx: None, browser: httpx.AsyncClient, people: People, now: datetime
) -> None:
    people.erin.sign_in(browser)
    await browser.post(f"/office/members/{people.bob.id}/pass")
    first = await passes.current(people.bob.id)
    replaced = await browser.post(f"/office/members/{people.bob.id}/pass/replace")
    second = await passes.current(people.bob.id)
    assert first is not None
    assert second is not None
    assert second.serial == first.serial + 1
    assert second.typed_shown in (await browser.get(replaced.headers["location"])).text
    assert await sql.value("SELECT kind FROM message WHERE person_id = $1", people.bob.id) == "card_replaced", "Bob is told"
    wrong = await browser.post(f"/office/members/{people.bob.id}/pin", data={"pin": "111111"})
    assert 'id="pin-wrong"' in wrong.text
    assert (await browser.post(f"/office/members/{people.bob.id}/pin", data={"pin": "274913"})).status_code == 303


async def test_a_screen_is_paired_by_its_own_page(
    tx: None, browser: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    people.erin.sign_in(browser)
    made = await browser.post("/office/devices", data={"kind": "desk", "name": "东门", "community_id": str(people.community)})
    page = await browser.post(f"{made.headers['location']}/code")
    code = re.findall(r'<p class="typed">(\d{4} \d{4})</p>', page.text)[0]
    assert (await browser.get(f"{made.headers['location']}/code")).headers["location"] == made.headers["location"]
    browser.cookies.clear()
    shown = await browser.get("/pair", params={"code": code})
    assert f'value="{code}"' in shown.text
    assert DEVICE_COOKIE not in browser.cookies
    paired = await browser.post("/pair", data={"code": code})
    assert paired.headers["location"] == "/desk"
    assert DEVICE_COOKIE in browser.cookies
    assert "This screen is paired already." in (await browser.get("/pair")).text
    people.erin.sign_in(browser)
    page = await browser.get(made.headers["location"])
    assert "Scans that still wait on this desk are then not sent any more." in page.text
    await browser.post(f"{made.headers['location']}/revoke")
    browser.cookies.delete(MEMBER_COOKIE)
    assert '<a class="button" href="/pair">' in (await browser.get("/desk")).text, "a withdrawn desk is shown the way back"
    people.erin.sign_in(browser)
    await browser.post("/office/pass-keys", data={"key": str(uuid4())})
    keys = (await browser.get("/office/pass-keys")).text
    assert ("Signs new passes" in keys, "Remove this key" in keys) == (True, False), "the key that signs has no such button"
    assert "This screen is paired already." not in (await browser.get("/pair")).text
    assert "Withdrawn" in (await browser.get(made.headers["location"])).text


async def test_a_kiosk_is_registered_at_a_place(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    assert "there is no such place yet" in (await browser.get("/office/devices/new", params={"kind": "kiosk"})).text
    place = uuid4()
    await sql.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, '服务中心')", place, people.community)
    made = await browser.post("/office/devices", data={"kind": "kiosk", "name": "大厅", "place_id": str(place)})
    assert "服务中心" in (await browser.get(made.headers["location"])).text
    nameless = await browser.post("/office/devices", data={"kind": "kiosk", "name": " ", "place_id": str(place)})
    assert 'id="name-wrong"' in nameless.text


async def test_the_tree_grows_below_ones_own_node(tx: None, browser: httpx.AsyncClient, people: People) -> None:
    people.erin.sign_in(browser)
    page = (await browser.get("/office/communities")).text
    assert "Chunhui" in page
    assert "An hour earns" in page
    typed = {"parent_id": str(people.grid), "kind": "building", "name": "4号楼", "name_en": "Building 4", "key": uuid4().hex}
    made = await browser.post("/office/communities", data=typed)
    assert "Building 4" in (await browser.get(made.headers["location"])).text
    refused = await browser.post("/office/communities", data={**typed, "kind": "community", "key": uuid4().hex})
    assert refused.status_code == 409
    assert 'value="4号楼"' in refused.text
    nameless = await browser.post("/office/communities", data={**typed, "name": "", "key": uuid4().hex})
    assert 'id="name-wrong"' in nameless.text


async def test_my_data_over_the_api(tx: None, client: httpx.AsyncClient, people: People, now: datetime) -> None:
    await set_pin(people.bob.caller, people.bob.id, "274913", now)
    mine = (await client.get("/api/v1/me", headers=people.bob.bearer)).json()
    assert (mine["name"], mine["points"]["available"], mine["hours"]) == ("Bob", 0, {"a": 0, "b": 0, "c": 0})
    assert (await client.patch("/api/v1/me", json={"language": "zh"}, headers=people.bob.bearer)).status_code == 204
    assert (await client.get("/api/v1/me/pass", headers=people.bob.bearer)).status_code == 404
    assert (await client.get("/api/v1/me/statement", headers=people.bob.bearer)).json() == {"lines": [], "before": None}
    assert (await client.get("/api/v1/me/hours", headers=people.bob.bearer)).json() == []
