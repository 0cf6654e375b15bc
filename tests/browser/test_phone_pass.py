"""My pass on a phone: enrolled with one tap, shown with no network, read by the desk."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from schedules import codes, decision, sql
from schedules.codes import Phone
from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.serving import Site
from timebank.database import transaction
from timebank.people import passes, signatures
from timebank.web.access import MEMBER_COOKIE

pytestmark = pytest.mark.browser


async def shown(page: Page) -> Phone:
    """What the QR on the page holds."""
    await expect(page.locator('[data-slot="code"] svg')).to_be_visible()
    read = codes.read(await page.locator('[data-slot="code"]').get_attribute("data-text") or "")
    assert isinstance(read, Phone)
    return read


@pytest.mark.scenario("checkin-72", "checkin-73")
async def test_a_phone_is_a_pass_with_one_tap_and_shows_it_with_no_network(site: Site, visit: Visit) -> None:
    people = await given.people(NOW)
    async with transaction():
        await passes.issue(people.bob.id, NOW)
        card = await passes.current(people.bob.id)
    assert card
    began = time.monotonic()
    page = await visit("/me/pass", people.bob)
    await look(page, "pass-card-en")
    await page.get_by_role("button", name="Use this phone as my pass").click()
    first = await shown(page)
    assert await fits(page)
    await look(page, "pass-phone-en")
    # A photo dies in a minute because nothing on it is the card's, which does not change: that stands folded.
    await expect(page.get_by_text(card.typed_shown).first).to_be_hidden()
    await page.get_by_role("button", name="Show it large").click()
    await expect(page.locator("[data-live]")).not_to_contain_text(card.typed_shown)
    await page.get_by_role("button", name="Back to the page").click()
    await expect(page.get_by_role("button", name="Back to the page")).to_be_hidden()
    await page.get_by_text("If no camera reads it: the characters of my card").click()
    await expect(page.get_by_text(card.typed_shown).first).to_be_visible()
    async with transaction():
        key = await sql.value("SELECT public_key FROM pass_key WHERE id = $1", first.key_id)
        row = await sql.one("SELECT * FROM phone_pass")
    assert row["id"] == first.pass_id
    # The server's clock stands still; the phone goes on from where it heard it.
    now = NOW + timedelta(seconds=time.monotonic() - began)
    assert any(signatures.judged(first, first.server, key, at) == decision.Code() for at in (NOW, now)), "signed and of now"

    # The worker has the page before the network goes.
    await page.wait_for_function(
        "async () => (await caches.open('timebank-pass')).match('/static/built/pass.js').then(Boolean)"
    )
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await page.context.set_offline(True)
    await page.reload()
    again = await shown(page)
    now = NOW + timedelta(seconds=time.monotonic() - began)
    assert any(signatures.judged(again, again.server, key, at).is_fresh for at in (NOW, now)), (
        "by the server's clock, not this phone's"
    )
    assert (again.pass_id, again.proof == first.proof) == (first.pass_id, False)
    await expect(page.get_by_text("No network at the moment.").first).to_be_visible()
    await page.get_by_role("link", name="Phones with my pass").dispatch_event("click")
    assert page.url.endswith("/me/pass"), "a link without a network leads to no error page"
    # Half a minute passes.
    await page.evaluate("() => { const now = Date.now; Date.now = () => now() + 30_000; }")
    held = again.proven.decode()
    await page.wait_for_function(
        "(held) => !document.querySelector('[data-slot=code]').dataset.text.startsWith(held)", arg=held
    )
    assert (await shown(page)).step > again.step

    await page.context.set_offline(False)
    # A sign-in that ran out takes nothing away: the pass is good by itself.
    await page.context.clear_cookies(name=MEMBER_COOKIE)
    await page.goto("/me/pass")
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert (await shown(page)).pass_id == first.pass_id
    await page.context.add_cookies([{"name": MEMBER_COOKIE, "value": people.bob.token, "url": site.url}])

    await page.goto("/me/pass/phones")
    await look(page, "pass-phones-en")
    await page.get_by_role("button", name="I lost this phone").click()
    await page.goto("/me/pass")
    await expect(page.get_by_text("it was taken back")).to_be_visible()
    await expect(page.locator("[data-live]")).to_be_hidden()

    # Signing out does: another person's hands find nothing.
    await page.get_by_role("button", name="Use this phone as my pass").click()
    assert (await shown(page)).pass_id != first.pass_id
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    await page.get_by_role("button", name="Sign out Bob").click()
    await page.goto("/me/pass")
    await page.wait_for_url("**/sign-in**")
    assert await page.evaluate("caches.keys()") == []
