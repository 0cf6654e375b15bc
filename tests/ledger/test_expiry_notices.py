"""Points that expire soon: one notice at each distance, with what would really be gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import NOW
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.jobs import remind_expiry
from timebank.web import post
from timebank.web.letters import rewards as _letters  # noqa: F401

DAY = timedelta(days=1)


@pytest.fixture
def ends(folk: People) -> datetime:
    """Sixty days from now."""
    return NOW + 60 * DAY


async def notices(person: Person) -> list[dict[str, Any]]:
    found = await sql.rows(
        "SELECT facts FROM message WHERE person_id = $1 AND kind = 'points_expire' ORDER BY written_at", person.id
    )
    return [msgspec.json.decode(row["facts"]) for row in found]


@pytest.mark.scenario("ledger-61")
async def test_one_notice_at_thirty_days_and_one_at_seven_however_often_the_job_runs(folk: People, ends: datetime) -> None:
    await purse.earn(folk.bob, 5, ends)
    await purse.earn(folk.bob, 2)
    for days_before, count in ((31, 0), (30, 1), (30, 1), (29, 1), (8, 1), (7, 2), (6, 2), (0, 2)):
        await remind_expiry.run(ends - days_before * DAY)
        assert len(await notices(folk.bob)) == count, days_before
    assert [notice["units"] for notice in await notices(folk.bob)] == [500, 500]
    assert not await sql.value("SELECT count(*) FROM job_failure")


@pytest.mark.scenario("ledger-61")
async def test_the_figure_is_what_would_expire_if_nothing_were_spent(folk: People, ends: datetime) -> None:
    await purse.earn(folk.bob, 4, ends - 3 * DAY)
    await purse.earn(folk.bob, 6, ends)
    await purse.hold(folk.bob, 7, lasts=90 * DAY)
    await remind_expiry.run(ends - 30 * DAY)
    assert [notice["units"] for notice in await notices(folk.bob)] == [300]
    await purse.earn(folk.carol, 6, ends)
    await purse.hold(folk.carol, 4, lasts=40 * DAY)
    await remind_expiry.run(ends - 30 * DAY)
    assert [notice["units"] for notice in await notices(folk.carol)] == [600]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "5 points will expire on Mon 25 Jan 09:00"), ("zh", "5 积分将于1月25日 周一 09:00到期")]
)
async def test_the_notice_in_words(folk: People, ends: datetime, language: Any, title: str) -> None:
    await purse.earn(folk.bob, 5, ends)
    await remind_expiry.run(ends - 30 * DAY)
    read = post.read("points_expire", (await notices(folk.bob))[0], language)
    assert read.title == title


async def test_the_rules_say_when(folk: People, ends: datetime) -> None:
    today = (NOW + timedelta(hours=8)).date()
    await policies.publish(folk.community, today, Rules(reminder_days=(10,)), None, NOW)
    await purse.earn(folk.bob, 5, ends)
    for days_before, count in ((30, 0), (11, 0), (10, 1), (7, 1)):
        await remind_expiry.run(ends - days_before * DAY)
        assert len(await notices(folk.bob)) == count, days_before


async def test_who_wants_no_reminders_gets_none(folk: People, ends: datetime) -> None:
    await purse.earn(folk.bob, 5, ends)
    await sql.rows("UPDATE member SET reminders = false WHERE id = $1", folk.bob.id)
    await remind_expiry.run(ends - 30 * DAY)
    assert await notices(folk.bob) == []
