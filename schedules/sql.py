"""One SQL statement on the running transaction; without one, on a connection of the pool.

Thin on purpose: placeholders are PostgreSQL's own ($1, $2), rows are asyncpg's records, and a statement costs a quarter of what
the query builder adds. Tables, migrations, pool and transaction are Piccolo's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Any, TypeVar, cast

from asyncpg import Pool, Record
from piccolo.engine import PostgresEngine, engine_finder

T = TypeVar("T")

WAIT_FOR_CONNECTION = 3.0
"""Seconds that a statement outside a transaction waits for a free connection."""


class Busy(Exception):
    """No connection became free in time, or could be made; nothing was done and the same request may be sent again."""


@cache
def engine() -> PostgresEngine:
    """The one engine, named in piccolo_conf.py."""
    found = engine_finder()
    if not isinstance(found, PostgresEngine):
        raise RuntimeError("piccolo_conf.py names no PostgreSQL engine")
    return found


async def rows(statement: str, *values: object) -> list[Record]:
    """All rows of the answer. Raises asyncpg's errors, and Busy where no connection is free."""
    running = engine().current_transaction.get()
    if running is not None:
        return cast("list[Record]", await running.connection.fetch(statement, *values))
    return await on_pool(statement, *values)


async def beside(work: Callable[[], T], statement: str, *values: object) -> tuple[list[Record], T]:
    """All rows of the answer, and what `work` makes while PostgreSQL is busy with it: two cores at work for one transaction.

    `work` only computes: it runs no statement and waits for nothing. What it raises goes through once the answer is there.
    """
    running = engine().current_transaction.get()
    if running is None:
        raise RuntimeError("nothing is done beside a statement without a running transaction")
    # Read here: the connection belongs to the task that opened the transaction, and only this one statement goes to another.
    asked = asyncio.ensure_future(running.connection.fetch(statement, *values))
    await asyncio.sleep(0)  # so that the statement is on its way
    try:
        made = work()
    finally:
        await asyncio.wait([asked])
    return cast("list[Record]", await asked), made


async def on_pool(statement: str, *values: object) -> list[Record]:
    """All rows of a statement that is a transaction of its own, on a connection of the pool. Raises as `rows`."""
    pool = engine().pool
    if pool is None:
        raise RuntimeError("the connection pool was not started")
    connection = await acquire(pool)
    try:
        return cast("list[Record]", await connection.fetch(statement, *values))
    finally:
        await pool.release(connection)


async def acquire(pool: Pool) -> Any:
    """A connection of the pool. Raises Busy where none can be had in time. An idle one needs no timer around the wait."""
    try:
        return await pool.acquire(timeout=None if pool.get_idle_size() else WAIT_FOR_CONNECTION)
    except OSError as error:  # a time-out, a server that refuses, or its socket that is not there
        raise Busy from error


def free_connections() -> int:
    """How many the pool could hand out now, those that it has not opened yet among them."""
    pool = engine().pool
    return pool.get_max_size() - pool.get_size() + pool.get_idle_size() if pool else 0


async def row(statement: str, *values: object) -> Record | None:
    """The first row, or None."""
    found = await rows(statement, *values)
    return found[0] if found else None


async def one(statement: str, *values: object) -> Record:
    """The first row of a statement that always has one."""
    return (await rows(statement, *values))[0]


async def value(statement: str, *values: object) -> Any:
    """The first column of the first row, or None."""
    found = await rows(statement, *values)
    return found[0][0] if found else None


@contextlib.asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """A part of the running transaction that is taken back alone when the block raises."""
    running = engine().current_transaction.get()
    if running is None:
        raise RuntimeError("a savepoint needs a running transaction")
    point = await running.savepoint()
    try:
        yield
    except BaseException:
        await point.rollback_to()  # type: ignore[no-untyped-call]
        raise
    await point.release()  # type: ignore[no-untyped-call]
