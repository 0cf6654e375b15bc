"""Messages as people read them: on an old phone, by keyboard, and by the coordinator who looks whether everything runs."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests import given
from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.conftest import NOW
from tests.jobs.notes import promise
from tests.serving import Site
from timebank.jobs import items, runs, watch
from timebank.settings import Settings

pytestmark = pytest.mark.browser


async def test_new_messages_are_two_taps_away_and_chosen_by_keyboard(site: Site, visit: Visit, settings: Settings) -> None:
    people = await given.people(NOW)
    for number in range(3):
        await promise(people.bob, NOW, key=f"note-{number}", path="/me/hours", kind="job_overdue", facts=FACTS)
    await promise(people.bob, NOW, key="long", kind="job_well", facts=FACTS | {"jobs": [job.name for job in LONG]})
    page = await visit("/", people.bob, "en", java_script_enabled=False)
    await page.get_by_role("link", name="My page").click()
    await page.get_by_role("link", name="My messages").click()
    await expect(page.locator(".is-new")).to_have_count(4)
    assert await fits(page)
    await page.get_by_role("link", name="What we tell you, and how").click()
    await page.locator("#told_by").select_option("here")
    await page.get_by_label("In the evening: what I have tomorrow").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert await fits(page)


async def test_the_pages_are_fit_for_all_eyes_in_both_languages(site: Site, visit: Visit, settings: Settings) -> None:
    people = await given.people(NOW)
    await promise(people.erin, NOW, kind="job_overdue", facts=FACTS)
    await runs.register(watch.watched(settings))
    await items.note("remind", "session_reminder:0c1d2a4e-1b7c-4a8e-9a52-1c2d3e4f5a6b", ValueError("no such hour"), NOW)
    for language in ("en", "zh"):
        page = await visit("/me/messages", people.erin, language)
        for path in ("/me/messages", "/me/settings/messages", "/office/jobs", f"/office/members/{people.erin.id}/messages"):
            await page.goto(path)
            await look(page, f"messages-{path.strip('/').replace('/', '-')[:24]}-{language}")
            assert await fits(page), path


FACTS = {"jobs": ["remind"], "success_at": NOW.isoformat(), "time_zone": given.ZONE}
LONG = watch.watched(Settings(mode="test"))
