"""The bell delays nobody and loses nothing that the sweeper does not find."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from arq.connections import ArqRedis

from timebank import servers
from timebank.outbox import bell

pytestmark = pytest.mark.fault


async def rung(queue: ArqRedis, at_least: int = 1) -> list[str]:
    """The ids that wait in the queue, once so many have arrived."""
    for _ in range(100):
        jobs = await queue.queued_jobs()
        ids = [one for job in jobs for one in job.args[0]]
        if len(ids) >= at_least:
            return ids
        await asyncio.sleep(0.02)
    raise AssertionError(f"{len(ids)} of {at_least} arrived")


@pytest_asyncio.fixture(loop_scope="session")
async def hanging(running: servers.Running) -> AsyncIterator[None]:
    """Redis takes connections and answers nothing."""
    assert running.valkey is not None
    assert running.valkey.process is not None
    os.kill(running.valkey.process.pid, signal.SIGSTOP)
    yield
    os.kill(running.valkey.process.pid, signal.SIGCONT)


async def test_a_ring_arrives(queue: ArqRedis) -> None:
    before = bell.missed()
    intent = uuid4()
    bell.ring(intent)
    assert await rung(queue) == [str(intent)]
    assert bell.missed() == before


async def test_rings_that_come_together_travel_together(queue: ArqRedis) -> None:
    intents = [uuid4() for _ in range(1200)]
    for intent in intents:
        bell.ring(intent)
    assert sorted(await rung(queue, 1200)) == sorted(map(str, intents))
    assert len(await queue.queued_jobs()) <= 4


@pytest.mark.scenario("ledger-3")
async def test_a_hanging_redis_keeps_nobody_waiting(queue: ArqRedis, hanging: None) -> None:
    before = bell.missed()
    started = time.monotonic()
    for _ in range(100):
        bell.ring(uuid4())
    assert time.monotonic() - started < 0.02
    await asyncio.sleep(bell.LONGEST + 0.2)
    assert bell.missed() - before == 100


async def test_rings_do_not_pile_up_without_bound(queue: ArqRedis, hanging: None) -> None:
    before = bell.missed()
    for _ in range(bell.MOST_WAITING + 50):
        bell.ring(uuid4())
    assert bell.missed() - before == 50


async def test_the_bell_is_heard_again_after_redis_was_started_again(queue: ArqRedis, running: servers.Running) -> None:
    bell.ring(uuid4())
    await rung(queue)
    assert running.valkey is not None
    for _ in range(3):
        await asyncio.to_thread(running.valkey.stop)
        running.valkey.start()
        await queue.flushall()
        before = bell.missed()
        intent = uuid4()
        bell.ring(intent)
        assert await rung(queue) == [str(intent)]
        assert bell.missed() == before


async def test_a_process_without_redis_starts_rings_and_stops(queue: ArqRedis) -> None:
    await bell.close()
    for url in ("", "redis://127.0.0.1:1", "unix:///no/such/socket"):
        before = bell.missed()
        await bell.open(url)
        bell.ring(uuid4())
        await asyncio.sleep(0.05)
        await bell.close()
        assert bell.missed() - before == 1


async def test_what_was_put_down_last_still_goes_when_the_process_ends(queue: ArqRedis) -> None:
    intent = uuid4()
    bell.ring(intent)
    await bell.close()
    assert await rung(queue) == [str(intent)]
