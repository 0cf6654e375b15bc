"""A room's door as people stand at it: a phone that scans the poster, also without scripts, and the tablet on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import pytest
import pytest_asyncio
from playwright.async_api import expect

from schedules import room_codes, room_stays
from schedules.bookings import Booking
from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.given import People
from tests.serving import Site
from tests.spaces.rooms import at, book, room, span
from timebank.actions.rooms.room_door import ROOM_KEY
from timebank.database import transaction
from timebank.people import keys

pytestmark = pytest.mark.browser

WORDS = {
    "en": {"in": "Check in", "yours": "The room is yours until 12:00.", "leave": "We leave now", "left": "You left early"},
    "zh": {"in": "签到", "yours": "场地归您使用，到12:00为止。", "leave": "我们现在走", "left": "您提前离开了"},
}


@dataclass
class House:
    people: People
    dance: UUID
    bobs: Booking
    site: Site

    def clock(self, text: str) -> None:
        """Sets the server's clock to a time of Friday."""
        (self.site.folder / "test-clock").write_text(at(text).isoformat())

    @property
    def poster(self) -> str:
        return room_codes.poster_path(keys.derive(ROOM_KEY), self.dance, 1)

    @property
    def display(self) -> str:
        return room_codes.display_path(keys.derive(ROOM_KEY), self.dance, 1)


@pytest_asyncio.fixture(loop_scope="session")
async def house(site: Site) -> House:
    people = await given.people(NOW)
    dance = await room(people.community)
    async with transaction():
        bobs = await book(people.bob, dance, span("10:00-12:00"))
    return House(people, dance, bobs, site)


@pytest.mark.scenario("booking-91", "booking-98")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_phone_checks_in_with_one_tap_and_leaves_early(house: House, visit: Visit, language: str) -> None:
    words = WORDS[language]
    phone = await visit("/", house.people.bob, language, java_script_enabled=language == "en")
    house.clock("09:55")
    await phone.goto(house.poster)
    if language == "en":
        await look(phone, "room-door-check-in")
    assert await fits(phone)
    await phone.get_by_role("button", name=words["in"]).click()
    await expect(phone.locator("main")).to_contain_text(words["yours"])
    house.clock("10:40")
    await phone.get_by_role("button", name=words["leave"]).click()
    await expect(phone.locator("main")).to_contain_text(words["left"])


async def test_the_display_says_in_use_and_that_it_is_cut_off(house: House, visit: Visit) -> None:
    """Defect 45 of booking.md; and a tablet without a network does not pretend."""
    house.clock("10:05")
    wall = await visit("/", language="zh", width=1024)
    await wall.clock.install()
    await wall.goto(house.display)
    await expect(wall.locator(".state")).to_have_text("! 已预约")
    await look(wall, "room-display-booked")
    async with transaction():
        await room_stays.check_in(house.bobs.id, house.people.bob.id, at("10:05"))
    house.clock("10:06")
    await wall.clock.run_for(15_500)
    await expect(wall.locator(".state")).to_have_text("● 使用中")
    await expect(wall.locator(".until")).to_have_text("到 12:00")
    await look(wall, "room-display-in-use")
    await wall.context.set_offline(True)
    await wall.clock.run_for(50_000)
    await expect(wall.locator("[data-cut]")).to_contain_text("10:06")
    await expect(wall.locator(".now-code")).to_be_hidden()
    await expect(wall.locator(".state")).to_have_text("● 使用中")
    await wall.context.set_offline(False)
    await wall.clock.run_for(3000)
    await expect(wall.locator("[data-cut]")).to_be_hidden()
