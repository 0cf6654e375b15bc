"""A series is planned and one date moved by keyboard, without JavaScript, on a narrow phone, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from schedules import series, sessions
from tests.browser.conftest import Visit
from tests.browser.looking import fits, serious
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at

pytestmark = pytest.mark.browser


@pytest.mark.scenario("schedule-7", "schedule-17")
async def test_a_series_is_planned_and_one_date_moved_by_keyboard_alone(visit: Visit, people: People) -> None:
    session = await given.session(people, at(18, day=5))
    await given.sign_up(people.bob, session, people.now)
    page = await visit(f"/organise/activities/{session.activity_id}/repeat", people.alice, "en", width=360)
    await page.get_by_label("A number of times").press("Space")
    await page.get_by_label("Times in all").fill("3")
    await page.get_by_role("button", name="Show what it means").press("Enter")
    await expect(page.locator("#look")).to_contain_text("every week on Tuesday, 3 times in all")
    assert await fits(page)
    assert not await serious(page)
    await page.get_by_role("button", name="Save it so").press("Enter")
    await expect(page.get_by_role("heading", name="Dates to come")).to_be_visible()
    await page.get_by_role("link", name="This date").first.press("Enter")
    await page.get_by_label("Starts").fill("17:30")
    await page.get_by_role("button", name="Show what it means").press("Enter")
    await expect(page.locator("#look")).to_contain_text("1 person who signed up is told and keeps the place.")
    assert await fits(page)
    assert not await serious(page)
    await page.get_by_role("button", name="Save it so").press("Enter")
    await expect(page.get_by_role("link", name="Change this date")).to_be_visible()
    (made,) = await series.of_activity(session.activity_id)
    found = await sessions.of_series(made.id, people.now)
    assert [one.minutes for one in found] == [120, 90, 90]
    assert found[0].taken == 1


async def test_the_pages_of_a_series_hold_on_a_narrow_phone_in_chinese_without_javascript(visit: Visit, people: People) -> None:
    session = await given.session(people, at(18, day=5))
    page = await visit(
        f"/organise/activities/{session.activity_id}/repeat", people.alice, "zh", width=360, java_script_enabled=False
    )
    await page.get_by_role("button", name="先看看结果").click()
    await page.get_by_role("button", name="就这样保存").click()
    await expect(page.get_by_role("heading", name="接下来的场次")).to_be_visible()
    await page.get_by_role("link", name="从这一场起").nth(2).click()
    await page.get_by_label("开始", exact=True).fill("19:00")
    await page.get_by_label("结束", exact=True).fill("20:00")
    await page.get_by_role("button", name="先看看结果").click()
    await page.get_by_role("button", name="就这样保存").click()
    await expect(page.get_by_role("heading", name="接下来的场次")).to_be_visible()
    assert len(await series.of_activity(session.activity_id)) == 2
