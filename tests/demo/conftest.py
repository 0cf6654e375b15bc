"""A database in which the small demo stands, loaded once for this folder."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from tests.conftest import at_database, copy_of, drop, use
from timebank import servers
from timebank.demo import loading
from timebank.demo.progress import Progress
from timebank.people import keys
from timebank.settings import Settings

NOW = datetime(2026, 11, 26, 9, 10, tzinfo=UTC)
SETTINGS = Settings(mode="demo", secret="a secret that is only good for tests, 32+", data=Path("/nowhere"))


async def load(*, is_full: bool = False, seed: int = 1) -> None:
    """Into the database to which the pool points."""
    keys.use(SETTINGS.secret)
    await loading.load(SETTINGS, is_full=is_full, seed=seed, now=NOW, progress=Progress(io.StringIO()))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def small_demo(running: servers.Running, migrated: str, shared: str) -> AsyncIterator[str]:
    """The address of the database with the small demo; tests read it."""
    name = await copy_of(running, migrated)
    url = at_database(running.database_url, name)
    await use(url)
    await load()
    yield url
    await drop(running, name)


@pytest_asyncio.fixture(loop_scope="session")
async def loaded(small_demo: str) -> None:
    """The pool points to the database with the small demo."""
    await use(small_demo)
    keys.use(SETTINGS.secret)
