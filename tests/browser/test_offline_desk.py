"""Two desks at one door, one of them without a network: what they say, what they keep, and what is left when both met again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from schedules import sql
from tests import given
from tests.browser.conftest import LOCALES, PATIENCE, Visit
from tests.browser.looking import fits, look
from tests.browser.losing import lose, lost
from tests.browser.test_door import Hall, hall, scan
from tests.conftest import NOW
from tests.door.doors import log, stays
from tests.given import Device
from tests.serving import Site
from timebank.database import transaction
from timebank.people import devices
from timebank.web.access import DEVICE_COOKIE, LEFT_COOKIE, MEMBER_COOKIE

__all__ = ["hall"]
pytestmark = pytest.mark.browser


async def opened(hall: Hall, browser: Browser, desk: Device, language: str = "en", width: int = 1024) -> BrowserContext:
    """A tablet that is this desk."""
    context = await browser.new_context(
        locale=LOCALES[language], viewport={"width": width, "height": 760}, base_url=hall.site.url, bypass_csp=True
    )
    context.set_default_timeout(PATIENCE)
    cookies = [(DEVICE_COOKIE, desk.token), ("timebank_language", language)]
    await context.add_cookies([{"name": name, "value": value, "url": hall.site.url} for name, value in cookies])
    return context


async def scanning(hall: Hall, context: BrowserContext) -> Page:
    """Its page, with the data for a cut network and itself put aside."""
    page = await context.new_page()
    await page.goto(f"/desk/scan?sessions={hall.session.id}")
    await expect(page.locator("[data-slot=data]")).to_contain_text("09:00")
    await page.evaluate("navigator.serviceWorker.ready")
    await page.wait_for_function("async () => (await (await caches.open('desk-pages')).keys()).length === 2")
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def one(hall: Hall, browser: Browser, visit: Visit) -> AsyncIterator[Page]:
    """The desk at the hall's door."""
    hall.clock(0)
    context = await opened(hall, browser, hall.desk)
    yield await scanning(hall, context)
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def other(hall: Hall, browser: Browser, visit: Visit) -> AsyncIterator[Page]:
    """The desk at the side door."""
    hall.clock(0)
    async with transaction():
        side = await given.device("desk", "Side door", hall.people.community, NOW)
    context = await opened(hall, browser, side)
    yield await scanning(hall, context)
    await context.close()


async def choose(page: Page, which: str) -> None:
    """A person switches the connection by hand."""
    await page.locator("[data-answers]").click()
    await page.get_by_label(which).check()


@pytest.mark.scenario("checkin-76", "checkin-77", "checkin-78", "checkin-85")
async def test_two_desks_one_without_a_network_end_with_one_attendance(hall: Hall, one: Page, other: Page) -> None:
    await one.context.set_offline(True)
    await scan(one, hall.bobs.text, "Checked in")
    await expect(one.locator(".answer .name")).to_have_text("Bob")
    await expect(one.locator(".answer .mark")).to_have_text("Offline: decided by this desk")
    await expect(one.locator("[data-status] [data-slot=offline]")).to_have_text("Offline")
    await expect(one.locator("[data-slot=why]")).to_contain_text("goes online with the first answer")
    await look(one, "desk-offline-in")
    await scan(one, hall.bobs.text, "Already checked in")
    await expect(one.locator(".answer .detail")).to_contain_text("Hall door")
    await expect(one.locator("[data-slot=waiting]")).to_have_text("2 scans wait to be sent.")
    hall.clock(5)
    await scan(other, hall.bobs.text, "Checked in")
    assert len(await stays(hall.people.bob)) == 1
    await one.context.set_offline(False)
    await expect(one.locator("[data-slot=online]")).to_have_text("Online")
    await expect(one.locator("[data-slot=waiting]")).to_be_hidden()
    counted = [row for row in await stays(hall.people.bob) if row["state"] == "counts"]
    assert len(counted) == 1
    assert {row["source"] for row in await log()} == {"desk", "upload"}
    await look(one, "desk-back-online")


