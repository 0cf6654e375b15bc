"""A unit of work whose end goes wrong leaves the pool whole, the task clean and nothing behind. Real commits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import uvloop

from schedules import sql
from schedules.sql import Busy
from tests import conftest
from timebank import database, servers
from timebank.database import Nested, one_statement, savepoint, transaction

DOOMED = """
CREATE TABLE doomed (id int);
GRANT SELECT, INSERT, DELETE ON doomed TO timebank_app;
CREATE FUNCTION refuse_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id < 0 THEN RAISE EXCEPTION 'only at the end'; END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER doomed_at_commit AFTER INSERT ON doomed DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_at_commit();
"""


LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a statement raises whose connection has gone; the second to last is an oddity of asyncpg's."""


class Unforeseen(Exception):
    """What the block raised."""


@pytest_asyncio.fixture(loop_scope="session")
async def pool_of_three(running: servers.Running, committed: str) -> AsyncIterator[None]:
    """Three connections, and a table that refuses numbers below zero only when the transaction commits."""
    owner = await asyncpg.connect(conftest.at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    await owner.execute(DOOMED)
    await owner.close()
    await conftest.use(committed, 3)
    yield


async def kill(connection: Any) -> None:
    """Ends the backend of a connection, as an administrator or a restart would."""
    running = sql.engine().pool
    assert running is not None
    async with running.acquire() as other:
        await other.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())


async def the_pool_is_whole() -> None:
    """All three connections can be had at once, and none is in a transaction."""

    all_have_one = asyncio.Barrier(3)

    async def ask() -> Any:
        async with transaction():
            await all_have_one.wait()
            return await sql.value("SELECT count(*) FROM doomed WHERE id < 0")

    async with asyncio.timeout(20):
        assert list(await asyncio.gather(ask(), ask(), ask())) == [0, 0, 0]


async def the_next_block_is_real() -> None:
    """In this very task: a block that raises leaves nothing, one that ends leaves its row."""
    with pytest.raises(Unforeseen):
        async with transaction():
            await sql.rows("INSERT INTO doomed VALUES (1)")
            raise Unforeseen
    assert await sql.value("SELECT count(*) FROM doomed WHERE id = 1") == 0
    async with transaction():
        await sql.rows("INSERT INTO doomed VALUES (2)")
    assert await sql.value("SELECT count(*) FROM doomed WHERE id = 2") == 1


async def test_four_errors_at_commit_leak_no_connection_and_poison_no_task(pool_of_three: None) -> None:
    """guards P1"""
    for _ in range(4):
        with pytest.raises(asyncpg.RaiseError, match="only at the end"):
            async with transaction():
                await sql.rows("INSERT INTO doomed VALUES (-1)")
    await the_pool_is_whole()
    await the_next_block_is_real()


async def test_four_killed_backends_leak_no_connection_and_poison_no_task(pool_of_three: None) -> None:
    """guards P2"""
    for _ in range(4):
        with pytest.raises(LOST):
            async with transaction():
                running = sql.engine().current_transaction.get()
                assert running is not None
                await kill(running.connection)
                await sql.rows("INSERT INTO doomed VALUES (-1)")
    await the_pool_is_whole()
    await the_next_block_is_real()


async def test_a_backend_killed_before_commit_is_an_error_and_not_a_success(pool_of_three: None) -> None:
    """guards P2"""
    with pytest.raises(LOST):
        async with transaction():
            await sql.rows("INSERT INTO doomed VALUES (3)")
            running = sql.engine().current_transaction.get()
            assert running is not None
            await kill(running.connection)
    assert await sql.value("SELECT count(*) FROM doomed WHERE id = 3") == 0
    await the_next_block_is_real()


async def test_the_first_error_comes_through_when_the_rollback_fails_as_well(pool_of_three: None) -> None:
    """guards P1"""
    with pytest.raises(Unforeseen):
        async with transaction():
            running = sql.engine().current_transaction.get()
            assert running is not None
            await kill(running.connection)
            raise Unforeseen
    await the_next_block_is_real()


