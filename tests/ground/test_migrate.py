"""Migrations as a command: repeated, at once, and when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest

from tests.conftest import at_database, copy_of, drop
from timebank import migrate, servers


@pytest.fixture
def empty(running: servers.Running) -> Iterator[str]:
    """The owner's address of an empty database."""
    name = asyncio.run(copy_of(running, "template1"))
    yield at_database(running.owner_url, name)
    asyncio.run(drop(running, name))


async def _do(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def test_machines_that_start_together_migrate_once(empty: str) -> None:
    with ThreadPoolExecutor(3) as machines:
        list(machines.map(migrate.run, [empty] * 3))
    assert asyncio.run(migrate.missing(empty)) == []


def test_what_is_missing_is_known_before_the_first_migration(empty: str) -> None:
    missing = asyncio.run(migrate.missing(empty))
    assert missing
    assert missing == sorted(missing)


def test_a_migration_that_fails_says_why_and_leaves_nothing(empty: str) -> None:
    asyncio.run(_do(empty, "CREATE TABLE member (in_the_way int)"))
    with pytest.raises(migrate.MigrationFailed, match=r'could not be brought up to date.*relation "member" already exists'):
        migrate.run(empty)
    assert asyncio.run(migrate.missing(empty))
    asyncio.run(_do(empty, "DROP TABLE member"))
    migrate.run(empty)
    assert asyncio.run(migrate.missing(empty)) == []


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(migrate.MigrationFailed, match="Connect"):
        migrate.run("postgresql://nobody@127.0.0.1:1/nothing")