async def test_a_desk_that_is_back_says_what_it_has_sent_and_lets_go_of_what_it_said_alone(hall: Hall, one: Page) -> None:
    await one.context.set_offline(True)
    await scan(one, hall.bobs.text, "Checked in")
    await one.get_by_label("Name: four letters").fill("nobody")
    await one.get_by_role("button", name="Look up").click()
    await expect(one.locator("[data-cut]")).to_be_visible()
    async with transaction():
        await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", hall.people.bob.id)
    await scan(one, "TPEC-6222", "There is no card with this code.")
    await expect(one.locator(".answer .mark")).to_have_text("Offline: decided by this desk")
    await one.context.set_offline(False)
    await expect(one.locator("[data-slot=sent]")).to_have_text("2 scans sent.")
    await expect(one.locator("[data-cut]")).to_be_hidden()
    await one.get_by_role("link", name="1 to look at").click()
    await expect(one.locator("[data-rejected]")).to_be_in_viewport()
    await look(one, "desk-sent")
    await expect(one.locator(".answer .what").first).to_contain_text("Ready to check in")


@pytest.mark.scenario("checkin-81", "checkin-18")
async def test_a_network_cut_in_the_middle_of_an_upload_leaves_one_record(hall: Hall, one: Page) -> None:
    """The server has taken the queue over and its answer is lost; the page is reloaded before the network is back."""
    await choose(one, "Always offline")
    await scan(one, hall.bobs.text, "Checked in")
    await lose(one, "/api/v1/scans/uploads")
    await one.locator("[data-send]").click()
    await one.wait_for_function("lost.length")
    await expect(one.locator("[data-slot=waiting]")).to_have_text("1 scan waits to be sent.")
    assert (set(await lost(one)), len(await log())) == ({200}, 1)
    await one.context.set_offline(True)
    await one.reload()
    await expect(one.locator("[data-slot=waiting]")).to_have_text("1 scan waits to be sent.")
    await look(one, "desk-offline-reloaded")
    await one.context.set_offline(False)
    await choose(one, "Automatic")
    await expect(one.locator("[data-slot=waiting]")).to_be_hidden()
    assert [row["reason"] for row in await log()] == ["ok"]
    assert len(await stays(hall.people.bob)) == 1


@pytest.mark.scenario("checkin-18")
async def test_a_server_killed_between_accept_and_answer_counts_the_scan_once(hall: Hall, site: Site, one: Page) -> None:
    await lose(one, "/api/v1/scans", often=1, meanwhile=site.kill)
    await scan(one, hall.bobs.text, "Checked in")
    await expect(one.locator(".answer .mark")).to_have_text("Offline: decided by this desk")
    assert await lost(one) == [201]
    await site.start()
    await choose(one, "Always online")
    await expect(one.locator("[data-slot=waiting]")).to_be_hidden()
    assert [row["reason"] for row in await log()] == ["ok"]
    assert len(await stays(hall.people.bob)) == 1


@pytest.mark.scenario("checkin-86", "checkin-79")
async def test_a_withdrawn_desk_is_refused_and_forgets_everybody(hall: Hall, one: Page) -> None:
    await choose(one, "Always offline")
    await scan(one, hall.bobs.text, "Checked in")
    async with transaction():
        await devices.revoke(hall.desk.id, NOW)
    await one.locator("[data-send]").click()
    await expect(one.locator("[data-slot=why]")).to_contain_text("Its list of people is deleted")
    await expect(one.locator("[data-slot=waiting]")).to_have_text("Scans that were not taken over: 1.")
    await expect(one.locator("main")).not_to_contain_text("Bob")
    await expect(one.locator("[data-scanner]")).to_be_hidden()
    await expect(one.get_by_role("link", name="Pair this screen anew")).to_have_attribute("href", "/pair")
    await look(one, "desk-withdrawn")
    kept = await one.evaluate(
        """(desk) => new Promise((resolve) => { indexedDB.open(`timebank-desk-${desk}`).onsuccess = (event) => {
        const all = event.target.result.transaction("pack").objectStore("pack").getAll();
        all.onsuccess = () => resolve(all.result.length); }; })""",
        str(hall.desk.id),
    )
    assert kept == 0
    await one.reload()
    await expect(one.locator("[data-left] li")).to_contain_text("1 scan")
    await expect(one.get_by_role("button", name="delete here")).to_be_hidden()
    await look(one, "desk-withdrawn-reloaded")
    async with one.expect_download() as asked:
        await one.get_by_role("button", name="Save as a file").click()
    table = (await (await asked.value).path()).read_text("utf-8-sig")
    assert re.search(r"合唱[^,]*,In,\d+,Checked in,", table), table
    assert hall.bobs.text not in table
    await one.get_by_role("button", name="delete here").click()
    await expect(one.locator("[data-left]")).to_be_hidden()
    assert await log() == []
    async with httpx.AsyncClient(base_url=hall.site.url, headers=hall.people.erin.bearer, timeout=20) as office:
        answer = await office.post(f"/api/v1/devices/{hall.desk.id}/hand-ins", json={"file": table})
    assert [(row["code"], row["name"]) for row in answer.json()["items"]] == [("ok", "Bob")], answer.text
    assert [(row["source"], row["reason"]) for row in await log()] == [("upload", "ok")]