@pytest.mark.parametrize("statement", ["SELECT pg_sleep(5)", "INSERT INTO doomed SELECT 4 FROM pg_sleep(5)"])
async def test_a_cancelled_task_gives_its_connection_back(pool_of_three: None, statement: str) -> None:
    """guards P1"""

    async def slow() -> None:
        async with transaction():
            await sql.rows(statement)

    for _ in range(4):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await sql.value("SELECT count(*) FROM doomed WHERE id = 4") == 0
    await the_pool_is_whole()


async def test_a_task_cancelled_at_any_moment_gives_its_connection_back(pool_of_three: None) -> None:
    """guards P1"""

    async def work() -> None:
        for _ in range(10):
            async with transaction():
                await sql.rows("INSERT INTO doomed VALUES (5)")
                await sql.rows("DELETE FROM doomed WHERE id = 5")

    for step in range(60):
        task = asyncio.create_task(work())
        await asyncio.sleep(step * 0.0003)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await the_pool_is_whole()
    await the_next_block_is_real()


async def test_a_transaction_inside_another_is_refused(pool_of_three: None) -> None:
    """guards P3"""
    with pytest.raises(Nested):
        async with transaction(), transaction():
            pass
    await the_next_block_is_real()


async def test_another_task_cannot_use_a_transaction(pool_of_three: None) -> None:
    """guards P5"""

    async def meddle() -> None:
        await sql.rows("INSERT INTO doomed VALUES (6)")

    async with transaction():
        with pytest.raises(Nested):
            await asyncio.create_task(meddle())
        with pytest.raises(Nested):
            await asyncio.wait_for(meddle(), 1)
        with pytest.raises(Nested):
            await asyncio.create_task(nested())
        await sql.rows("INSERT INTO doomed VALUES (7)")
    assert [row["id"] for row in await sql.rows("SELECT id FROM doomed")] == [7]


async def nested() -> None:
    async with transaction():
        pass


async def test_a_failed_statement_is_left_by_a_savepoint(pool_of_three: None) -> None:
    """guards P6"""
    async with transaction():
        with pytest.raises(asyncpg.UndefinedTableError):
            async with savepoint():
                await sql.rows("INSERT INTO no_such_table VALUES (1)")
        await sql.rows("INSERT INTO doomed VALUES (8)")
    assert await sql.value("SELECT count(*) FROM doomed WHERE id = 8") == 1


async def test_one_statement_commits_by_itself_and_a_second_is_refused(pool_of_three: None) -> None:
    with pytest.raises(Nested):
        async with one_statement():
            await sql.rows("INSERT INTO doomed VALUES (9)")
            await sql.rows("INSERT INTO doomed VALUES (10)")
    assert [row["id"] for row in await sql.rows("SELECT id FROM doomed")] == [9]
    await the_pool_is_whole()
    await the_next_block_is_real()


async def test_one_statement_that_fails_or_is_cancelled_leaves_nothing(pool_of_three: None) -> None:
    async def slow() -> None:
        async with one_statement():
            await sql.rows("INSERT INTO doomed SELECT 11 FROM pg_sleep(5)")

    with pytest.raises(asyncpg.RaiseError, match="only at the end"):
        async with one_statement():
            await sql.rows("INSERT INTO doomed VALUES (11), (-1)")
    for _ in range(4):
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await sql.value("SELECT count(*) FROM doomed") == 0
    await the_pool_is_whole()


async def test_one_statement_is_no_part_of_a_transaction_and_no_other_tasks(pool_of_three: None) -> None:
    with pytest.raises(Nested):
        async with transaction(), one_statement():
            pass
    with pytest.raises(Nested):
        async with one_statement(), transaction():
            pass
    async with one_statement():
        with pytest.raises(Nested):
            await asyncio.create_task(sql.rows("INSERT INTO doomed VALUES (12)"))
    await the_next_block_is_real()


