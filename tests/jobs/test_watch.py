"""A job that stands still raises one alarm, from a process that it does not run in, and the next success ends it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from schedules import sql
from tests.given import People
from tests.jobs.notes import by_webhook, told
from tests.people.gateways import gateway
from tests.races.crowd import beside
from timebank.jobs import periodic, runs, watch
from timebank.jobs.runs import Periodic
from timebank.people import senders
from timebank.settings import Settings
from timebank.web import job_names, post


async def idle(now: datetime) -> int:
    return 0


GENERATE = Periodic("generate sessions", timedelta(hours=1), idle)
TICK = Periodic("tick", timedelta(seconds=10), idle)


@pytest.fixture
def two_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "watched", lambda chosen: [GENERATE, TICK])


async def later(**passed: float) -> None:
    """Time passes for everything that is written about jobs."""
    await sql.rows(
        "UPDATE job_run SET known_at = known_at - $1::interval, started_at = started_at - $1::interval, "
        "succeeded_at = succeeded_at - $1::interval, failed_at = failed_at - $1::interval, alarm_at = alarm_at - $1::interval",
        timedelta(**passed),
    )


async def begin(settings: Settings) -> None:
    await runs.register(watch.watched(settings))


@pytest.mark.scenario("schedule-105", "schedule-10")
async def test_an_overdue_generator_raises_one_alarm_until_it_runs_again(
    tx: None, people: People, settings: Settings, now: datetime, two_jobs: None
) -> None:
    await begin(settings)
    await runs.run_if_due(GENERATE, now)
    await later(minutes=119)
    await runs.beat("tick")
    assert await watch.look(now, settings) == []
    await later(minutes=1, seconds=1)
    await runs.beat("tick")
    with capture_logs() as logs:
        assert [await watch.look(now, settings) for _ in range(3)] == [["generate sessions"], [], []]
    assert [entry["job"] for entry in logs if "overdue" in entry["event"]] == ["generate sessions"]
    await later(minutes=60)
    await runs.beat("tick")
    assert await watch.look(now, settings) == ["generate sessions"], "again at the set interval, and no sooner"
    assert await runs.run_if_due(GENERATE, now)
    assert await watch.look(now, settings) == []
    assert [one["kind"] for one in await told(people.erin.id)] == ["job_overdue", "job_overdue", "job_well"]
    assert await sql.value("SELECT alarms FROM job_run WHERE name = 'generate sessions'") == 0


@pytest.mark.scenario("schedule-106", "schedule-72")
async def test_the_alarm_reaches_a_phone_from_the_process_that_saw_it(
    tx: None, people: People, settings: Settings, now: datetime, two_jobs: None
) -> None:
    """The job that delivers may be the very one that stands still: whoever raises the alarm sends it."""
    await begin(settings)
    await later(hours=1)
    async with gateway() as phone:
        assert await watch.look(now, by_webhook(settings, phone.url)) == ["tick"]
        await senders.close()
    assert [(body["phone"], body["kind"]) for body in phone.bodies] == [(people.erin.phone, "job_overdue")]
    assert phone.bodies[0]["link"] == "http://testserver/office/jobs"


@pytest.mark.scenario("schedule-106")
async def test_a_dead_process_is_missed_by_the_others(tx: None, people: People, settings: Settings, now: datetime) -> None:
    await begin(settings)
    names = [job.name for job in watch.watched(settings)]
    await later(seconds=100)
    for name in names:
        if name != "process worker":
            await runs.beat(name)
    assert await watch.look(now, settings) == ["process worker"]


async def test_a_dead_sweeper_is_one_message_and_not_one_for_each_of_its_jobs(
    tx: None, people: People, settings: Settings, now: datetime
) -> None:
    await begin(settings)
    for minutes in (2, 3, 120):
        await later(minutes=minutes)
        for name in ("process api", "process worker"):
            await runs.beat(name)
        await sql.rows("UPDATE job_run SET alarm_at = clock_timestamp() WHERE alarm_at IS NOT NULL")
        await watch.look(now, settings)
    [alarm] = await told(people.erin.id)
    words = post.read(alarm["kind"], alarm["facts"], "en")
    assert words.title == "Something in the time bank stands still: Process: sweeper"
    assert await sql.value("SELECT count(*) FROM job_run WHERE alarm_at IS NOT NULL") > 15
    for job in watch.watched(settings):
        await runs.beat(job.name)
    await watch.look(now, settings)
    assert [one["kind"] for one in await told(people.erin.id)] == ["job_overdue", "job_well"]


@pytest.mark.scenario("schedule-106")
async def test_a_process_beats_and_watches_while_it_lives_and_survives_postgres_being_away(
    tx: None, people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    seen = asyncio.Event()

    async def look(now: datetime, chosen: Settings) -> list[str]:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise OSError("PostgreSQL is away")
        seen.set()
        return []

    monkeypatch.setattr(watch, "EVERY", timedelta(milliseconds=1))
    monkeypatch.setattr(watch, "look", look)
    task = asyncio.create_task(watch.keep_watching("api", settings))
    await asyncio.wait_for(seen.wait(), 5)
    task.cancel()
    await asyncio.wait([task])
    assert await sql.value("SELECT succeeded_at FROM job_run WHERE name = 'process api'") is not None


@pytest.mark.scenario("schedule-105")
async def test_several_processes_that_look_at_once_raise_one_alarm(
    committed: str, people: People, settings: Settings, now: datetime, two_jobs: None
) -> None:
    await begin(settings)
    await later(hours=1)
    raised = await asyncio.gather(*(beside(watch.look(now, settings)) for _ in range(4)))
    assert sorted(len(each) for each in raised) == [0, 0, 0, 1]
    assert len(await told(people.erin.id)) == 1


async def test_a_job_that_never_ran_is_missed_and_one_of_an_older_release_is_not(
    tx: None, people: People, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "watched", lambda chosen: [GENERATE, TICK])
    await begin(settings)
    await later(hours=3)
    monkeypatch.setattr(watch, "watched", lambda chosen: [TICK])
    await begin(settings)
    assert await watch.look(now, settings) == ["tick"]


@pytest.mark.scenario("schedule-107")
async def test_a_job_that_fails_is_run_again_soon_however_seldom_it_comes(tx: None, now: datetime) -> None:
    ran: list[str] = []

    async def fails_once(at: datetime) -> int:
        ran.append("ran")
        if len(ran) == 1:
            raise ZeroDivisionError("half-way")
        return 1

    job = Periodic("hourly", timedelta(hours=1), fails_once)
    with pytest.raises(ZeroDivisionError):
        await runs.run_if_due(job, now)
    await later(minutes=4)
    assert await runs.due([job]) == []
    await later(minutes=1)
    assert await runs.due([job]) == [job]
    assert await runs.run_if_due(job, now)
    await later(minutes=5)
    assert not await runs.run_if_due(job, now)


@pytest.mark.scenario("schedule-104")
def test_every_periodic_job_is_watched_and_named_in_both_languages(settings: Settings) -> None:
    watched: list[Any] = watch.watched(settings)
    assert {job.name for job in watched} >= {job.name for job in periodic.TABLE} | {"credit points", "process worker"}
    assert [job.name for job in watched if job.name not in job_names.NAMES] == [], "name it in timebank/web/job_names.py"
    assert [name for name in job_names.NAMES if job_names.told(name, "zh") == job_names.told(name, "en")] == []