@pytest.mark.scenario("checkin-61")
async def test_the_last_scan_is_undone_with_two_taps(hall: Hall, one: Page) -> None:
    await scan(one, hall.bobs.text, "Checked in")
    await one.locator("[data-answers]").click()
    await one.get_by_text("Last scans, to undo").click()
    await expect(one.locator("[data-last] li")).to_contain_text("Bob")
    await one.locator("[data-last] li").get_by_role("button", name="Undo").click()
    await expect(one.locator("[data-last] [data-way=undone]")).to_be_visible()
    await look(one, "desk-undone")
    assert [row["state"] for row in await stays(hall.people.bob)] == ["annulled"]
    await scan(one, hall.bobs.text, "Checked in")


@pytest.mark.scenario("checkin-88")
async def test_a_desk_alone_looks_up_who_is_signed_up_and_checks_nobody_in_by_name(hall: Hall, one: Page) -> None:
    async with transaction():
        await sql.rows("UPDATE member SET name = 'Robert' WHERE id = $1", hall.people.bob.id)
    for typed, found in (("rob", 0), ("robe", 1)):
        await one.get_by_label("Name: four letters").fill(typed)
        await one.get_by_role("button", name="Look up").click()
        await expect(one.locator("[data-names] li")).to_have_count(found)
    await expect(one.locator("[data-names] li")).to_contain_text("Robert")
    await expect(one.locator("[data-names] li button")).to_have_count(0)
    await look(one, "desk-names-scan-only")


@pytest.mark.scenario("checkin-58", "checkin-92")
async def test_who_may_vouch_overrules_lets_in_by_name_and_gives_a_free_place(hall: Hall, visit: Visit) -> None:
    hall.clock(0)
    async with transaction():
        await sql.rows("UPDATE activity SET walk_ins = true WHERE id = $1", hall.session.activity_id)
        await sql.rows("UPDATE member SET name = 'Robert' WHERE id = $1", hall.people.bob.id)
    page = await visit(f"/desk/scan?sessions={hall.session.id}", hall.people.alice, width=1024)
    await expect(page.locator("[data-slot=data]")).to_contain_text("09:00")
    await page.get_by_label("A part of the name").fill("robe")
    await page.get_by_role("button", name="Look up").click()
    await page.locator("[data-names] li").get_by_role("button").click()
    await expect(page.locator(".answer .what")).to_contain_text("Checked in")
    await scan(page, hall.bobs.text, "Already checked in")
    await expect(page.get_by_text("Let in all the same")).to_have_count(0)
    async with transaction():
        await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", hall.people.bob.id)
    await scan(page, hall.bobs.text, "This membership is suspended.")
    await page.get_by_text("Let in all the same").click()
    await page.get_by_label("Reason, for the log").fill("The coordinator knows")
    await look(page, "desk-override")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer .what")).to_contain_text("Checked in")
    await scan(page, hall.carols.text, "Not signed up here")
    await look(page, "desk-walk-in")
    await page.get_by_role("button", name="Give a free place").click()
    await expect(page.locator(".answer .what")).to_contain_text("Checked in")
    await expect(page.locator(".answer .name")).to_have_text("Carol")
    kept = [(row["source"], row["reason"], row["force_reason"]) for row in await log()]
    assert ("manual", "ok", "") in kept
    assert ("desk", "ok", "The coordinator knows") in kept
    assert len(await stays(hall.people.carol)) == 1


