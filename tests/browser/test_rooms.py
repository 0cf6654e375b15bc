"""Rooms as people use them: four taps on an old phone, without scripts, by keyboard, and the coordinator's office."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from schedules import bookings, closures, occupancy
from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.given import People
from tests.serving import Site
from tests.spaces.rooms import FRIDAY, at, book, room, session_in, span
from timebank.database import transaction

pytestmark = pytest.mark.browser

WORDS = {
    "en": {"room": "Dance room", "until": "until 12:00", "done": "The room is booked for you.", "back": "Cancel the booking"},
    "zh": {"room": "舞蹈室", "until": "到 12:00", "done": "场地已为您预约好。", "back": "取消预约"},
}


@dataclass
class House:
    """People and rooms: one with rules and neighbours, one plain."""

    people: People
    dance: UUID
    study: UUID


@pytest_asyncio.fixture(loop_scope="session")
async def house(site: Site) -> House:
    people = await given.people(NOW)
    dance = await room(people.community, week_quota=2, turnaround=30, notice=60, longest=180)
    study = await room(people.elsewhere, "书画室", hours=[])
    session = await session_in(people, span("14:00-16:00"), "春晖合唱团")
    async with transaction():
        await occupancy.take_session(dance, session, at("14:00"), at("16:00"), NOW)
        await closures.close(dance, span("08:00-09:00"), "消防检查", people.erin.id, NOW)
        await book(people.carol, dance, span("18:00-19:00"), purpose="Birthday", people=12)
    return House(people, dance, study)


async def seen(page: Page, name: str) -> None:
    """Looked at: nothing serious for axe, nothing beyond the edge."""
    await look(page, f"rooms-{name}")
    assert await fits(page), name


@pytest.mark.parametrize("language, script", [("en", True), ("zh", False)], ids=["en-with-scripts", "zh-without-scripts"])
async def test_a_room_is_booked_in_four_taps_and_given_back(house: House, visit: Visit, language: str, script: bool) -> None:
    words = WORDS[language]
    page = await visit(f"/spaces?day={FRIDAY}", house.people.bob, language, java_script_enabled=script)
    await page.get_by_role("link", name=words["room"]).click()
    await page.locator(".starts a", has_text="10:00").click()
    await page.get_by_role("link", name=words["until"]).click()
    await page.locator("main button").click()
    await expect(page.get_by_role("status")).to_contain_text(words["done"])
    if script:
        await seen(page, f"booked-{language}")
    await page.get_by_role("link", name=words["back"]).click()
    await page.locator("main button").click()
    await expect(page.locator("main [role=status]")).to_be_visible()
    assert [booking.state for booking in await bookings.of_person(house.people.bob.id, NOW)] == ["cancelled_by_user"]


async def test_a_room_is_booked_by_keyboard_alone(house: House, visit: Visit) -> None:
    page = await visit(f"/spaces/{house.dance}?day={FRIDAY}", house.people.bob)
    await page.locator(".starts a", has_text="10:00").focus()
    await page.keyboard.press("Enter")
    await page.locator(".ends a").first.focus()
    await page.keyboard.press("Enter")
    await page.locator("#people").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("The room is booked for you.")


@pytest.mark.parametrize("language, scheme", [("zh", "light"), ("en", "dark")])
async def test_the_rooms_are_readable_on_a_small_phone(house: House, visit: Visit, language: str, scheme: str) -> None:
    mine = await book(house.people.bob, house.dance, span("12:00-13:00"))
    page = await visit("/spaces", house.people.bob, language, color_scheme=scheme)
    start = f"starts_at={span('10:00-12:00').starts_at:%Y-%m-%dT%H:%M:%SZ}"
    paths = {
        "list": f"/spaces?day={FRIDAY}",
        "day": f"/spaces/{house.dance}?day={FRIDAY}",
        "week": f"/spaces/{house.dance}?day={FRIDAY}&view=week",
        "closed": f"/spaces/{house.study}?day={FRIDAY}",
        "end": f"/spaces/{house.dance}/book?{start}",
        "confirm": f"/spaces/{house.dance}/book?{start}&ends_at={span('10:00-11:00').ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "not": f"/spaces/{house.dance}/book?day={FRIDAY}&start=12:10&end=19:00",
        "type": f"/spaces/{house.dance}/book?day={FRIDAY}",
        "mine": "/me/bookings",
        "booking": f"/me/bookings/{mine.id}",
        "cancel": f"/me/bookings/{mine.id}/cancel",
    }
    for name, path in paths.items():
        await page.goto(path)
        await seen(page, f"{name}-{language}-{scheme}")


@pytest.mark.parametrize("width", [360, 1200])
async def test_the_coordinators_rooms_are_readable(house: House, visit: Visit, width: int) -> None:
    language = "zh" if width == 360 else "en"
    page = await visit("/office/rooms", house.people.erin, language, width=width)
    (held,) = await bookings.of_space(house.dance, NOW)
    for name, path in {
        "office": "/office/rooms",
        "new": "/office/rooms/new",
        "room": f"/office/rooms/{house.dance}",
        "edit": f"/office/rooms/{house.dance}/edit",
        "house-cancel": f"/office/bookings/{held.id}/cancel",
    }.items():
        await page.goto(path)
        await seen(page, f"{name}-{width}")


@pytest.mark.scenario("booking-28")
async def test_a_closure_over_a_booking_asks_what_becomes_of_it(house: House, visit: Visit) -> None:
    page = await visit(f"/office/rooms/{house.dance}", house.people.erin)
    await page.get_by_label("First day of the closure").fill(str(FRIDAY))
    await page.get_by_label("From").fill("17:00")
    await page.get_by_label("Why?").fill("Painting")
    await page.get_by_role("button", name="Close the room").click()
    await expect(page.get_by_role("alert")).to_contain_text("Taken Fri 27 Nov, 18:00–19:00.")
    await seen(page, "in-the-way")
    assert await page.get_by_label("Why?").input_value() == "Painting"
    await page.get_by_label("Cancel the bookings; the people read the reason").check()
    await page.get_by_role("button", name="Close the room").click()
    await expect(page.get_by_text("Nobody has booked it yet.")).to_be_visible()
    theirs = await visit("/me/bookings", house.people.carol)
    await theirs.get_by_role("link", name="Dance room").click()
    await expect(theirs.get_by_role("status")).to_contain_text("The house has cancelled this booking. Painting")


async def test_large_type_fits_a_small_phone(house: House, visit: Visit) -> None:
    page = await visit(f"/spaces/{house.dance}?day={FRIDAY}", house.people.bob)
    await page.get_by_role("button", name="Large type").click()
    for path in (
        f"/spaces?day={FRIDAY}",
        f"/spaces/{house.dance}?day={FRIDAY}",
        f"/spaces/{house.dance}?day={FRIDAY}&view=week",
    ):
        await page.goto(path)
        assert await page.locator("html.large").count() == 1
        assert await fits(page), path


async def test_the_way_to_a_room_is_light(house: House, visit: Visit) -> None:
    """At most 60 KiB on the wire for the volunteer's path, nothing from anybody else, and no script."""
    page = await visit(f"/spaces/{house.dance}?day={FRIDAY}", house.people.bob)
    loaded = await page.evaluate(
        "['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).map(e => [e.name, e.transferSize])"
    )
    assert sum(size for _, size in loaded) < 60 * 1024
    assert all(address.startswith(page.url.partition("/spaces")[0]) for address, _ in loaded)
    assert await page.locator("script").count() == 0
