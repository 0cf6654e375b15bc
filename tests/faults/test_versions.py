"""Old code beside a new database, new code beside an old one: it works, or says in one sentence why it does not start."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest

from tests.conftest import at_database, copy_of, drop
from tests.faults.replicas import ask
from tests.ground.conftest import NO_SETTINGS, ROOT
from timebank import doctor, migrate, servers
from timebank.settings import Settings

pytestmark = pytest.mark.fault
EARLIER = "DELETE FROM migration WHERE name = (SELECT max(name) FROM migration)"
LATER = "INSERT INTO migration (name, app_name, ran_on) VALUES ('2999-01-01T00:00:00:000000', 'timebank', now())"


@pytest.fixture
def copied(running: servers.Running, migrated: str) -> Iterator[str]:
    """The name of a database of this version."""
    name = asyncio.run(copy_of(running, migrated))
    yield name
    asyncio.run(drop(running, name))


def test_whatever_runs_for_long_does_not_start_on_a_database_that_is_older(running: servers.Running, copied: str) -> None:
    asyncio.run(ask(at_database(running.owner_url, copied), EARLIER))
    settings = {
        "TIMEBANK_MODE": "test",
        "TIMEBANK_DATABASE_URL": at_database(running.database_url, copied),
        "TIMEBANK_REDIS_URL": running.redis_url,
        "TIMEBANK_SECRET": "x" * 32,
    }
    asked = [
        subprocess.Popen(
            [sys.executable, "-m", "timebank.cli", command],
            env=NO_SETTINGS | settings,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for command in ("serve", "work", "sweep")
    ]
    for process in asked:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1, said
        assert said.startswith("The database is older than this version: ")
        assert "Run `timebank migrate`, then start this again" in said
        assert len(said.splitlines()) == 1


def test_a_database_that_does_not_answer_is_left_to_those_who_wait_for_it() -> None:
    migrate.refuse_if_behind("postgresql://nobody@127.0.0.1:1/nothing")


def test_the_doctor_says_that_newer_code_was_here(usual: Settings, running: servers.Running, copied: str) -> None:
    ahead = msgspec.structs.replace(usual, database_url=at_database(running.database_url, copied))
    asyncio.run(ask(at_database(running.owner_url, copied), LATER))
    migrate.refuse_if_behind(ahead.database_url)
    said = "\n".join(str(finding) for finding in asyncio.run(doctor.examine(ahead)))
    assert "! the database is ahead of this code by 1 migrations" in said
