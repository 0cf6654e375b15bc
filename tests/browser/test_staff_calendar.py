"""The calendar of those who keep rooms in a real browser: bookings are dragged, refused ones go back, and keys do the same."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from schedules import bookings, closures, occupancy, spaces
from schedules.bookings import Booking
from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.given import People
from tests.serving import Site
from tests.spaces.rooms import FRIDAY, at, book, room, session_in, span
from timebank.database import transaction
from timebank.web.access import MEMBER_COOKIE

pytestmark = pytest.mark.browser
PATH = f"/office/rooms/calendar?day={FRIDAY}"


@pytest_asyncio.fixture(loop_scope="session")
async def people(site: Site) -> People:
    return await given.people(NOW)


@pytest_asyncio.fixture(loop_scope="session")
async def booked(people: People) -> tuple[Booking, UUID]:
    """Carol's booking in the dance room, and the study room below it, whose afternoon is taken."""
    dance = await room(people.community)
    study = await room(people.community, "书画室", turnaround=0)
    await spaces.set_approval(study, "holds", 2880, True, now=NOW)
    session = await session_in(people, span("14:00-16:00"), "春晖合唱团")
    async with transaction():
        await occupancy.take_session(study, session, at("14:00"), at("16:00"), NOW)
        await closures.close(dance, span("08:00-09:00"), "消防检查", people.erin.id, NOW)
        await book(people.bob, study, span("17:00-18:30"), purpose="Brushes")
        booking = await book(people.carol, dance, span("10:00-12:00"), purpose="Birthday", people=12)
    return booking, study


def bar(page: Page, name: str) -> Locator:
    return page.locator("[data-board] article.ec-event", has_text=name)


async def settled(page: Page) -> None:
    """The last change is done, and the bars are drawn anew."""
    await expect(page.locator("[data-board]")).not_to_have_attribute("aria-busy", "true")


async def drag(page: Page, found: Locator, right: float, down: float = 0, edge: bool = False) -> None:
    """By so many pixels, once the last change is done; with `edge` its end is drawn out."""
    await settled(page)
    await found.scroll_into_view_if_needed()
    box = await found.bounding_box()
    assert box
    x, y = box["x"] + (box["width"] - 4 if edge else box["width"] / 3), box["y"] + box["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + right / 2, y + down / 2, steps=3)
    await page.mouse.move(x + right, y + down, steps=3)
    await page.mouse.up()


async def height_of(page: Page, name: str) -> float:
    """Where the row of a room lies."""
    await settled(page)
    box = await page.locator(".ec-body .ec-row-head", has_text=name).bounding_box()
    assert box
    return box["y"]


async def width_of(found: Locator) -> float:
    box = await found.bounding_box()
    assert box
    return box["width"]


async def stands(booking: Booking) -> tuple[UUID, datetime, datetime]:
    async with transaction():
        found = await bookings.one(booking.id)
    return found.space_id, found.starts_at, found.ends_at


async def test_a_booking_is_dragged_drawn_out_refused_and_moved_back(
    booked: tuple[Booking, UUID], people: People, visit: Visit
) -> None:
    booking, study = booked
    page = await visit(PATH, people.erin, width=1300)
    carol = bar(page, "Carol")
    await expect(carol).to_have_text("● Booking 10:00–12:00 Carol Birthday Dance room")
    await look(page, "staff-calendar-day")
    hour = await width_of(carol) / 2
    await drag(page, carol, hour)
    await expect(page.locator("[data-told] .done")).to_contain_text(
        "Moved: Carol. It is now Fri 27 Nov 11:00–13:00 Dance room."
    )
    assert await stands(booking) == (booking.space_id, at("11:00"), at("13:00"))
    await expect(page.locator("[data-list]")).to_contain_text("11:00–13:00 ● Booking Carol")
    await drag(page, bar(page, "Carol"), hour / 2, edge=True)
    await expect(page.locator("[data-told]")).to_contain_text("11:00–13:30")
    assert await stands(booking) == (booking.space_id, at("11:00"), at("13:30"))
    down = await height_of(page, "书画室") - await height_of(page, "Dance room")
    # The choir is in the study room: the bar goes back, and the page says why.
    await drag(page, bar(page, "Carol"), hour * 3, down)
    refused = page.locator("[data-told] .refused")
    await expect(refused).to_contain_text("This time is taken.")
    await expect(refused.get_by_role("link", name="Change it on its own page")).to_be_visible()
    await expect(bar(page, "Carol")).to_contain_text("11:00–13:30")
    assert await stands(booking) == (booking.space_id, at("11:00"), at("13:30"))
    await look(page, "staff-calendar-refused")
    await drag(page, bar(page, "Carol"), 0, down)
    await expect(page.locator("[data-told] .done")).to_contain_text("书画室")
    assert (await stands(booking))[0] == study
    await page.get_by_role("button", name="Move it back").click()
    await expect(page.locator("[data-told]")).to_contain_text("Moved back: Carol.")
    assert await stands(booking) == (booking.space_id, at("11:00"), at("13:30"))
    # The choir stays where it is.
    await settled(page)
    choir = await bar(page, "春晖合唱团").bounding_box()
    assert choir
    await drag(page, bar(page, "春晖合唱团"), hour)
    assert await bar(page, "春晖合唱团").bounding_box() == choir


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_keys_reach_every_bar_and_the_list_says_the_same(
    booked: tuple[Booking, UUID], people: People, visit: Visit, language: str
) -> None:
    booking, _ = booked
    page = await visit(f"{PATH}&view=week", people.erin, language, width=1300)
    await expect(bar(page, "Carol")).to_be_visible()
    await look(page, f"staff-calendar-week-{language}")
    await bar(page, "Carol").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/me/bookings/{booking.id}")
    await page.set_viewport_size({"width": 360, "height": 800})
    await page.goto(PATH)
    await expect(page.locator("[data-board]")).to_be_hidden()
    assert await fits(page)
    await look(page, f"staff-calendar-small-{language}")
    await page.locator(f'a[href="/me/bookings/{booking.id}/change"]').focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/me/bookings/{booking.id}/change")


async def test_bars_are_drawn_under_the_policy_of_the_pages(
    booked: tuple[Booking, UUID], people: People, site: Site, browser: Browser
) -> None:
    context = await browser.new_context(base_url=site.url, viewport={"width": 1300, "height": 760})
    await context.add_cookies([{"name": MEMBER_COOKIE, "value": people.erin.token, "url": site.url}])
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(PATH)
    await settled(page)
    wide, narrow = await width_of(bar(page, "Carol")), await width_of(bar(page, "消防检查"))
    await context.close()
    assert said == []
    assert wide == pytest.approx(2 * narrow, abs=2)
