"""Worker, sweeper and servers as processes that die at the worst moment."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from arq.connections import ArqRedis
from arq.constants import in_progress_key_prefix

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.races.crowd import beside
from timebank.database import transaction
from timebank.jobs import sweep
from timebank.outbox import bell, intents
from timebank.points import reconcile
from timebank.settings import Settings

pytestmark = pytest.mark.fault

WORK = "from timebank.worker import main; main()"
SWEEP = "from timebank.jobs.sweep import main; main()"
DIE_AFTER_COMMIT = """
import os, signal
from timebank.outbox import intents
keep_many = intents.keep_many
async def keep_and_die(*asked):
    await keep_many(*asked)
    os.kill(os.getpid(), signal.SIGKILL)
intents.keep_many = keep_and_die
"""
"""The worker commits and dies before arq hears that the job is done."""

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(chosen: Settings, tmp_path: Path) -> Iterator[Start]:
    """Starts Python programs that are killed when the test ends."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TIMEBANK_")} | {
        "TIMEBANK_MODE": "test",
        "TIMEBANK_DATABASE_URL": chosen.database_url,
        "TIMEBANK_REDIS_URL": chosen.redis_url,
        "TIMEBANK_SECRET": chosen.secret,
    }
    started: list[subprocess.Popen[bytes]] = []

    def begin(program: str) -> subprocess.Popen[bytes]:
        log = (tmp_path / f"{len(started)}.log").open("wb")
        started.append(subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=log, stderr=log))
        log.close()
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


async def done(promise: UUID, within: float) -> float:
    """Seconds until a promise is kept."""
    started = time.monotonic()
    while await sql.value("SELECT state FROM intent WHERE id = $1", promise) != "done":
        assert time.monotonic() - started < within, await sql.rows("SELECT state, last_error FROM intent")
        await asyncio.sleep(0.02)
    return time.monotonic() - started


async def ended(process: subprocess.Popen[bytes], within: float = 20) -> int:
    return await asyncio.to_thread(process.wait, within)


async def at_work(process: subprocess.Popen[bytes], folk: People) -> None:
    """The worker or sweeper has started: it has kept a promise of Dan's."""
    promise = await purse.promised(folk.dan, 1)
    bell.ring(promise)
    await done(promise, 40)
    assert process.poll() is None


@pytest_asyncio.fixture(loop_scope="session")
async def deaf(queue: ArqRedis) -> None:
    """Redis has gone for this process: the bell rings into nothing."""
    await bell.close()
    await bell.open("unix:///no/such/socket")


@pytest.mark.scenario("ledger-28")
async def test_without_redis_the_points_arrive_through_the_sweeper(folk: People, deaf: None, start: Start) -> None:
    sweeper = start(SWEEP)
    await at_work(sweeper, folk)
    promise = await purse.promised(folk.bob, 1)
    bell.ring(promise)
    assert await done(promise, 20) < 3
    assert await purse.available(folk.bob) == 1


@pytest.mark.scenario("ledger-30")
async def test_a_worker_killed_after_its_commit_has_done_its_work(folk: People, queue: ArqRedis, start: Start) -> None:
    promise = await purse.promised(folk.bob, 1)
    job = await queue.enqueue_job(bell.JOB, [str(promise)])
    assert job is not None
    assert await ended(start(DIE_AFTER_COMMIT + WORK), 60) == -signal.SIGKILL
    assert await queue.zcard(bell.QUEUE) == 1, "arq believes that it is still to be done"
    await queue.delete(in_progress_key_prefix + job.job_id)  # instead of waiting for 20 s
    second = start(WORK)
    await at_work(second, folk)
    while await queue.zcard(bell.QUEUE):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    assert await purse.available(folk.bob) == 1
    assert await sql.value("SELECT count(*) FROM transfer WHERE id = $1", promise) == 1


@pytest.mark.scenario("ledger-31")
async def test_a_worker_killed_before_its_commit_leaves_the_promise_to_the_sweeper_at_once(
    folk: People, queue: ArqRedis, start: Start
) -> None:
    """guards A3: nobody waits for arq's own time-out."""
    worker, sweeper = start(WORK), start(SWEEP)
    await at_work(worker, folk)
    await at_work(sweeper, folk)
    async with transaction():
        # Nobody can finish: whoever has the promise waits for the wallet.
        promise = await beside(purse.promised(folk.bob, 1))
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        bell.ring(promise)
        await asyncio.sleep(0.5)
        worker.kill()
        await ended(worker)
    assert await done(promise, 20) < 3
    assert await purse.available(folk.bob) == 1


@pytest.mark.scenario("ledger-35")
async def test_after_an_hour_without_sweeper_and_redis_all_is_kept_once(folk: People, deaf: None, start: Start) -> None:
    promises = [await purse.promised(folk.bob, 1) for _ in range(30)]
    await sql.rows("UPDATE intent SET next_at = next_at - interval '10 minutes', due_at = due_at - interval '10 minutes'")
    assert 600 <= (await intents.backlog()).oldest_seconds < 700
    start(SWEEP)
    for promise in promises:
        await done(promise, 40)
    assert await purse.available(folk.bob) == 30
    assert await sql.value("SELECT count(*) FROM transfer") == 30


async def test_a_worker_asked_to_stop_finishes_what_it_has(folk: People, queue: ArqRedis, start: Start) -> None:
    """guards A9"""
    worker = start(WORK)
    await at_work(worker, folk)
    promise = await purse.promised(folk.bob, 1)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        bell.ring(promise)
        while not await queue.keys(f"{in_progress_key_prefix}*"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        worker.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        assert worker.poll() is None, "it waits for the job in its hands"
    assert await ended(worker) == 0
    assert await sql.value("SELECT state FROM intent WHERE id = $1", promise) == "done"
    assert await queue.zcard(bell.QUEUE) == 0, "nothing is left to be run a second time"


async def test_a_worker_killed_three_times_over_one_promise_does_not_bury_it(
    folk: People, queue: ArqRedis, start: Start
) -> None:
    """guards A5"""
    promise = await purse.promised(folk.bob, 1)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        job = await queue.enqueue_job(bell.JOB, [str(promise)])
        assert job is not None
        for _ in range(3):
            worker = start(WORK)
            while not await queue.exists(in_progress_key_prefix + job.job_id):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            worker.kill()
            await ended(worker)
            await queue.delete(in_progress_key_prefix + job.job_id)
    start(WORK)
    await done(promise, 40)
    assert await purse.available(folk.bob) == 1


@pytest.mark.scenario("ledger-78")
async def test_redemption_needs_neither_redis_nor_worker_nor_sweeper(folk: People, deaf: None) -> None:
    shelf = await purse.shelf(folk, 1)
    await purse.earn(folk.bob, 10)
    async with transaction():
        receipt = await shelf.redeem(folk.bob, at=None)
    assert (receipt.balance_after, await shelf.count()) == (0, 0)
    async with transaction():
        assert (await reconcile.check()).findings == []


async def test_a_sweeper_asked_to_stop_ends_well(folk: People, deaf: None, start: Start) -> None:
    sweeper = start(SWEEP)
    await at_work(sweeper, folk)
    sweeper.send_signal(signal.SIGTERM)
    assert await ended(sweeper) == 0
    assert sweep.EVERY < 1
