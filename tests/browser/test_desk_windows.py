"""Two windows of one desk: the one that was left open must not stop the other."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.test_door import Hall, hall, scan
from tests.browser.test_offline_desk import opened, scanning

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


@pytest.mark.scenario("checkin-61")
async def test_names_and_scans_come_from_the_server_and_without_a_network_only_those_of_the_device(
    hall: Hall, browser: Browser, visit: Visit
) -> None:
    """After a reload; in another browser of the same desk; and who is not on the list is written down."""
    hall.clock(0)
    context, elsewhere = await opened(hall, browser, hall.desk), await opened(hall, browser, hall.desk)
    page = await scanning(hall, context)
    await scan(page, hall.bobs.text, "Checked in")
    await page.reload()
    other = await scanning(hall, elsewhere)
    for each in (page, other):
        await each.locator("[data-last] summary").click()
        await expect(each.locator("[data-last] li")).to_contain_text("Bob Choir")
        await expect(each.locator("[data-alone]")).to_be_hidden()
    await other.locator("[data-last] button").click()
    await expect(other.locator(".answer .what")).to_have_text("Check-in undone")
    await expect(other.locator(".answer .name")).to_have_text("Bob")
    await page.get_by_label("Always offline").check()
    await expect(page.locator("[data-alone]")).to_be_visible()
    await expect(page.locator("[data-prepare]")).to_be_hidden()
    await scan(page, hall.carols.text, "Not signed up here.")
    await page.get_by_label("Who is it?").fill("Carol, with the tea")
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.locator("[data-last]")).to_contain_text("Not signed up here Carol, with the tea")
    await elsewhere.close()
    await context.close()
