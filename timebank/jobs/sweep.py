"""`timebank sweep`: finishes what arq lost, without Redis, and runs the periodic jobs.

Each unit of work runs in a task of its own, so that a connection lost in one leaves nothing behind for the next (P2). Whether
the sweeper lives is told by the age of the oldest promise that is due, not by its process (A13).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog

from timebank import database, logs, settings
from timebank.jobs import periodic
from timebank.jobs.credit import UNREACHABLE
from timebank.outbox import intents
from timebank.settings import Settings

POOL = 4
EVERY = 0.5
"""Seconds between two looks."""
OLD = 1.0
"""Seconds that a promise is left to the worker."""
AT_ONCE = 200
AGAIN_AT_ONCE = 50

T = TypeVar("T")

log = structlog.get_logger()


def main() -> int:
    """Runs until SIGTERM; finishes the unit in its hands."""
    chosen = settings.read()
    logs.configure(chosen)
    asyncio.run(run(chosen))
    return 0


async def run(chosen: Settings) -> None:
    """Both loops, until a signal."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _open_pool(stop)
    try:
        await asyncio.gather(_repeat(sweep, stop), _repeat(look_after_table, stop))
    finally:
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
    for intent_id in await _alone("look for promises to try again", intents.due_again(AGAIN_AT_ONCE)) or ():
        await _alone("try a promise again", keep(intent_id))


async def _sweep_some() -> bool:
    try:
        _, tried = await intents.sweep(AT_ONCE, OLD)
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


async def look_after_table() -> None:
    """Runs what of the periodic table is due. Never raises."""
    for job in periodic.TABLE:
        await _alone(job.name, periodic.run_if_due(job, datetime.now(UTC)))


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
