"""Two windows of one desk: the one that was left open must not stop the other."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_door import Hall, hall, scan
from tests.browser.test_offline_desk import opened

__all__ = ["hall"]
pytestmark = pytest.mark.browser

HOLD = """(desk) => new Promise((resolve) => {
  const asked = indexedDB.open(`timebank-desk-${desk}`, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("pack");
  asked.onsuccess = () => { globalThis.held = asked.result; resolve(); };
})"""


@pytest.mark.scenario("checkin-76")
async def test_a_window_of_an_earlier_build_stops_no_card(hall: Hall, browser: Browser) -> None:
    hall.clock(0)
    context = await opened(hall, browser, hall.desk)
    old, page = await context.new_page(), await context.new_page()
    await old.goto("/desk")
    await old.evaluate(HOLD, str(hall.desk.id))
    await page.goto(f"/desk/scan?sessions={hall.session.id}")
    await expect(page.locator("[data-slot=trouble]")).to_contain_text("This page cannot keep scans on the device")
    await scan(page, hall.bobs.text, "Checked in")
    await old.close()
    await page.reload()
    await expect(page.locator("[data-slot=data]")).to_contain_text("09:00")
    await expect(page.locator("[data-slot=trouble]")).to_be_hidden()
    await context.close()
