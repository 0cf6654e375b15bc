"""Tasks without a fixed hour: taken without a clash, dated when both agree, nobody missed before the last day is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from schedules import absences, sessions, sql, tasks
from schedules.answers import Collides
from schedules.errors import Malformed
from schedules.tasks import NotTaken, Task, TaskFull, TaskOver, TaskTaken, Wanted
from tests.given import People
from tests.schedule import given
from tests.schedule.given import at
from tests.schedule.test_pages import sent, shown
from timebank.web import clock

pytestmark = pytest.mark.usefixtures("tx")
DECEMBER = Wanted(
    name="扫雪", name_en="Clear snow", minutes=180, first_on=date(2026, 12, 1), last_on=date(2026, 12, 31), place="Gate"
)
SATURDAY = datetime(2026, 12, 5, 9)  # noqa: DTZ001


@pytest.fixture(autouse=True)
def _today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


async def offered(people: People, **changes: Any) -> Task:
    session = await given.session(people, at(9, 3, day=9), signup_before=60)
    made = await tasks.plan(session.activity_id, msgspec.structs.replace(DECEMBER, **changes), people.alice.id, people.now)
    return await tasks.find(made)


@pytest.mark.scenario("schedule-19")
async def test_a_task_clashes_with_nothing_until_a_time_is_agreed_and_then_it_does(people: People) -> None:
    task = await offered(people)
    await tasks.take(task.id, people.bob.id, SATURDAY, people.now)
    busy = await given.session(people, at(9, 3, day=9))
    await given.sign_up(people.bob, busy, people.now)  # no clash: nothing is dated yet
    with pytest.raises(Collides):
        async with sql.savepoint():
            await tasks.agree(task.id, people.bob.id, SATURDAY, people.alice.id, people.now)
    made = await tasks.agree(task.id, people.bob.id, SATURDAY + timedelta(days=1), people.alice.id, people.now)
    assert (made.minutes, made.taken, made.roles[0].places, made.place) == (180, 1, 1, "Gate")
    at_the_same_time = await given.session(people, at(10, day=10))
    with pytest.raises(Collides):
        await given.sign_up(people.bob, at_the_same_time, people.now)


@pytest.mark.scenario("schedule-19")
async def test_nobody_is_missed_before_the_last_day_of_the_task_is_over(people: People) -> None:
    task = await offered(people)
    await tasks.take(task.id, people.bob.id, None, people.now)
    made = await tasks.agree(task.id, people.bob.id, SATURDAY, people.alice.id, people.now)
    assert made.id not in await absences.overdue(made.closes_at + timedelta(days=1))
    assert await absences.propose_absent(made.id, "roll_call", people.alice.id, made.closes_at + timedelta(days=1)) == []
    with pytest.raises(absences.NotOverYet):
        await absences.report(made.id, people.bob.id, people.alice.id, "not seen", made.closes_at + timedelta(days=1))
    assert made.id in await absences.overdue(task.over_at)
    assert len(await absences.propose_absent(made.id, "roll_call", people.alice.id, task.over_at)) == 1


async def test_one_place_goes_to_one_and_comes_back(people: People) -> None:
    task = await offered(people)
    await tasks.take(task.id, people.bob.id, None, people.now)
    with pytest.raises(TaskFull):
        await tasks.take(task.id, people.carol.id, None, people.now)
    with pytest.raises(TaskTaken):
        await tasks.take(task.id, people.bob.id, None, people.now)
    assert (await tasks.take(task.id, people.bob.id, SATURDAY, people.now)).takers[0].wish == SATURDAY
    assert [one.id for one in await tasks.of_person(people.bob.id, people.now)] == [task.id]
    assert (await tasks.give_back(task.id, people.bob.id, people.now)).left == 1
    with pytest.raises(NotTaken):
        await tasks.give_back(task.id, people.bob.id, people.now)
    with pytest.raises(NotTaken):
        await tasks.agree(task.id, people.bob.id, SATURDAY, people.alice.id, people.now)
    await tasks.take(task.id, people.carol.id, None, people.now)
    await tasks.end(task.id, people.now)
    with pytest.raises(TaskOver):
        await tasks.take(task.id, people.bob.id, None, people.now)


@pytest.mark.parametrize(
    "starts",
    [datetime(2026, 11, 30, 9), datetime(2026, 12, 31, 22), datetime(2027, 1, 1, 9)],  # noqa: DTZ001
)
async def test_a_time_outside_the_days_is_refused(people: People, starts: datetime) -> None:
    task = await offered(people)
    with pytest.raises(Malformed):
        await tasks.take(task.id, people.bob.id, starts, people.now)


@pytest.mark.parametrize(
    "changes",
    [
        {"last_on": date(2026, 11, 30)},
        {"last_on": date(2029, 1, 1)},
        {"first_on": date(2026, 1, 1), "last_on": date(2026, 2, 1)},
    ],
)
async def test_days_that_make_no_sense_are_refused(people: People, changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        await offered(people, **changes)


async def test_a_task_is_offered_taken_and_agreed_on_the_pages(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    page = f"/organise/activities/{session.activity_id}/tasks"
    form = {"name": "扫雪", "name_en": "Clear snow", "minutes": "180", "first_on": "2026-12-01", "last_on": "2026-12-31"}
    await sent(client, page, form | {"place": "Gate", "places": "1"}, people.alice)
    wrong = await sent(client, page, form | {"place": "", "places": "1"}, people.alice, 400)
    assert "Clear snow" in wrong.text
    (task,) = await tasks.of_activity(session.activity_id)
    theirs = f"/activities/{session.activity_id}/tasks"
    assert "do them when it suits you" in await shown(client, f"/activities/{session.activity_id}", people.bob)
    assert "3 h, some time from" in await shown(client, theirs, people.bob)
    await sent(client, f"{theirs}/take", {"task": str(task.id), "day": "2026-12-05", "time": "09:00"}, people.bob)
    assert "2026-12-05 09:00" in await shown(client, page, people.alice)
    agree = {"task": str(task.id), "person": str(people.bob.id), "day": "2026-12-05", "time": "10:00"}
    await sent(client, f"{page}/agree", agree | {"day": "soon"}, people.alice, 400)
    answer = await sent(client, f"{page}/agree", agree, people.alice)
    made = await sessions.one(UUID(answer.headers["location"].rsplit("/", 1)[1]))
    assert made.starts_at.isoformat() == "2026-12-05T02:00:00+00:00"
    kinds = [row["kind"] for row in await sql.rows("SELECT kind FROM message ORDER BY kind")]
    assert kinds == ["task_agreed", "task_taken"]
    assert "A time is agreed" in await shown(client, theirs, people.bob)


async def test_a_program_offers_takes_gives_back_and_ends_a_task(client: httpx.AsyncClient, people: People) -> None:
    session = await given.session(people)
    address = f"/api/v1/activities/{session.activity_id}/tasks"
    wanted = msgspec.to_builtins(DECEMBER)
    made = (await client.post(address, json=wanted, headers=people.alice.bearer)).json()
    assert (made["left"], made["taken_by"]) == (1, [])
    task = f"/api/v1/tasks/{made['id']}"
    taken = await client.post(f"{task}/take", json={"starts": "2026-12-05T09:00:00"}, headers=people.bob.bearer)
    assert (taken.json()["mine"], taken.json()["taken_by"]) == ("taken", [])
    full = await client.post(f"{task}/take", json={}, headers=people.carol.bearer)
    assert (full.status_code, full.json()["code"]) == (409, "task_full")
    assert (await client.post(f"{task}/agree", json={}, headers=people.bob.bearer)).status_code == 403
    back = await client.post(f"{task}/give-back", headers=people.bob.bearer)
    assert back.json()["left"] == 1
    await client.post(f"{task}/end", headers=people.alice.bearer)
    assert (await client.get(address, headers=people.bob.bearer)).json() == []
