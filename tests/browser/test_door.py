"""The door as people stand at it: a phone in the queue, a screen on the wall, a desk with a scanner, a camera, no network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import qrcode
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from schedules import sql
from schedules.sessions import Session
from tests import given
from tests.browser.conftest import LOCALES, PATIENCE, Visit, chromium
from tests.browser.looking import fits, look
from tests.browser.losing import lose, lost
from tests.conftest import NOW
from tests.door.doors import log, put, stays
from tests.given import Device, People
from tests.schedule.given import at, published, sign_up
from tests.serving import Site
from timebank.database import transaction
from timebank.outbox import intents
from timebank.people import passes
from timebank.people.passes import Pass
from timebank.web.access import DEVICE_COOKIE

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "in": "Checked in",
        "out": "Checked out",
        "tap in": "Check in",
        "tap out": "Check out",
        "since": "You are in since 09:00.",
        "way": "on the way",
        "credited": "credited",
        "title": "Choir",
        "unknown": "Not signed up here.",
        "start": "Start scanning",
    },
    "zh": {
        "in": "已签到",
        "out": "已签退",
        "tap in": "签到",
        "tap out": "签退",
        "since": "您已于 09:00 签到",
        "way": "正在入账",
        "credited": "已入账",
        "title": "合唱",
        "unknown": "没有报名这里的活动",
        "start": "开始扫码",
    },
}


@dataclass
class Hall:
    """Thursday's choir from nine, Bob signed up, a desk; the clock of the service in a file."""

    site: Site
    people: People
    session: Session
    desk: Device
    bobs: Pass
    carols: Pass

    def clock(self, minutes: float) -> datetime:
        moment = self.session.starts_at + timedelta(minutes=minutes)
        (self.site.folder / "test-clock").write_text(moment.isoformat())
        return moment


@pytest_asyncio.fixture(loop_scope="session")
async def hall(site: Site) -> Hall:
    people = await given.people(NOW)
    (session,) = await published(people, at(9, 2), staff_note="Badges in the box")
    async with transaction():
        await sign_up(people.bob, session, NOW - timedelta(days=1))
        await sql.rows("UPDATE member SET staff_note = 'Hears badly' WHERE id = $1", people.bob.id)
        desk = await given.device("desk", "Hall door", people.community, NOW)
        bobs, carols = [await passes.issue(person.id, NOW) for person in (people.bob, people.carol)]
    return Hall(site, people, session, desk, bobs, carols)


