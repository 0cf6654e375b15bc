"""Migrations as a command: repeated, at once, and when they fail."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import at_database, copy_of, drop
from tests.ground import catalogue
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


async def _ask(url: str, question: str) -> int:
    connection = await asyncpg.connect(url)
    answer = await connection.fetchval(question)
    await connection.close()
    return int(answer)


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


FIRST_RELEASE = "2026-11-21T22:00:00:000000"
WRITTEN_BY_IT = Path(__file__).with_name("first_release.sql")
STILL_THERE = """
SELECT (SELECT count(*) FROM booking WHERE state = 'confirmed') + (SELECT count(*) FROM occupancy WHERE active)
     + (SELECT count(*) FROM signup WHERE state = 'confirmed') + (SELECT sum(taken) FROM session_role)
"""


def test_a_database_of_the_first_release_comes_forward_with_all_it_holds(empty: str) -> None:
    """Rows that the first release wrote stay, and the house is the same as one that began empty (P15)."""
    only_first = f"import asyncio; from timebank import migrate; asyncio.run(migrate.forwards({empty!r}, {FIRST_RELEASE!r}))"
    environment = os.environ | {"TIMEBANK_DATABASE_URL": empty, "PICCOLO_CONF": "piccolo_conf"}
    subprocess.run([sys.executable, "-c", only_first], env=environment, check=True, capture_output=True)
    asyncio.run(_do(empty, WRITTEN_BY_IT.read_text("utf-8")))
    migrate.run(empty)
    assert asyncio.run(migrate.missing(empty)) == []
    assert asyncio.run(_ask(empty, STILL_THERE)) == 4
    assert asyncio.run(catalogue.lines(empty)) == catalogue.WRITTEN.read_text("utf-8").splitlines()


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(migrate.MigrationFailed, match="Connect"):
        migrate.run("postgresql://nobody@127.0.0.1:1/nothing")
