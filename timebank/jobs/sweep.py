"""`timebank sweep`: finishes what arq lost, without Redis, and runs the periodic jobs.

Each unit of work runs in a task of its own, so that a connection lost in one leaves nothing behind for the next (P2). Whether
the sweeper lives is told by the age of the oldest promise that is due, not by its process (A13).
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog

from timebank import database, logs, settings
from timebank.jobs import periodic, runs, watch
from timebank.jobs.credit import UNREACHABLE
from timebank.jobs.runs import Periodic
from timebank.outbox import intents
from timebank.people import keys, senders
from timebank.settings import Settings
from timebank.web import clock

POOL = 4
"""Connections: one for the promises, two for jobs that come often, one for those that come seldom."""
EVERY = 0.5
"""Seconds between two looks."""
OLD = 1.0
"""Seconds that a promise is left to the worker."""
OFTEN = timedelta(minutes=1)
"""A job that comes every minute or more often waits for no slower one."""
LONGEST = 300.0
"""Seconds that a job may take; what it has done stays done, and its next run does the rest."""
TO_FINISH = 15.0
"""Seconds for what runs when the process is asked to stop."""
BEAT = 10.0
AT_ONCE = 200
AGAIN_AT_ONCE = 50

_noted_at, _kept, _swept = 0.0, 0, False
"""When the last beat was noted, what was kept since, and whether the last look succeeded."""

T = TypeVar("T")

log = structlog.get_logger()


def main() -> int:
    """Runs until SIGTERM; finishes the unit in its hands."""
    chosen = settings.read()
    logs.configure(chosen)
    clock.use(chosen)
    keys.use(chosen.secret)
    asyncio.run(run(chosen))
    return 0


async def run(chosen: Settings) -> None:
    """The loops, until a signal."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _open_pool(stop)
    lanes = Lanes()
    watching = asyncio.create_task(watch.keep_watching("sweeper", chosen))
    try:
        await asyncio.gather(_repeat(sweep, stop), _repeat(lanes.start_due, stop))
        await lanes.finish()
    finally:
        watching.cancel()
        await senders.close()
        await database.close_pool()


async def _open_pool(stop: asyncio.Event) -> None:
    """PostgreSQL may come up after us."""
    while not stop.is_set():
        try:
            return await database.start_pool(POOL)
        except UNREACHABLE as error:
            log.warning("sweeper waits for PostgreSQL", error=f"{type(error).__name__}: {error}")
            await _pause(stop)
    return None


async def _pause(stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(EVERY):
            await stop.wait()
    except TimeoutError:
        pass


async def _repeat(unit: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    while not stop.is_set():
        await unit()
        await _pause(stop)


async def sweep() -> None:
    """One round: everything that waits, in batches, then what failed before and is due again, one by one. Never raises."""
    while await _alone("sweep", _sweep_some()):
        pass
    await _alone("note the sweep", _note())
    for intent_id in await _alone("look for promises to try again", intents.due_again(AGAIN_AT_ONCE)) or ():
        await _alone("try a promise again", keep(intent_id))


async def _note() -> None:
    """The job that has no row in the table of periodic ones, since it comes all the time; noted every few seconds."""
    global _noted_at, _kept
    if time.monotonic() - _noted_at >= BEAT and _swept:
        kept, _kept, _noted_at = _kept, 0, time.monotonic()
        await runs.beat(watch.CREDIT, kept)


async def _sweep_some() -> bool:
    global _kept, _swept
    _swept = False
    try:
        kept, tried = await intents.sweep(AT_ONCE, OLD)
        _kept, _swept = _kept + kept, True
    except asyncpg.QueryCanceledError:
        log.warning("a batch took too long; its promises are kept one by one")
        for intent_id in await intents.waiting(AT_ONCE, OLD):
            await _alone("keep a promise", keep(intent_id))
        return False
    return tried == AT_ONCE


async def keep(intent_id: UUID) -> None:
    """Keeps one promise; a time-out, which the function cannot note itself, is noted on it so that it makes way for others."""
    try:
        await intents.keep(intent_id)
    except asyncpg.QueryCanceledError as error:
        await intents.note_failure(intent_id, error)


class Lanes:
    """The periodic table, each job in a task of its own, so that a long one delays nobody; few at a time, for the pool."""

    def __init__(self) -> None:
        self.often, self.seldom = asyncio.Semaphore(2), asyncio.Semaphore(1)
        self.running: dict[str, asyncio.Task[None]] = {}

    async def start_due(self) -> None:
        """Starts what of the table is due and does not run yet. Never raises."""
        for job in await _alone("look for periodic jobs", runs.due(periodic.TABLE)) or ():
            if job.name not in self.running:
                self.running[job.name] = asyncio.create_task(self._run(job))

    async def _run(self, job: Periodic) -> None:
        try:
            if first := self.running.get(job.after):
                await asyncio.wait({first})
            async with self.often if job.every <= OFTEN else self.seldom:
                await _alone(job.name, _limited(job))
        finally:
            del self.running[job.name]

    async def finish(self) -> None:
        """Waits for what runs, and ends what takes too long."""
        if self.running:
            _, late = await asyncio.wait(self.running.values(), timeout=TO_FINISH)
            for task in late:
                task.cancel()


async def _limited(job: Periodic) -> None:
    async with asyncio.timeout(LONGEST):
        await runs.run_if_due(job, clock.now())


async def _alone(what: str, unit: Coroutine[Any, Any, T]) -> T | None:
    """Runs one unit in a task of its own; None where it failed, which is logged and stops nobody else."""
    try:
        return await asyncio.create_task(unit)
    except asyncio.CancelledError:
        raise
    except UNREACHABLE as error:
        log.warning("unit failed", unit=what, error=f"{type(error).__name__}: {error}")
    except Exception:
        log.exception("unit failed", unit=what)
    return None
