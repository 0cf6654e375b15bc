"""The line, offers and requests in a real browser: without JavaScript, on a narrow phone, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.looking import fits, look
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.waiting import full, join
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import withdraw

pytestmark = pytest.mark.browser


@pytest.mark.scenario("schedule-53", "schedule-60")
async def test_from_the_line_over_an_offer_to_a_place_without_javascript(visit: Visit, people: People) -> None:
    session, bob = await full(people, at(18, day=2))
    page = await visit(f"/activities/{session.activity_id}", people.carol, java_script_enabled=False)
    await page.get_by_role("button", name="Join the waiting list").click()
    await expect(page.get_by_text("You are number 1 on the waiting list for Singer.")).to_be_visible()
    await withdraw(people.bob.caller, bob, people.now)
    await page.goto("/me")
    await page.get_by_role("button", name="Accept the place").click()
    await expect(page.get_by_text("You are signed up as Singer.")).to_be_visible()


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
async def test_pages_of_line_offer_and_request_fit_a_narrow_phone(
    visit: Visit, people: People, language: str, scheme: str
) -> None:
    session, bob = await full(people, at(18, day=2))
    await join(session, people.now, people.carol, people.dan)
    await withdraw(people.bob.caller, bob, people.now)
    asked = await given.session(people, at(20, day=2), needs_approval=True)
    await sign_up(people.carol.caller, asked.id, people.now)
    pages = {
        "offer": (f"/activities/{session.activity_id}", people.carol),
        "waiting": (f"/activities/{session.activity_id}", people.dan),
        "me": ("/me", people.carol),
        "decide": (f"/organise/sessions/{asked.id}", people.alice),
        "line": (f"/organise/sessions/{session.id}", people.alice),
        "rules": (f"/organise/activities/{session.activity_id}/line-rules", people.alice),
    }
    for name, (path, person) in pages.items():
        page = await visit(path, person, language, color_scheme=scheme)
        assert await fits(page), path
        await look(page, f"signups_{name}_{language}_{scheme}")
