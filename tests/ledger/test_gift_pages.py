"""The pages of gifts: to whom and how many, a look, the answer; what was typed stays where it was refused."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.given import People
from tests.ledger import purse
from tests.ledger.test_gifts import bob_has, number, rules, same_door
from timebank.web.words import LANGUAGE_COOKIE


@pytest.mark.scenario("ledger-83")
async def test_bob_gives_and_carol_says_yes_without_javascript(client: httpx.AsyncClient, folk: People) -> None:
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    folk.bob.sign_in(client)
    assert "/me/gifts" in (await client.get("/me")).text
    assert "Carol (" in (await client.get("/me/gifts/new")).text
    typed = {"to": str(await number(folk.carol)), "points": "２.5", "word": "for the soup"}
    asked = await client.post("/me/gifts/check", data=typed)
    assert (asked.status_code, "Is this right?" in asked.text, "7.5" in asked.text) == (200, True, True)
    assert await bob_has(folk) == (10, 0)
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
    assert "for the soup" in (await client.post("/me/gifts", data=sent | {"again": "1"})).text
    for _ in range(2):
        done = await client.post("/me/gifts", data=sent)
        assert (done.status_code, done.headers["location"]) == (303, "/me/gifts?done=given")
    assert await bob_has(folk) == (7.5, 2.5)
    folk.carol.sign_in(client)
    page = await client.get("/me/gifts")
    assert "Bob would like to give you 2.5 points" in page.text
    accept = re.findall(r'action="(/me/gifts/[^"]*/accept)"', page.text)
    assert (await client.post(accept[0])).status_code == 303
    assert "Accepted" in (await client.get("/me/gifts?done=accepted")).text
    late = await client.post(accept[0].replace("accept", "decline"))
    assert (late.status_code, "This gift is over." in late.text) == (409, True)


@pytest.mark.parametrize("points", ["", "0", "1.234", "-1", "viel", "1e3", "99999999999"])
async def test_what_is_no_amount_is_told_above_its_field_and_stays(
    client: httpx.AsyncClient, folk: People, points: str
) -> None:
    await same_door(folk.carol, folk.bob)
    await purse.earn(folk.bob, 10, at=None)
    folk.bob.sign_in(client)
    data = {"to": str(await number(folk.carol)), "points": points, "word": "for the soup"}
    for path in ("/me/gifts/check", "/me/gifts"):
        refused = await client.post(path, data=data)
        assert (refused.status_code, "points-wrong" in refused.text, "for the soup" in refused.text) == (400, True, True)


async def test_relatives_are_named_and_confirmed_on_their_page(client: httpx.AsyncClient, folk: People) -> None:
    folk.bob.sign_in(client)
    assert "You have named nobody yet." in (await client.get("/me/gifts/new")).text
    wrong = await client.post("/me/gifts/relatives", data={"number": "x7", "key": "relative-1"})
    assert (wrong.status_code, 'value="x7"' in wrong.text) == (409, True)
    asked = await client.post("/me/gifts/relatives", data={"number": str(await number(folk.carol)), "key": "relative-2"})
    assert asked.status_code == 303
    assert "Carol" not in (await client.get("/me/gifts/relatives")).text
    folk.carol.sign_in(client)
    page = (await client.get("/me/gifts/relatives")).text
    confirm = re.findall(r'action="(/me/gifts/relatives/[^"]*/confirm)"', page)
    assert (await client.post(confirm[0])).status_code == 303
    assert "both of you have said so" in (await client.get("/me/gifts/relatives")).text


async def test_where_the_rules_let_nobody_give_the_page_says_so_in_both_languages(
    client: httpx.AsyncClient, folk: People
) -> None:
    await rules(folk, gifts="off")
    folk.bob.sign_in(client)
    assert "do not let members give points" in (await client.get("/me/gifts")).text
    client.cookies.set(LANGUAGE_COOKIE, "zh")
    assert "本社区规则不允许成员之间互送积分" in (await client.get("/me/gifts/new")).text
