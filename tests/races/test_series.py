"""Two workers make the sessions of one series; members sign up while a series changes."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from schedules import series, sessions, sql
from schedules.errors import Refusal
from tests.given import People
from tests.schedule import given, repeats
from timebank.actions.activities.plan_series import revise_series
from timebank.actions.signups.sign_up import sign_up
from timebank.jobs import generate_sessions

pytestmark = pytest.mark.usefixtures("committed")


@pytest.mark.scenario("schedule-9")
async def test_two_generators_at_once_make_every_date_once(people: People) -> None:
    room = await given.room(people)
    ids = [await repeats.choir(people, space_id=room, place="Gate"), await repeats.choir(people)]
    for weeks in (0, 2):
        now = people.now + timedelta(weeks=weeks)
        await asyncio.gather(*(generate_sessions.generate(now, order) for order in (ids, ids[::-1], ids)))
    for series_id in ids:
        found = await sessions.of_series(series_id, people.now)
        assert len(found) == len({one.original_start for one in found}) == 10
    assert await sql.value("SELECT count(*) FROM occupancy WHERE active AND kind = 'session'") == 10
    assert not await sql.rows("SELECT 1 FROM job_failure")


@pytest.mark.scenario("schedule-14")
async def test_who_signs_up_while_the_rule_changes_keeps_a_session_or_is_refused(people: People) -> None:
    for _ in range(4):
        series_id = await repeats.choir(people)
        await generate_sessions.generate(people.now, [series_id])
        found = await sessions.of_series(series_id, people.now)
        wanted = msgspec.structs.replace((await series.find(series_id)).template, rule="FREQ=WEEKLY;BYDAY=WE")
        answers = await asyncio.gather(
            revise_series(people.alice.caller, series_id, wanted, None, people.now),
            *(sign_up(person.caller, one.id, people.now) for person, one in ((people.bob, found[0]), (people.carol, found[1]))),
            return_exceptions=True,
        )
        assert all(isinstance(answer, Refusal) or not isinstance(answer, BaseException) for answer in answers), answers
        stray = await sql.rows(
            "SELECT 1 FROM signup u JOIN session s ON s.id = u.session_id WHERE u.state = 'confirmed' AND s.is_dropped"
        )
        assert not stray
        await sql.rows("UPDATE signup SET state = 'withdrawn'")
