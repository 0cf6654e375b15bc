"""The roll of a running session in a real browser: it follows the door by itself, and a table is taken along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.afterwards import given
from tests.browser.conftest import Visit, fits, serious
from tests.conftest import NOW
from tests.given import People

pytestmark = pytest.mark.browser


@pytest.mark.scenario("schedule-102", "schedule-103", "schedule-98")
async def test_the_roll_follows_the_door_and_the_table_goes_along(committed: str, people: People, visit: Visit) -> None:
    session = await given.choir(people, people.bob, people.carol)
    page = await visit(f"/organise/sessions/{session.id}/roll", people.alice, "en")
    assert session.starts_at - NOW < timedelta(minutes=1)
    inside = page.locator("#roll-now .figures div").first
    await expect(inside).to_contain_text("0")
    assert await fits(page)
    await given.was_in(people.bob, session, 0)
    await expect(inside).to_contain_text("1")
    await expect(page.get_by_role("heading", name="Arrived, not completed").locator("+ ul")).to_contain_text("Bob")
    assert await serious(page) == []
    await page.get_by_role("link", name="Tables").click()
    async with page.expect_download() as going:
        await page.get_by_role("link", name="CSV").click()
    taken = await going.value
    assert taken.suggested_filename == "Participants.csv"
    assert "Bob" in Path(await taken.path()).read_text(encoding="utf-8-sig")  # noqa: ASYNC240
