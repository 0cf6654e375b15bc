"""arq as a doorbell: jobs come late, twice, broken or not at all, and every promise is kept once."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix, job_key_prefix
from arq.worker import Worker

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.races import crowd
from timebank import worker
from timebank.database import transaction
from timebank.jobs import periodic, sweep
from timebank.jobs.credit import credit
from timebank.outbox import bell, intents
from timebank.settings import Settings

pytestmark = pytest.mark.fault


class Staff:
    """Workers of this process, each as `timebank work` makes it but for its start and end."""

    def __init__(self, chosen: Settings) -> None:
        self.chosen = chosen

    def hire(self, **others: Any) -> Worker:
        usual: dict[str, Any] = {"handle_signals": False, "on_startup": None, "on_shutdown": None, "poll_delay": 0.02}
        return worker.make(self.chosen, **(usual | others))

    async def work(self, **others: Any) -> Worker:
        """Until the queue is empty."""
        hired = self.hire(burst=True, **others)
        await asyncio.wait_for(hired.async_run(), 20)
        await hired.pool.aclose()
        return hired


@pytest_asyncio.fixture(loop_scope="session")
async def staff(chosen: Settings, queue: ArqRedis) -> AsyncIterator[Staff]:
    yield Staff(chosen)


async def marked(queue: ArqRedis, job_id: str) -> None:
    """Until a worker has this job in hand."""
    while not await queue.exists(in_progress_key_prefix + job_id):  # noqa: ASYNC110  (another worker marks it)
        await asyncio.sleep(0.01)


async def ring(queue: ArqRedis, *ids: UUID) -> str:
    job = await queue.enqueue_job(bell.JOB, [str(one) for one in ids])
    assert job is not None
    return job.job_id


async def states() -> dict[str, int]:
    return {row["state"]: row["n"] for row in await sql.rows("SELECT state, count(*) AS n FROM intent GROUP BY state")}


async def test_a_ring_becomes_points(folk: People, queue: ArqRedis, staff: Staff) -> None:
    promise = await purse.promised(folk.bob, 1.5)
    bell.ring(promise)
    await asyncio.sleep(0.1)
    await staff.work()
    assert await purse.available(folk.bob) == 1.5


@pytest.mark.scenario("ledger-17")
async def test_a_job_delivered_five_times_to_two_workers_is_one_transfer(folk: People, queue: ArqRedis, staff: Staff) -> None:
    promises = [await purse.promised(folk.bob, 1) for _ in range(10)]
    for promise in promises * 5:
        await ring(queue, promise)
    await asyncio.gather(staff.work(), staff.work())
    assert await purse.available(folk.bob) == 10


@pytest.mark.parametrize(
    "run", [lambda ids: credit({}, ids), *[lambda _, job=job: job.run(purse.NOW) for job in periodic.TABLE]]
)
async def test_every_job_may_run_twice_in_a_row_and_twice_at_once(folk: People, run: Any) -> None:
    """guards A2"""
    promise = await purse.promised(folk.bob, 1)
    for _ in range(2):
        await run([str(promise)])
    await asyncio.gather(run([str(promise)]), run([str(promise)]))
    await intents.keep(promise)
    assert await purse.available(folk.bob) == 1


async def test_every_function_is_in_the_worker_and_none_may_take_longer(staff: Staff) -> None:
    """guards A3"""
    hired = staff.hire()
    assert set(hired.functions) == {bell.JOB}
    assert {function.timeout_s or hired.job_timeout_s for function in hired.functions.values()} == {worker.TIME_LIMIT}
    assert hired.in_progress_timeout_s == worker.TIME_LIMIT + 10
    assert hired.max_jobs <= worker.POOL
    assert (hired.keep_result_s, hired.queue_name, hired.health_check_interval) == (0, bell.QUEUE, 15)
    assert not hired.allow_abort_jobs
    assert hired.queue_name != "arq:queue"


async def test_what_fails_in_the_worker_is_kept_by_the_sweeper(
    folk: People, queue: ArqRedis, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """guards A4"""
    promise = await purse.promised(folk.bob, 1)
    await ring(queue, promise)

    async def fail(*_: object) -> None:
        raise ConnectionResetError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(intents, "keep_many", fail)
        await staff.work()
    assert await states() == {"pending": 1}
    await sql.rows("UPDATE intent SET next_at = clock_timestamp() - interval '2 seconds'")
    await sweep.sweep()
    assert await purse.available(folk.bob) == 1


async def test_a_job_that_failed_for_good_can_be_rung_again(
    folk: People, queue: ArqRedis, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """guards A6"""
    promise = await purse.promised(folk.bob, 1)
    await ring(queue, promise)

    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(intents, "keep_many", fail)
        assert (await staff.work()).jobs_failed == 1
    assert await queue.keys("arq:*") == [], "nothing is left that could stand in the way"
    await ring(queue, promise)
    await staff.work()
    assert await purse.available(folk.bob) == 1


async def test_a_job_killed_again_and_again_is_not_given_up(folk: People, queue: ArqRedis, staff: Staff) -> None:
    """guards A5"""
    promise = await purse.promised(folk.bob, 1)
    job_id = await ring(queue, promise)
    await queue.set(f"arq:retry:{job_id}", 20)  # so many workers died over it
    await staff.work()
    assert await purse.available(folk.bob) == 1


@pytest.mark.scenario("ledger-29")
async def test_a_job_that_lost_its_mark_while_running_is_run_twice_and_kept_once(
    folk: People, queue: ArqRedis, staff: Staff
) -> None:
    """guards A7"""
    promise = await purse.promised(folk.bob, 1)
    job_id = await ring(queue, promise)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        first = crowd.beside(staff.work())
        await marked(queue, job_id)
        await queue.delete(in_progress_key_prefix + job_id)
        second = crowd.beside(staff.work())
        await marked(queue, job_id)
    await asyncio.gather(first, second)
    assert await purse.available(folk.bob) == 1


@pytest.mark.scenario("ledger-29")
async def test_after_flushall_the_sweeper_keeps_what_waited(folk: People, queue: ArqRedis, staff: Staff) -> None:
    promises = [await purse.promised(folk.bob, 1) for _ in range(100)]
    for promise in promises:
        await ring(queue, promise)
    working = asyncio.create_task(staff.work())
    await asyncio.sleep(0.03)
    await queue.flushall()
    await working
    await sql.rows("UPDATE intent SET next_at = next_at - interval '2 seconds' WHERE state = 'pending'")
    await sweep.sweep()
    assert await states() == {"done": 100}
    assert await purse.available(folk.bob) == 100


@pytest.mark.scenario("ledger-38", "schedule-109")
async def test_a_queue_from_an_old_snapshot_moves_nothing(folk: People, queue: ArqRedis, staff: Staff) -> None:
    promises = [await purse.promised(folk.bob, 1) for _ in range(5)]
    for promise in promises:
        await ring(queue, promise)
    snapshot = {key: await queue.dump(key) for key in await queue.keys("*")}
    await staff.work()
    await queue.flushall()
    for key, value in snapshot.items():
        await queue.restore(key, 0, value)
    assert (await staff.work()).jobs_complete == 5
    assert await purse.available(folk.bob) == 5
    assert await sql.value("SELECT count(*) FROM transfer") == 5


async def test_a_pickled_job_is_refused_and_the_worker_lives(
    folk: People, queue: ArqRedis, staff: Staff, caplog: pytest.LogCaptureFixture
) -> None:
    """guards A14"""
    promise = await purse.promised(folk.bob, 1)
    job_id = uuid4().hex
    payload = pickle.dumps({"t": None, "f": bell.JOB, "a": ([str(promise)],), "k": {}, "et": 0})
    await queue.set(job_key_prefix + job_id, payload)
    await queue.zadd(bell.QUEUE, {job_id: 1})
    await ring(queue, promise)
    hired = await staff.work()
    assert (hired.jobs_failed, hired.jobs_complete) == (1, 1)
    assert f"deserializing job {job_id} failed" in caplog.text
    assert await purse.available(folk.bob) == 1


async def test_a_job_with_nonsense_in_it_is_refused_and_the_worker_lives(folk: People, queue: ArqRedis, staff: Staff) -> None:
    await queue.enqueue_job(bell.JOB, ["no id"])
    await queue.enqueue_job(bell.JOB, 7)
    await queue.enqueue_job("no_such_job", [])
    promise = await purse.promised(folk.bob, 1)
    await ring(queue, promise, uuid4())
    hired = await staff.work()
    assert (hired.jobs_failed, hired.jobs_complete) == (3, 1)
    assert await purse.available(folk.bob) == 1


async def test_a_worker_that_hangs_is_seen_by_the_age_of_the_oldest_promise(
    folk: People, queue: ArqRedis, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """guards A13"""
    await ring(queue, await purse.promised(folk.bob, 1))

    async def hang(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(intents, "keep_many", hang)
    hired = staff.hire()
    working = asyncio.create_task(hired.async_run())
    try:
        while not await queue.get(f"{bell.QUEUE}:health-check"):  # noqa: ASYNC110  (arq says that all is well)
            await asyncio.sleep(0.05)
        await sql.rows("UPDATE intent SET next_at = next_at - interval '60 seconds', due_at = due_at - interval '60 seconds'")
        assert (await intents.backlog()).oldest_seconds > periodic.ALARM_SECONDS
    finally:
        working.cancel()
        for job in hired.job_tasks.values():
            job.cancel()
        await asyncio.gather(working, *hired.tasks.values(), return_exceptions=True)
        await hired.pool.aclose()


async def test_a_ring_is_answered_before_the_sweeper_would_look(folk: People, queue: ArqRedis, staff: Staff) -> None:
    hired = staff.hire(poll_delay=worker.POLL)
    working = asyncio.create_task(hired.async_run())
    waits = []
    for _ in range(5):
        promise = await purse.promised(folk.bob, 1)
        rung_at = time.monotonic()
        bell.ring(promise)
        while await sql.value("SELECT state FROM intent WHERE id = $1", promise) != "done":
            await asyncio.sleep(0.01)
            assert time.monotonic() - rung_at < 2
        waits.append(time.monotonic() - rung_at)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await hired.pool.aclose()
    assert sorted(waits)[2] < sweep.OLD, waits