async def test_waiting_for_a_connection_has_an_end(pool_of_three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """guards P9"""
    monkeypatch.setattr(sql, "WAIT_FOR_CONNECTION", 0.2)
    ready, done = asyncio.Event(), asyncio.Event()
    holding = 0

    async def hold() -> None:
        nonlocal holding
        async with transaction():
            holding += 1
            if holding == 3:
                ready.set()
            await done.wait()

    holders = [asyncio.create_task(hold()) for _ in range(3)]
    await ready.wait()
    try:
        with pytest.raises(Busy):
            async with transaction():
                pass
        with pytest.raises(Busy):
            await sql.rows("SELECT 1")
    finally:
        done.set()
        await asyncio.gather(*holders)
    await the_pool_is_whole()


async def test_a_killed_idle_connection_is_replaced(pool_of_three: None) -> None:
    """guards P2"""
    running = sql.engine().pool
    assert running is not None
    async with running.acquire() as one, running.acquire() as two:
        idle = {each.get_server_pid(): each._con for each in (one, two)}
    killed = await sql.rows(
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY ($1) AND pid <> pg_backend_pid()",
        list(idle),
    )
    assert killed
    for _ in range(2000):
        if not all(idle[row["pid"]].is_closed() for row in killed):
            await asyncio.sleep(0.01)
    await the_pool_is_whole()


async def test_every_connection_has_our_limits(pool_of_three: None) -> None:
    """guards P8"""
    assert [await sql.value(f"SHOW {name}") for name in database.ROLE_SETTINGS] == ["UTC", "2s", "5s", "10s", "timebank"]


async def test_the_pool_grows_no_further_than_its_size(pool_of_three: None) -> None:
    """guards P8"""
    await asyncio.gather(*[sql.rows("SELECT pg_sleep(0.01)") for _ in range(30)])
    mine = await sql.value(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
    )
    assert mine <= 3


async def test_what_is_computed_beside_a_statement_is_there_with_its_answer(pool_of_three: None) -> None:
    async with transaction():
        found, made = await sql.beside(lambda: 6 * 7, "SELECT 1 FROM pg_sleep(0.01)")
        assert (found[0][0], made) == (1, 42)
    await the_pool_is_whole()


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_statement_is_answered_while_something_is_computed_beside_it(
    pool_of_three: None, factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """PostgreSQL reads the clock before the computation is over, on either kind of loop."""

    def computes() -> datetime:
        time.sleep(0.2)
        return datetime.now(UTC)

    async def both() -> None:
        engine = sql.engine()
        before, engine.pool = engine.pool, None
        await database.start_pool(2)
        try:
            async with transaction():
                await sql.rows("SELECT clock_timestamp()")
                found, over = await sql.beside(computes, "SELECT clock_timestamp()")
            assert found[0][0] < over
        finally:
            await database.close_pool()
            engine.pool = before

    with ThreadPoolExecutor(1) as other, asyncio.Runner(loop_factory=factory) as runner:
        other.submit(runner.run, both()).result()


async def test_what_fails_beside_a_statement_waits_for_the_answer_and_leaves_the_pool_whole(pool_of_three: None) -> None:
    def fails() -> None:
        raise Unforeseen

    with pytest.raises(Unforeseen):
        async with transaction():
            await sql.rows("INSERT INTO doomed VALUES (1)")
            await sql.beside(fails, "SELECT pg_sleep(0.05)")
    await the_pool_is_whole()
    assert await sql.value("SELECT count(*) FROM doomed") == 0


async def test_a_statement_that_fails_beside_what_is_computed_says_so(pool_of_three: None) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with transaction():
            await sql.beside(lambda: None, "SELECT 1 / 0")
    await the_pool_is_whole()


async def test_a_task_that_is_cancelled_beside_a_statement_leaves_the_pool_whole(pool_of_three: None) -> None:
    async def long() -> None:
        async with transaction():
            await sql.beside(lambda: None, "SELECT pg_sleep(0.3)")

    task = asyncio.create_task(long())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await the_pool_is_whole()
