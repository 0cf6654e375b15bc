"""A volunteer reads the briefing and learns how to get a skill confirmed: on a narrow phone, in both languages."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from schedules import needs, sessions
from schedules.needs import Needs, RoleNeeds
from tests.browser.looking import look
from tests.browser.test_schedule import Visit, fits, visit  # noqa: F401  the fixture
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_skills import TWO, first_aid
from timebank.people import held_skills

pytestmark = pytest.mark.browser


@pytest.mark.scenario("schedule-27", "schedule-28")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_from_the_briefing_to_the_open_place_and_the_way_to_the_other(
    visit: Visit,  # noqa: F811
    people: People,
    language: str,
) -> None:
    """In Chinese without JavaScript; in English also under the eyes of axe."""
    skill = await first_aid(people)
    session = await given.session(people, at(18), roles=TWO)
    wanted = Needs(roles=(RoleNeeds(role="急救员", skill_ids=(skill,)),), briefing="穿鞋", briefing_en="Wear shoes")
    await needs.keep(session.activity_id, wanted, people.alice.id, people.now)
    page = await visit(
        f"/activities/{session.activity_id}", people.bob, language=language, java_script_enabled=language == "en"
    )
    assert await fits(page)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name={"en": "Go on to sign up", "zh": "去报名"}[language]).click()
    if language == "en":
        await look(page, "skills-activity")
    way = {"en": "Show the certificate at the office", "zh": "到社区服务站出示证书"}[language]
    await expect(page.get_by_text(way)).to_be_visible()
    await page.get_by_role("button", name={"en": "Sign up as Singer", "zh": "报名：歌手"}[language]).click()
    assert (await sessions.one(session.id, people.bob.id)).own is not None
    await page.goto(page.url.split("/activities")[0] + "/me/skills")
    await page.locator("select").select_option(str(skill))
    await page.get_by_role("button", name={"en": "Put it on my list", "zh": "加入我的技能"}[language]).click()
    await expect(page.get_by_text(way)).to_be_visible()
    assert await fits(page)
    if language == "en":
        await look(page, "skills-mine")
    assert [each.state for each in await held_skills.of_member(people.bob.id)] == ["claimed"]
