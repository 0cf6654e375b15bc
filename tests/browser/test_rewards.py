"""The keeper's pages in a real browser: the counter by keyboard, both languages, light and dark, on a narrow phone."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest
from playwright.async_api import expect

from tests import given
from tests.browser.conftest import Visit, fits, serious
from tests.browser.looking import look
from tests.given import People
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, card_of, earn, redeem
from tests.rewards.shop import visit as stand_at
from tests.serving import Site

pytestmark = pytest.mark.browser


@pytest.mark.scenario("ledger-73")
async def test_the_counter_by_keyboard_alone(visit: Visit, site: Site, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now, stock=2)
    await earn(people.bob, 10 * POINT, now)
    async with httpx.AsyncClient(base_url=site.url) as client:
        token = await stand_at(client, shop.k1, await card_of(people.bob, now))
        code = (await redeem(client, shop.k1, token, shop.rice)).json()["code"]
    page = await visit("/office/rewards", shop.keeper, width=1100)
    await expect(page.get_by_label("Code on the receipt")).to_be_focused()
    await page.keyboard.type(f"{code.lower()}\n")
    await expect(page.get_by_role("status")).to_contain_text("Hand over: Rice, for Bob.")
    await page.keyboard.type(f"{code}\n")
    await expect(page.get_by_role("alert")).to_contain_text("This was handed over before.")


async def test_a_delivery_puts_a_new_reward_on_offer(visit: Visit, people: People, now: datetime) -> None:
    shop = await shops.opened(people, now)
    page = await visit(f"/office/rewards/new?at={people.community}", shop.keeper)
    await page.get_by_label("Name in Chinese").fill("蜂蜜")
    await page.get_by_label("Name in English").fill("Honey")
    await page.get_by_label("Price in points").fill("2.5")
    await page.get_by_label("Present").check()
    await page.get_by_role("button", name="Offer it").click()
    await page.get_by_text("Something came or went").click()
    await page.get_by_label("How many pieces").fill("12")
    await page.get_by_role("button", name="Enter").click()
    await expect(page.locator(".figure").first).to_have_text("12")


@pytest.mark.parametrize("language, scheme", [("zh", "light"), ("en", "dark")])
async def test_every_page_of_the_keeper_fits_and_has_no_serious_fault(
    visit: Visit, people: People, now: datetime, language: str, scheme: str
) -> None:
    shop = await shops.opened(people, now, stock=2)
    newcomer = await given.member("Gus", "19900000007", people.elsewhere, now, "keeper", people.elsewhere)
    pages = {
        "counter": ("/office/rewards", shop.keeper),
        "empty": ("/office/rewards", newcomer),
        "new": (f"/office/rewards/new?at={people.community}", shop.keeper),
        "reward": (f"/office/rewards/{shop.rice}", shop.keeper),
        "place": (f"/office/rewards/places/new?at={people.community}", shop.keeper),
    }
    for name, (path, person) in pages.items():
        page = await visit(path, person, language, color_scheme=scheme)
        assert await fits(page), name
        assert await serious(page) == [], name
        await look(page, f"rewards-{name}-{language}-{scheme}")
