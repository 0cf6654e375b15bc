"""Sign-in, my page and the office as people use them: on an old phone, by keyboard, on paper."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.given import People
from tests.serving import Site
from timebank.actions.people.members import Joining, create_member
from timebank.database import transaction
from timebank.outbox import intents
from timebank.people import passes

pytestmark = pytest.mark.browser

WORDS = {
    "en": {"send": "Send me a code", "sign in": "Sign in", "hello": "Hello, Bob", "pass": "Show my pass"},
    "zh": {"send": "发送验证码", "sign in": "登录", "hello": "Bob，您好", "pass": "出示志愿者码"},
}


@pytest_asyncio.fixture(loop_scope="session")
async def everybody(site: Site) -> People:
    people = await given.people(NOW)
    async with transaction():
        await passes.issue(people.bob.id, NOW)
    return people


async def seen(page: Page, name: str) -> None:
    """Looked at: nothing serious for axe, nothing beyond the edge."""
    await look(page, f"people-{name}")
    assert await fits(page), name


@pytest.mark.parametrize("language, script", [("en", True), ("zh", False)], ids=["en-with-scripts", "zh-without-scripts"])
async def test_phone_code_and_pass_in_a_few_taps(everybody: People, visit: Visit, language: str, script: bool) -> None:
    words = WORDS[language]
    page = await visit("/me", None, language, java_script_enabled=script)
    await expect(page.locator("#phone")).to_be_focused()
    await page.keyboard.type(everybody.bob.phone)
    await page.get_by_role("button", name=words["send"]).click()
    code = await page.locator(".typed").inner_text()
    assert re.fullmatch(r"\d{6}", code)
    if script:
        await seen(page, f"code-{language}")
    await expect(page.locator("#code")).to_be_focused()
    await page.keyboard.type(code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(words["hello"])
    await page.get_by_role("link", name=words["pass"]).click()
    await expect(page.locator(".card-pass svg")).to_be_visible()
    width = (await page.locator(".card-pass svg").bounding_box() or {"width": 0})["width"]
    assert width > 240


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_my_pages_are_readable_on_a_small_phone(everybody: People, visit: Visit, language: str) -> None:
    page = await visit("/sign-in", None, language)
    await seen(page, f"sign-in-{language}")
    for path in ("/sign-in/password", "/pair"):
        await page.goto(path)
        await seen(page, f"{path.strip('/').replace('/', '-')}-{language}")
    mine = await visit("/me", everybody.bob, language)
    for path in ("/me", "/me/pass", "/me/points", "/me/hours", "/me/settings"):
        await mine.goto(path)
        await seen(mine, f"{path.strip('/').replace('/', '-')}-{language}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_office_is_readable(everybody: People, visit: Visit, scheme: str) -> None:
    language = "zh" if scheme == "dark" else "en"
    made = await create_member(everybody.erin.caller, Joining(everybody.building, "王秀英", door="3-201"), NOW)
    page = await visit("/office", everybody.erin, language, color_scheme=scheme)
    address = f"/office/members/{made}"
    for path in (
        "/office",
        "/office/members",
        "/office/members?q=nobody",
        "/office/members/new",
        address,
        f"{address}/change",
        f"{address}/roles",
        "/office/cards",
        "/office/roles",
        "/office/devices",
        "/office/devices/new",
        "/office/communities",
    ):
        await page.goto(path)
        await seen(page, f"{re.sub(r'[^a-z]+', '-', path.replace(str(made), 'one').strip('/'))}-{scheme}")


async def test_large_type_fits_a_small_phone(everybody: People, visit: Visit) -> None:
    page = await visit("/me", everybody.bob)
    await page.get_by_role("button", name="Large type").click()
    for path in ("/me", "/me/settings", "/sign-in/password"):
        await page.goto(path)
        assert await page.locator("html.large").count() == 1
        assert await fits(page), path


async def test_points_change_from_pending_to_points_without_a_reload(everybody: People, visit: Visit) -> None:
    key = f"attendance:{uuid4()}:v1"
    async with transaction():
        promise = await intents.promise(key, everybody.bob.id, 150, earned_at=NOW, at=NOW, payload={"what": "Choir"})
    page = await visit("/me", everybody.bob)
    await expect(page.locator("#purse")).to_contain_text("1.5 on the way")
    await page.evaluate("window.isTheSamePage = true")
    async with transaction():
        await intents.keep(promise.id, NOW + timedelta(minutes=1))
    await expect(page.locator("#purse .figure")).to_have_text("1.5 points")
    assert await page.evaluate("window.isTheSamePage")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.wait_for_timeout(4500)
    assert asked == []


async def test_a_coordinator_adds_a_neighbour_without_a_phone_by_keyboard(everybody: People, visit: Visit) -> None:
    page = await visit("/office", everybody.erin, width=1100)
    await page.get_by_role("link", name="Add a member").click()
    for step in ("Chunhui", "Grid 1", "Building 3"):
        await page.get_by_role("link", name=step).click()
    await page.get_by_label("Name", exact=True).focus()
    for text in ("王秀英", "3-201"):
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("王秀英 is a member now.")
    await page.get_by_text("Set a PIN", exact=True).click()
    await page.get_by_label("PIN").fill("111111")
    await page.get_by_role("button", name="Set the PIN").click()
    await expect(page.locator("#pin-wrong")).to_be_visible()
    await page.get_by_label("PIN").fill("274913")
    await page.get_by_role("button", name="Set the PIN").click()
    await page.get_by_role("link", name="Print the card").click()
    await expect(page.locator(".id-card .id-name")).to_have_text("王秀英")


async def test_ten_cards_fit_on_one_sheet_of_a4(everybody: People, visit: Visit) -> None:
    for number in range(10):
        await create_member(everybody.erin.caller, Joining(everybody.building, f"欧阳春华{number}"), NOW)
    page = await visit("/office/cards?q=欧阳", everybody.erin, "zh", width=1100)
    assert await page.locator(".id-card").count() == 10
    paper = await page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", paper)) == 1


async def test_a_screen_is_paired_and_withdrawn(everybody: People, visit: Visit) -> None:
    office = await visit("/office/devices", everybody.erin)
    await office.get_by_role("link", name="Add a desk").click()
    await office.get_by_role("link", name="Chunhui").click()
    await office.get_by_label("Name of the device").fill("East gate")
    await office.get_by_role("button", name="Register").click()
    await office.get_by_role("button", name="Make a pairing code").click()
    code = await office.locator(".typed").inner_text()
    await seen(office, "pairing")
    desk = await visit("/pair")
    await expect(desk.locator("#code")).to_be_focused()
    await desk.keyboard.type(code)
    await desk.keyboard.press("Enter")
    await desk.wait_for_url("**/desk")
    await desk.goto("/pair")
    await expect(desk.get_by_text("This screen is paired already.")).to_be_visible()
    await office.get_by_role("link", name="Done").click()
    await expect(office.get_by_text("Paired", exact=True)).to_be_visible()
    await office.get_by_text("The device was lost").click()
    await office.get_by_role("button", name="Withdraw this device").click()
    await expect(office.get_by_text("Withdrawn", exact=True)).to_be_visible()
    await desk.reload()
    await expect(desk.get_by_text("This screen is paired already.")).to_have_count(0)
