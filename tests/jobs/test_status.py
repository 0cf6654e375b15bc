"""The page, the API and the doctor say of every job when it ran, what it did and what it could not do."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from schedules import sql
from tests.given import People
from tests.jobs.notes import promise, told
from timebank import doctor
from timebank.jobs import items, runs, watch
from timebank.jobs.runs import Periodic
from timebank.settings import Settings


async def seven(now: datetime) -> int:
    return 7


REMIND = Periodic("remind", timedelta(seconds=30), seven)


async def begin(settings: Settings, now: datetime) -> None:
    """All jobs are known, reminders ran and an hour has passed for the ledger's proof."""
    await runs.register(watch.watched(settings))
    await runs.run_if_due(REMIND, now)


@pytest.mark.scenario("schedule-104")
async def test_the_status_shows_every_job_with_its_start_success_items_and_next_time(
    tx: None, client: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    await begin(settings, now)
    client.headers.update(people.erin.bearer)
    jobs = {job["name"]: job for job in (await client.get("/api/v1/jobs")).json()["jobs"]}
    assert set(jobs) == {job.name for job in watch.watched(settings)}
    remind = jobs["remind"]
    assert remind["handled"] == 7
    assert remind["started_at"] <= remind["succeeded_at"] < remind["due_at"]
    assert jobs["prove ledger"]["started_at"] is None
    assert not any(job["is_overdue"] for job in jobs.values())


@pytest.mark.scenario("schedule-104", "schedule-108")
async def test_the_page_puts_what_stands_still_first_and_lists_what_failed(
    tx: None, client: httpx.AsyncClient, people: People, settings: Settings, now: datetime
) -> None:
    client.headers["accept"] = "text/html"
    people.erin.sign_in(client)
    assert "No job has run yet" in (await client.get("/office/jobs")).text
    await begin(settings, now)
    assert "Everything runs." in (await client.get("/office/jobs")).text
    await sql.rows(
        "UPDATE job_run SET known_at = known_at - interval '2 hours 1 minute', succeeded_at = NULL WHERE name = 'remind'"
    )
    await items.note("remind", "session_reminder:1", ValueError("no such hour"), now)
    page = (await client.get("/office/jobs")).text
    assert "1 job stands still." in page
    assert page.index("Reminders before the start") < page.index("Prove the ledger")
    assert "ValueError: no such hour" in page
    assert (await client.get("/health/ready")).json()["overdue_jobs"] == ["remind"]
    people.alice.sign_in(client)
    assert (await client.get("/office/jobs")).status_code == 403


async def test_only_who_looks_after_the_whole_sees_it(tx: None, client: httpx.AsyncClient, people: People) -> None:
    await sql.rows("UPDATE role_grant SET community_id = $1 WHERE member_id = $2", people.community, people.erin.id)
    client.headers.update(people.erin.bearer)
    assert (await client.get("/api/v1/jobs")).status_code == 403


async def test_a_message_that_was_given_up_can_be_sent_again(
    tx: None, client: httpx.AsyncClient, people: People, now: datetime
) -> None:
    await promise(people.bob, now)
    await sql.rows("UPDATE message SET state = 'failed', attempts = 12, last_error = 'NotSent: the gateway answered 503'")
    message = (await told(people.bob.id))[0]["id"]
    people.erin.sign_in(client)
    page = await client.get("/office/jobs", headers={"accept": "text/html"})
    assert "the gateway answered 503" in page.text
    assert (await client.post(f"/office/messages/{message}/send-again")).status_code == 303
    assert (await told(people.bob.id))[0]["state"] == "pending"
    assert (await client.post(f"/api/v1/messages/{message}/send-again")).status_code == 404


async def test_the_doctor_names_the_jobs_that_stand_still(committed: str, settings: Settings, now: datetime) -> None:
    async def said() -> list[str]:
        return [str(each) for each in await doctor.examine(settings) if each.what.startswith(("jobs ", "every job"))]

    await begin(settings, now)
    assert await said() == ["✓ every job ran when it should"]
    await items.note("remind", "a", ValueError("no"), now)
    assert (await said())[0].startswith("! jobs could not do 1 items")
    await sql.rows("UPDATE job_run SET succeeded_at = succeeded_at - interval '1 day' WHERE name = 'remind'")
    assert (await said())[0].startswith("✗ jobs stand still: remind")
