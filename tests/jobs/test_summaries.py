"""The evening's summary at 20:00 local: once a day, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

import timebank.web.letters  # noqa: F401
from schedules import sql
from tests.given import People
from tests.jobs.notes import told
from tests.schedule.given import at, session
from timebank.jobs import summaries
from timebank.outbox import deliveries
from timebank.web import post

EVENING = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""Thursday of the tests, 20:00 in Shanghai."""


@pytest.mark.scenario("schedule-69")
async def test_whoever_runs_something_tomorrow_reads_who_is_expected_and_missing(tx: None, people: People) -> None:
    dance = await session(people, at(18, day=1), title="跳舞", title_en="Dance", places=4)
    await session(people, at(18, day=2))
    for person, state in ((people.bob, "confirmed"), (people.carol, "requested")):
        await sql.rows(
            "INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at) "
            "VALUES ($1, $2, (SELECT id FROM session_role WHERE session_id = $2), $3, $4, $5, $5)",
            uuid4(),
            dance.id,
            person.id,
            state,
            people.now,
        )
    await sql.rows("UPDATE session_role SET taken = 1 WHERE session_id = $1", dance.id)
    await sql.rows("UPDATE member SET summary_own = true WHERE id = $1", people.bob.id)
    await summaries.run(EVENING - timedelta(seconds=1))
    assert await told(people.alice.id) == []
    for minutes in (0, 5, 200):
        await summaries.run(EVENING + timedelta(minutes=minutes))
    [run], [own] = await told(people.alice.id), await told(people.bob.id)
    letters = [post.read(one["kind"], one["facts"], "en") for one in (run, own)]
    assert letters[0].title == "What you run tomorrow, Fri 27 Nov"
    assert letters[0].text == "18:00–19:30 Dance, Yard – expected: 1; places still free: 3; requests to decide: 1"
    assert (letters[1].title, letters[1].text) == ("What you have tomorrow, Fri 27 Nov", "18:00–19:30 Dance, Yard")
    assert run["useful_until"] == EVENING + timedelta(hours=4), "after midnight tomorrow is another day"


async def test_who_runs_nothing_or_does_not_want_it_is_left_alone(tx: None, people: People) -> None:
    await session(people, at(18, day=1))
    await sql.rows("UPDATE member SET summary_run = false WHERE id = $1", people.alice.id)
    assert await summaries.run(EVENING) == 0


@pytest.mark.scenario("schedule-69")
@pytest.mark.parametrize("changes_on", [date(2026, 10, 25), date(2027, 3, 28)])
async def test_once_a_day_on_both_days_on_which_the_clocks_change(tx: None, people: People, changes_on: date) -> None:
    zone = ZoneInfo("Europe/Berlin")
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin'")
    every_day = await session(people)
    noon = datetime.combine(changes_on - timedelta(days=1), datetime.min.time(), zone).astimezone(UTC) + timedelta(hours=12)
    for halves in range(2 * 24 * 3):
        now = noon + timedelta(minutes=30 * halves)
        tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)
        await sql.rows(
            "UPDATE session SET starts_at = $2::timestamptz + interval '10 h', ends_at = $2::timestamptz + interval '11 h', "
            "opens_at = $2, closes_at = $2::timestamptz + interval '12 h' WHERE id = $1",
            every_day.id,
            tomorrow,
        )
        await sql.rows("UPDATE activity SET time_zone = 'Europe/Berlin'")
        await summaries.run(now)
        await deliveries.put_away(now)
    written = [one["due_at"].astimezone(zone) for one in await told(people.alice.id, "day_run")]
    assert [one.date() for one in written] == [changes_on + timedelta(days=n) for n in (-1, 0, 1)]
    assert {one.hour for one in written} == {20}
