"""What the doctor sees, and what it says to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from tests.conftest import at_database, copy_of, drop
from timebank import doctor, servers
from timebank.settings import Settings


def seen(settings: Settings) -> str:
    return "\n".join(str(finding) for finding in asyncio.run(doctor.examine(settings)))


@pytest.fixture
def patient(running: servers.Running, migrated: str, tmp_path: Path) -> Iterator[Settings]:
    """An installation of its own database, in good health."""
    name = asyncio.run(copy_of(running, migrated))
    yield Settings(
        mode="test",
        database_url=at_database(running.database_url, name),
        owner_url=at_database(running.owner_url, name),
        redis_url=running.redis_url,
        secret="x" * 32,
        data=tmp_path,
    )
    asyncio.run(drop(running, name))


async def _change(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


def test_a_healthy_service_has_nothing_amiss(patient: Settings) -> None:
    said = seen(patient)
    assert "✗" not in said
    for fine in ("PostgreSQL 18.", "owns no tables", "no connection pooler", "waits have limits", "migrations are up to date"):
        assert f"✓ {fine}" in said or fine in said
    assert doctor.main(patient) == 0


def test_a_database_that_does_not_answer_is_told(patient: Settings) -> None:
    away = msgspec.structs.replace(patient, database_url="postgresql://nobody@127.0.0.1:1/nothing")
    assert "✗ PostgreSQL does not answer" in seen(away)
    assert doctor.main(away) == 1


def test_a_queue_that_does_not_answer_is_told_with_what_still_works(patient: Settings) -> None:
    said = seen(msgspec.structs.replace(patient, redis_url="redis://127.0.0.1:1/0"))
    assert "✗ Redis does not answer" in said
    assert "the sweeper credits alone" in said


def test_a_missing_migration_is_told(patient: Settings) -> None:
    asyncio.run(_change(patient.owner_url, "DELETE FROM migration"))
    said = seen(patient)
    assert "migrations have not run" in said
    assert "timebank migrate" in said


def test_an_empty_database_is_told(running: servers.Running, patient: Settings) -> None:
    name = asyncio.run(copy_of(running, "template1"))
    said = seen(msgspec.structs.replace(patient, database_url=at_database(running.database_url, name)))
    assert "✗ there are no tables yet" in said
    asyncio.run(drop(running, name))


def test_an_application_that_owns_its_tables_is_warned(patient: Settings) -> None:
    said = seen(msgspec.structs.replace(patient, database_url=patient.owner_url))
    assert "! the application's role owns the tables" in said
    assert "lock_timeout" in said


def test_a_pooler_between_is_recognised() -> None:
    """guards B1"""

    class Pooled:
        async def fetchval(self, question: str) -> int:
            return 100

        def get_server_pid(self) -> int:
            return 200

    finding = asyncio.run(doctor._pooler(Pooled()))
    assert finding.mark == "✗"
    assert "max_prepared_statements" in finding.remedy


@pytest.mark.parametrize("ahead, mark", [(0.1, "✓"), (-1.9, "✓"), (2.1, "✗"), (-60.0, "✗")])
def test_clocks_that_are_apart_are_told(ahead: float, mark: str) -> None:
    assert doctor._clock("PostgreSQL", ahead).mark == mark


def test_a_proxy_that_is_not_trusted_is_hinted_at(patient: Settings) -> None:
    behind = msgspec.structs.replace(patient, public_url="https://time.example.org")
    assert "no proxy is trusted" in seen(behind)
    assert "no proxy is trusted" not in seen(msgspec.structs.replace(behind, trusted_proxies=("127.0.0.1",)))


def test_nothing_at_all_is_told_with_what_to_start(tmp_path: Path) -> None:
    said = seen(Settings(mode="test", data=tmp_path / "data"))
    assert "✗ no database is known" in said
    assert "timebank up" in said