async def at_desk(hall: Hall, context: BrowserContext, language: str = "en") -> Page:
    """The desk's page, scanning for the choir."""
    await context.add_cookies(
        [
            {"name": DEVICE_COOKIE, "value": hall.desk.token, "url": hall.site.url},
            {"name": "timebank_language", "value": language, "url": hall.site.url},
        ]
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(f"{hall.site.url}/desk")
    await page.get_by_role("button", name=WORDS[language]["start"]).click()
    await expect(page.locator("#code")).to_be_focused()
    await page.wait_for_load_state()  # the field has the focus before the script that listens to it is there
    return page


@pytest_asyncio.fixture(loop_scope="session")
async def desk(hall: Hall, visit: Visit) -> Page:
    """On a tablet; the picture of the page is looked at elsewhere."""
    page = await visit("/", width=1024)
    return await at_desk(hall, page.context)


async def scan(page: Page, code: str, said: str) -> None:
    """The hand scanner types, wherever the focus is, and presses enter."""
    await page.locator("[data-answers]").click()
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer .what")).to_contain_text(said)


@pytest.mark.scenario("checkin-73", "checkin-74", "ledger-4")
@pytest.mark.parametrize("language, script", [("en", True), ("zh", False)], ids=["en-with-scripts", "zh-without-scripts"])
async def test_a_volunteer_types_the_code_of_the_screen_and_taps_once(
    hall: Hall, visit: Visit, language: str, script: bool
) -> None:
    words = WORDS[language]
    hall.clock(0)
    screen = await visit(f"/sessions/{hall.session.id}/screen", hall.people.alice, language, width=1280)
    if script:
        await look(screen, f"door-screen-{language}")
    phone = await visit("/v", hall.people.bob, language, java_script_enabled=script)
    await phone.locator("#code").fill(await screen.locator(".typed").inner_text())
    await phone.locator("main button").click()
    await expect(phone.get_by_role("heading", level=1)).to_have_text(words["title"])
    if script:
        await look(phone, f"door-in-{language}")
    await phone.locator("button.tap", has_text=words["tap in"]).click()
    await expect(phone.locator(".done")).to_contain_text(words["since"])
    hall.clock(90)
    await screen.reload()
    await expect(screen.locator(".in .figure")).to_have_text("1")
    await phone.goto("/v")
    await phone.locator("#code").fill(await screen.locator(".typed").inner_text())
    await phone.locator("main button").click()
    await phone.locator("button.tap", has_text=words["tap out"]).click()
    await expect(phone.locator("#points")).to_contain_text(words["way"])
    assert await fits(phone)
    if script:
        await look(phone, f"door-out-{language}")
    async with transaction():
        await intents.keep(await sql.value("SELECT id FROM intent"))
    if not script:
        await phone.reload()
    await expect(phone.locator("#points")).to_contain_text(words["credited"])
    (stay,) = await stays(hall.people.bob)
    assert (stay["minutes"], stay["is_self"]) == (90, True)


async def test_points_arrive_on_a_page_that_was_cut_off_meanwhile(hall: Hall, visit: Visit) -> None:
    """guards L13: the page reads the state again after each cut."""
    hall.clock(0)
    screen = await visit(f"/sessions/{hall.session.id}/screen", hall.people.alice, width=1280)
    phone = await visit("/v", hall.people.bob)
    for minutes, tap in ((0, "Check in"), (60, "Check out")):
        hall.clock(minutes)
        await screen.reload()
        await phone.goto("/v")
        await phone.locator("#code").fill(await screen.locator(".typed").inner_text())
        await phone.locator("main button").click()
        await phone.locator("button.tap", has_text=tap).click()
        await phone.wait_for_url("**/attendance/*")
    await expect(phone.locator("#points")).to_contain_text("on the way")
    async with phone.expect_event("requestfailed"):
        await phone.context.set_offline(True)
    async with transaction():
        await intents.keep(await sql.value("SELECT id FROM intent"))
    await phone.context.set_offline(False)
    await expect(phone.locator("#points")).to_contain_text("credited")


async def test_the_screen_renews_its_code_and_hides_one_that_is_out_of_date(hall: Hall, visit: Visit) -> None:
    hall.clock(0)
    screen = await visit("/", hall.people.alice, width=1280)
    await screen.clock.install()
    await screen.goto(f"/sessions/{hall.session.id}/screen")
    first = await screen.locator(".typed").inner_text()
    await expect(screen.locator("[data-here]")).to_have_text("0")
    scanned = {"activities": [str(hall.session.activity_id)], "code": hall.bobs.text}
    await screen.request.post("/api/v1/scans", headers=hall.desk.bearer, data=scanned)
    await expect(screen.locator("[data-here]")).to_have_text("1")  # told: no new code was fetched, its clock stands still
    await expect(screen.locator(".venue .in")).to_contain_text("person is in")
    hall.clock(0.26)
    await screen.clock.run_for(15_500)
    await expect(screen.locator(".typed")).not_to_have_text(first)
    await screen.context.set_offline(True)
    await screen.clock.run_for(50_000)
    await expect(screen.locator("[data-cut]")).to_be_visible()
    await expect(screen.locator(".venue .qr")).to_be_hidden()
    await screen.context.set_offline(False)
    await screen.clock.run_for(3000)
    await expect(screen.locator("[data-cut]")).to_be_hidden()
    await expect(screen.locator(".venue .qr")).to_be_visible()


@pytest.mark.scenario("checkin-1", "checkin-11", "checkin-12")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_desk_lets_people_in_and_out_by_hand_scanner(hall: Hall, visit: Visit, language: str) -> None:
    words = WORDS[language]
    hall.clock(0)
    page = await at_desk(hall, (await visit("/", language=language, width=1024)).context, language)
    await look(page, f"door-desk-ready-{language}")
    await scan(page, hall.bobs.text, words["in"])
    await expect(page.locator(".answer .name")).to_have_text("Bob")
    await expect(page.locator(".answer .notes li")).to_have_text(["Hears badly", "Badges in the box"])
    await expect(page.locator("#counts b").first).to_have_text("1")
    await look(page, f"door-desk-in-{language}")
    await scan(page, hall.carols.text, words["unknown"])
    await expect(page.locator(".answer")).to_have_class("answer is-refused")
    await look(page, f"door-desk-refused-{language}")
    hall.clock(90)
    await page.locator(".answers").click()  # the answer fills the screen until somebody touches it, or two seconds are over
    await page.locator(".ways input[value=out]").check(force=True)
    await scan(page, hall.bobs.typed_shown, words["out"])
    await look(page, f"door-desk-out-{language}")
    assert [row["reason"] for row in await log()] == ["ok", "not_signed_up_here", "ok"]
    await page.reload()
    await expect(page.locator(".ways input[value=out]")).to_be_checked()


async def test_a_desk_on_a_phone_shows_the_answer_first(hall: Hall, visit: Visit) -> None:
    hall.clock(0)
    page = await at_desk(hall, (await visit("/", width=360)).context)
    await scan(page, hall.bobs.text, "Checked in")
    assert await fits(page)
    await look(page, "door-desk-phone")


@pytest.mark.scenario("checkin-8")
async def test_a_choice_is_made_by_a_button(hall: Hall, visit: Visit) -> None:
    (other,) = await published(hall.people, at(9, 2), title="读报", title_en="Reading")
    await put(hall.people.bob, other)
    hall.clock(0)
    page = await at_desk(hall, (await visit("/", width=1024)).context)
    await scan(page, hall.bobs.text, "Signed up for more than one here.")
    await look(page, "door-desk-choice")
    await page.get_by_role("button", name="Reading").click()
    await expect(page.locator(".answer .what")).to_contain_text("Checked in")
    assert (await stays(hall.people.bob))[0]["session_id"] == other.id


async def keep_online(page: Page) -> None:
    """By hand: such a desk does not decide by itself, however long the server is silent."""
    await page.get_by_label("Always online").check()


@pytest.mark.scenario("checkin-13", "checkin-18", "checkin-85")
async def test_a_desk_kept_online_says_that_nobody_answers_and_sends_the_same_scan_again(hall: Hall, desk: Page) -> None:
    """Defects guarded: a raw network error at the door; a name shown before the answer; a manual choice ignored."""
    hall.clock(0)
    await keep_online(desk)
    await desk.context.set_offline(True)
    await scan(desk, hall.bobs.text, "No connection")
    await expect(desk.locator("[data-slot=why]")).to_contain_text("because you chose so")
    await expect(desk.locator(".answer")).not_to_contain_text("Bob")
    await look(desk, "door-desk-cut")
    await desk.context.set_offline(False)
    await expect(desk.locator(".answer .what")).to_contain_text("Checked in")
    assert len(await log()) == 1


@pytest.mark.scenario("checkin-18")
async def test_an_answer_that_was_lost_is_asked_for_again(hall: Hall, desk: Page) -> None:
    """The server has let Bob in, the answer never arrives: the same nonce gets it."""
    hall.clock(0)
    await lose(desk, "/api/v1/scans", often=1)
    await scan(desk, hall.bobs.text, "Checked in")
    await expect(desk.locator(".answer .mark")).to_have_count(0)
    assert await lost(desk) == [201]
    assert len(await log()) == 1


async def test_who_waits_no_longer_can_stop_asking(hall: Hall, desk: Page) -> None:
    hall.clock(0)
    await keep_online(desk)
    await desk.context.set_offline(True)
    await scan(desk, hall.bobs.text, "No connection")
    await desk.get_by_role("button", name="Stop asking").click()
    await expect(desk.locator(".answer .what")).to_contain_text("Ready to check in")
    await desk.context.set_offline(False)
    assert await log() == []


def film(text: str, path: Path) -> None:
    """A camera's picture of a card, as Chromium's false camera plays it."""
    width, height = 640, 480
    picture = qrcode.make(text, box_size=6).get_image().convert("L")
    whole = picture.resize((440, 440)).tobytes()
    rows = [b"\xc0" * width] * 20
    rows += [b"\xc0" * 100 + whole[440 * line : 440 * (line + 1)] + b"\xc0" * 100 for line in range(440)]
    rows += [b"\xc0" * width] * 20
    frame = b"FRAME\n" + b"".join(rows) + b"\x80" * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 3)


