"""A sheet about service as people meet it: asked for on a phone without scripts, checked by a stranger."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.ledger.test_monthly import recorded
from tests.serving import Site

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "script"), [("en", True), ("zh", False)], ids=["en-with-scripts", "zh-without-scripts"])
async def test_a_member_asks_and_a_stranger_checks(site: Site, visit: Visit, language: str, script: bool) -> None:
    """rules-8, at the page: what the QR opens shows the masked name; a slip is told, and the field keeps what was typed."""
    people = await given.people(NOW)
    await recorded(people.bob, 125)
    page = await visit("/me/papers", people.bob, language, java_script_enabled=script)
    await page.locator("main form button").first.click()
    await expect(page.locator(".qr svg")).to_be_visible()
    assert await fits(page)
    number = await page.locator("dl.facts dd").first.inner_text()
    stranger = await visit(f"/c/{number}", None, language, java_script_enabled=script)
    await expect(stranger.locator(".done")).to_be_visible()
    text = await stranger.locator("main").inner_text()
    assert ("B*" in text, "Bob" in text) == (True, False)
    if script:
        await look(page, f"paper-{language}")
        await look(stranger, f"paper-checked-{language}")
    await stranger.goto("/c")
    await stranger.locator("#number").fill(number[:-1] + ("2" if number[-1] != "2" else "3"))
    await stranger.locator("main form button").click()
    await expect(stranger.get_by_role("alert")).to_be_visible()
    await expect(stranger.locator("#number")).to_have_value(number[:-1] + ("2" if number[-1] != "2" else "3"))
    assert await fits(stranger)


async def test_the_report_fits_a_phone_and_axe_finds_nothing(site: Site, visit: Visit) -> None:
    people = await given.people(NOW)
    await recorded(people.bob, 125)
    page = await visit(f"/office/reports/{people.sub_district}/2026?value=30", people.erin)
    assert await fits(page)
    await look(page, "report-en")
    await expect(page.get_by_role("img").first).to_have_attribute("aria-label", "People who served: Nov 1")
