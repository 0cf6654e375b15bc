"""Planning, finding and signing up in a real browser: in both languages, by keyboard, without JavaScript, on a narrow phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from schedules import calling_off, sessions
from tests.browser.looking import look
from tests.conftest import NOW
from tests.given import People, Person
from tests.schedule import given
from tests.schedule.given import at
from tests.serving import Site
from timebank.web.access import MEMBER_COOKIE
from timebank.web.words import LANGUAGE_COOKIE

pytestmark = pytest.mark.browser
Visit = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, site: Site) -> AsyncIterator[Visit]:
    """`await visit("/path", person, language="zh", width=360)`: a page in a browser of their own. Errors fail the test."""
    opened: list[BrowserContext] = []
    wrong: list[str] = []
    async with httpx.AsyncClient(base_url=site.url) as client:
        assert (await client.put("/test/clock", json={"now": NOW.isoformat()})).is_success

    async def open_page(path: str, person: Person | None = None, language: str = "en", width: int = 360, **more: Any) -> Page:
        context = await browser.new_context(viewport={"width": width, "height": 780}, **more)
        opened.append(context)
        cookies = {LANGUAGE_COOKIE: language} | ({MEMBER_COOKIE: person.token} if person else {})
        await context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in cookies.items()])
        page = await context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(site.url) else wrong.append(request.url))
        await page.goto(site.url + path)
        return page

    yield open_page
    for context in opened:
        await context.close()
    assert wrong == [], "errors on pages, or requests to other hosts"


async def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


async def fill_in(page: Page) -> None:
    """What an organiser types for one session on Thursday evening."""
    await page.get_by_label("Title", exact=True).fill("周四合唱")
    await page.get_by_label("Title in English").fill("Thursday's choir")
    await page.get_by_label("What is done", exact=True).fill("唱歌")
    await page.get_by_label("Day", exact=True).fill("2026-11-26")
    await page.get_by_label("Starts", exact=True).fill("18:00")
    await page.get_by_label("Ends", exact=True).fill("19:30")
    await page.get_by_label("Room", exact=True).select_option(label="Dance room (20 seats)")
    await page.get_by_label("What could happen").fill("None")
    await page.get_by_label("No", exact=True).last.check()


@pytest.mark.parametrize("javascript", [True, False])
async def test_an_organiser_plans_a_volunteer_finds_it_and_signs_up_in_two_taps(
    visit: Visit, people: People, javascript: bool
) -> None:
    await given.room(people)
    page = await visit("/organise/new", people.alice, width=1100, java_script_enabled=javascript)
    await fill_in(page)
    await page.get_by_role("button", name="Add another session").click()
    await expect(page.get_by_label("Day", exact=True).last).to_have_value("2026-12-03")
    await expect(page.get_by_label("Title", exact=True)).to_have_value("周四合唱")
    await page.get_by_role("button", name="Save the draft").last.click()
    await expect(page.get_by_text("This is a draft.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Everybody can see this.")).to_be_visible()

    phone = await visit("/", people.bob, java_script_enabled=javascript)
    await phone.get_by_role("link", name="Thursday's choir").first.click()
    await phone.get_by_role("button", name="Sign up").first.click()
    await expect(phone.get_by_text("You are signed up as Volunteer.")).to_be_visible()


async def test_a_place_is_given_back_and_taken_by_the_next(visit: Visit, people: People) -> None:
    session = await given.session(people, places=1)
    await given.sign_up(people.bob, session, people.now)
    carol = await visit(f"/activities/{session.activity_id}", people.carol)
    await expect(carol.get_by_text("All places are taken.")).to_be_visible()
    bob = await visit(f"/activities/{session.activity_id}", people.bob)
    await bob.get_by_text("I cannot come").click()
    await bob.get_by_role("button", name="Withdraw").click()
    await expect(bob.get_by_text("1 place left")).to_be_visible()
    await carol.reload()
    await carol.get_by_role("button", name="Sign up").click()
    await expect(carol.get_by_text("You are signed up as Singer.")).to_be_visible()


async def test_who_loses_the_race_for_the_last_place_is_told_what_to_do(visit: Visit, people: People) -> None:
    session = await given.session(people, places=1)
    page = await visit(f"/activities/{session.activity_id}", people.bob)
    await given.sign_up(people.carol, session, people.now)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("alert")).to_contain_text("All places are taken.")


async def test_a_taken_room_is_mended_with_one_tap_on_a_free_time(visit: Visit, people: People) -> None:
    room = await given.room(people)
    await given.session(people, at(18, space_id=room), title_en="Dance")
    made = await given.draft(people, at(18, space_id=room))
    page = await visit(f"/organise/activities/{made}", people.alice)
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_role("alert")).to_contain_text("Dance stands there")
    await page.get_by_role("link", name="Thu 26 Nov, 19:30–21:00").click()
    await expect(page.get_by_label("Starts")).to_have_value("19:30")
    await page.get_by_role("button", name="Save the draft").last.click()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Everybody can see this.")).to_be_visible()


async def test_the_session_page_shows_an_arrival_without_a_reload(visit: Visit, people: People) -> None:
    session = await given.session(people)
    taken = await given.sign_up(people.bob, session, people.now)
    page = await visit(f"/organise/sessions/{session.id}", people.alice)
    await expect(page.get_by_text("expected").last).to_be_visible()
    await given.check_in(people.bob, taken.signup_id, session.id, session.starts_at)
    await expect(page.get_by_text("here since 18:00")).to_be_visible()


async def test_signing_up_by_keyboard_alone(visit: Visit, people: People) -> None:
    session = await given.session(people)
    page = await visit(f"/activities/{session.activity_id}", people.bob, width=1100)
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == "Sign up":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You are signed up as Singer.")).to_be_visible()
    assert (await sessions.one(session.id)).taken == 1


@pytest.mark.parametrize("language, scheme", [("zh", "light"), ("en", "dark")])
async def test_every_page_fits_a_narrow_phone_and_has_no_serious_fault(
    visit: Visit, people: People, language: str, scheme: str
) -> None:
    room = await given.room(people)
    session = await given.session(people, at(18, space_id=room))
    off = await given.session(people, at(20))
    await calling_off.call_off([off.id], "Storm", people.now)
    await given.sign_up(people.bob, session, people.now)
    draft = await given.draft(people)
    pages = {
        "board": ("/", None),
        "board_of_bob": ("/", people.bob),
        "activities": ("/activities", people.bob),
        "activity": (f"/activities/{session.activity_id}", people.bob),
        "called_off": (f"/activities/{off.activity_id}", None),
        "organise": ("/organise", people.alice),
        "form": ("/organise/new", people.alice),
        "draft": (f"/organise/activities/{draft}", people.alice),
        "public": (f"/organise/activities/{session.activity_id}", people.alice),
        "session": (f"/organise/sessions/{session.id}", people.alice),
        "poster": (f"/organise/sessions/{session.id}/poster", people.alice),
        "list": (f"/organise/sessions/{session.id}/list", people.alice),
    }
    for name, (path, person) in pages.items():
        page = await visit(path, person, language, color_scheme=scheme)
        assert await fits(page), path
        await look(page, f"schedule_{name}_{language}_{scheme}")


async def test_the_volunteers_path_weighs_little(visit: Visit, people: People) -> None:
    """60 KiB on the wire at most, with everything that the page loads (pages.md)."""
    session = await given.session(people)
    page = await visit("/", people.bob)
    weights: list[int] = []
    page.on("response", lambda response: weights.append(int(response.headers.get("content-length", "0"))))
    await page.goto(page.url.rstrip("/") + f"/activities/{session.activity_id}", wait_until="networkidle")
    assert 0 < sum(weights) < 60 * 1024, weights