@pytest.mark.scenario("checkin-78", "checkin-92")
async def test_what_a_supervisor_overruled_offline_stands_out_after_the_sign_out(
    hall: Hall, browser: Browser, visit: Visit
) -> None:
    hall.clock(0)
    async with transaction():
        await sql.rows("UPDATE member SET state = 'suspended' WHERE id = $1", hall.people.bob.id)
    context = await opened(hall, browser, hall.desk)
    await context.add_cookies([{"name": MEMBER_COOKIE, "value": hall.people.alice.token, "url": hall.site.url}])
    page = await scanning(hall, context)
    await choose(page, "Always offline")
    await scan(page, hall.bobs.text, "This membership is suspended.")
    await page.get_by_text("Let in all the same").click()
    await page.get_by_label("Reason, for the log").fill("The coordinator knows")
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer .what")).to_contain_text("Checked in")
    await context.clear_cookies(name=MEMBER_COOKIE)
    await context.add_cookies([{"name": LEFT_COOKIE, "value": "1", "url": hall.site.url}])
    await scan(page, hall.bobs.text, "This membership is suspended.")
    await expect(page.get_by_text("Let in all the same")).to_have_count(0)
    await page.locator("[data-send]").click()
    lost = page.locator("[data-rejected] .is-lost")
    await expect(lost).to_contain_text("Bob")
    await expect(lost).to_contain_text("Let in here, not accepted by the server: tell the organiser.")
    await page.locator("[data-answers]").click()
    await look(page, "desk-lost")
    await page.reload()
    await lost.get_by_role("button", name="The organiser knows").click()
    await expect(lost).to_have_count(0)
    await context.close()


@pytest.mark.scenario("checkin-79")
async def test_the_queue_of_a_desk_waits_for_that_desk(hall: Hall, one: Page) -> None:
    """The tablet is paired anew as another desk while scans wait, and then as the first one again."""
    await choose(one, "Always offline")
    await scan(one, hall.bobs.text, "Checked in")
    async with transaction():
        side = await given.device("desk", "Side door", hall.people.community, NOW)
    await one.context.add_cookies([{"name": DEVICE_COOKIE, "value": side.token, "url": hall.site.url}])
    await one.locator("[data-send]").click()
    await expect(one.locator("[data-slot=trouble]")).to_have_text("These scans were made under another name.")
    await one.reload()
    await expect(one.locator("[data-slot=left]")).to_contain_text("“Hall door”: 1.")
    await choose(one, "Automatic")
    await expect(one.locator("[data-slot=waiting]")).to_be_hidden()
    await look(one, "desk-left-behind")
    assert await log() == []
    await one.context.add_cookies([{"name": DEVICE_COOKIE, "value": hall.desk.token, "url": hall.site.url}])
    await one.reload()
    await expect(one.locator("[data-slot=waiting]")).to_be_hidden()
    await expect(one.locator("[data-slot=data]")).to_contain_text("09:00")
    assert [row["reason"] for row in await log()] == ["ok"]


@pytest.mark.scenario("checkin-84", "checkin-47")
async def test_old_data_is_named_before_each_scan_and_a_wrong_clock_is_shown(hall: Hall, one: Page) -> None:
    await expect(one.locator("[data-slot=skew]")).to_contain_text("This device's clock is")
    await choose(one, "Always offline")
    await expect(one.locator("[data-before-scan]")).to_have_text("")
    await expect(one.get_by_text("Offline, typed characters are only noted")).to_be_visible()
    await one.evaluate("localStorage.setItem('desk-skew', String(Number(localStorage.getItem('desk-skew')) - 3 * 3600000))")
    await one.reload()
    await expect(one.locator(".answer [data-before-scan]")).to_contain_text("3 h 0 min ago")
    await look(one, "desk-old-data")
    assert await fits(one)


async def test_a_desk_on_a_phone_in_chinese_fits(hall: Hall, browser: Browser, visit: Visit) -> None:
    hall.clock(0)
    context = await opened(hall, browser, hall.desk, "zh", 360)
    page = await scanning(hall, context)
    await choose(page, "一直离线")
    await scan(page, hall.carols.typed_shown, "已记下，还没核对")
    await page.get_by_label("这位是谁").fill("王阿姨")
    await page.get_by_role("button", name="记下来").click()
    await expect(page.locator(".answer .remark")).to_contain_text("已写下： 王阿姨")
    await page.locator("[data-answers]").click()
    await page.locator("[data-last] summary").click()
    await expect(page.locator("[data-last] li")).to_contain_text("王阿姨")
    assert await fits(page)
    await look(page, "desk-offline-phone-zh")
    await context.close()