@pytest_asyncio.fixture(loop_scope="session")
async def camera(hall: Hall, tmp_path: Path) -> AsyncIterator[BrowserContext]:
    """A browser whose camera looks at Bob's card."""
    where = chromium()
    if where is None:
        pytest.skip("NOT RUN: there is no Chromium here; install one, or name it in CHROMIUM")
    film(hall.bobs.text, tmp_path / "card.y4m")
    switches = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=where, args=[*switches, f"--use-file-for-fake-video-capture={tmp_path / 'card.y4m'}"]
        )
        yield await browser.new_context(locale=LOCALES["en"], viewport={"width": 1024, "height": 760}, permissions=["camera"])
        await browser.close()


@pytest.mark.scenario("checkin-1")
async def test_the_camera_reads_a_card_once(hall: Hall, camera: BrowserContext) -> None:
    """Under the page's own content policy: the decoder is ours, and nothing else is asked for anything."""
    hall.clock(0)
    page = await at_desk(hall, camera)
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(hall.site.url) else None)
    await page.get_by_role("button", name="Use the camera").click()
    await expect(page.locator(".answer .what")).to_contain_text("Checked in", timeout=3 * PATIENCE)
    await expect(page.locator(".answer .name")).to_have_text("Bob")
    await page.wait_for_timeout(1500)
    assert len(await log()) == 1
    assert [address for address in foreign if not address.startswith("blob:")] == []
    await page.get_by_role("button", name="Stop the camera").click()
    await expect(page.locator("[data-eye]")).to_be_hidden()
