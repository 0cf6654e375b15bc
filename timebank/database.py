"""The engine, its pool, and the ways to open a unit of work: `transaction()`, and `one_statement()` where one is all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextvars import ContextVar
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from schedules import sql

ROLE_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "2s",
    "statement_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    "application_name": "timebank",
}


savepoint = sql.savepoint


class Nested(Exception):
    """A transaction was opened inside another, or used by another task than the one that opened it."""


class Engine(PostgresEngine):
    """Piccolo's engine, which asks nothing of the server until a query does; `doctor` and readiness check its version."""

    async def check_version(self) -> None:
        return None

    async def prep_database(self) -> None:
        return None

    async def _run_in_pool(self, query: str, args: Any = None) -> Any:
        return await sql.rows(query, *(args or ()))


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Keeps no session state, so a release needs no reset (one round trip saved)."""

    def get_reset_query(self) -> str:
        return ""


class Transaction(PostgresTransaction):
    """Piccolo's transaction, mended: it always gives its connection back and always leaves the task's context clean.

    An error at COMMIT, a killed backend or a cancelled task leak the connection in Piccolo 1.38 and make the next block of
    the same task a silent no-op. No other task than the one that opened it may use it: a task started inside inherits it (P5).
    """

    def __init__(self, engine: PostgresEngine) -> None:
        if engine.current_transaction.get() is not None:
            raise Nested("a transaction is open already")
        super().__init__(engine)
        self._task = asyncio.current_task()

    @property
    def connection(self) -> Any:
        """The connection, for the task that opened the transaction. Raises Nested for another."""
        if self._task is not asyncio.current_task() and not _joined:
            raise Nested("a transaction is used by another task than the one that opened it")
        return self._connection

    async def get_connection(self) -> Any:
        if self.engine.pool is None:
            return await self.engine.get_new_connection()
        return await sql.acquire(self.engine.pool)

    async def __aenter__(self) -> Transaction:
        self._connection = await self.get_connection()
        try:
            self.transaction = self._connection.transaction()
            await self.begin()  # type: ignore[no-untyped-call]
        except BaseException:
            await self._give_back()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, exception_type: Any, exception: Any, traceback: Any) -> bool:
        try:
            if exception is None:
                await self.commit()  # type: ignore[no-untyped-call]
            else:
                with contextlib.suppress(Exception):  # the block's own error goes through, whatever the rollback meets
                    await self.rollback()  # type: ignore[no-untyped-call]
        finally:
            self.engine.current_transaction.reset(self.context)
            await self._give_back()
        return False

    async def _give_back(self) -> None:
        """A connection that cannot be cleaned is thrown away by the pool, which is no error of the block's."""
        with contextlib.suppress(Exception):
            if self.engine.pool is not None:
                await self.engine.pool.release(self._connection)  # which shields itself
            else:
                await self._connection.close()


_joined = False
"""True only while a test holds the outer transaction that it will roll back; see `join_for_test`."""


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """One unit of work: commits at the end of the block, rolls back when the block raises.

    Raises Busy when no connection is free in time and Nested inside another transaction. READ COMMITTED. Only actions,
    jobs and commands open one; no network, no tasks and no waiting for anybody inside it.
    """
    engine = sql.engine()
    running = engine.current_transaction.get()
    if running is not None and _joined:
        point = await running.savepoint()
        try:
            yield
        except BaseException:
            await point.rollback_to()  # type: ignore[no-untyped-call]
            raise
        await point.release()  # type: ignore[no-untyped-call]
        return
    async with Transaction(engine):
        yield


class Statement:
    """Stands where a transaction stands: the one statement that goes through it is a transaction of PostgreSQL's own making."""

    def __init__(self) -> None:
        self._task, self._is_used = asyncio.current_task(), False

    @property
    def connection(self) -> Statement:
        return self

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        if self._is_used or self._task is not asyncio.current_task():
            raise Nested("a second statement would be a second transaction")
        self._is_used = True
        return await sql.on_pool(statement, *values)


@contextlib.asynccontextmanager
async def one_statement() -> AsyncIterator[None]:
    """A unit of work of exactly one statement: it commits when it succeeds, so that BEGIN and COMMIT need not travel.

    Raises Nested inside a transaction, at a second statement and for another task, Busy when no connection is free in time.
    """
    running: ContextVar[Any] = sql.engine().current_transaction
    if _joined:
        async with transaction():
            yield
        return
    if running.get() is not None:
        raise Nested("a transaction is open already")
    before = running.set(Statement())
    try:
        yield
    finally:
        running.reset(before)


@contextlib.asynccontextmanager
async def join_for_test() -> AsyncIterator[None]:
    """An outer transaction that every `transaction()` of this task joins as a savepoint, rolled back at the end. For tests."""
    global _joined
    outer = Transaction(sql.engine())
    await outer.__aenter__()
    _joined = True
    try:
        yield
    finally:
        _joined = False
        await outer.__aexit__(RollBack, RollBack(), None)


class RollBack(Exception):
    """Leaves a transaction without keeping anything."""


def make_engine(database_url: str) -> Engine:
    """An engine that has not connected yet. `database_url` as PostgreSQL takes it."""
    return Engine(config={"dsn": database_url, "server_settings": ROLE_SETTINGS})


async def start_pool(size: int, seconds: float = 10) -> None:
    """Opens at least two and at most `size` connections, once per process. No statement on them takes longer than `seconds`."""
    await sql.engine().start_connection_pool(
        min_size=min(2, size),
        max_size=size,
        command_timeout=seconds,
        connection_class=Connection,
        max_inactive_connection_lifetime=0,
    )


async def close_pool() -> None:
    await sql.engine().close_connection_pool()
