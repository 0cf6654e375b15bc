"""Real PostgreSQL and Valkey for every test; each run has servers of its own.

`tx` rolls everything back; `committed` has a database of its own where commits are real; `client` speaks HTTP without a socket.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio
from litestar import Litestar
from litestar.types import ASGIApp

from schedules import sql
from tests import given
from timebank import database, migrate, servers
from timebank.people import keys
from timebank.settings import Settings
from timebank.web import clock
from timebank.web.envelope import envelope

SECRET = "a secret that is only good for tests, 32+"
NOW = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)
"""Thursday 26 November 2026, 09:00 in Shanghai: the day on which tests play."""


@pytest.fixture(scope="session")
def running() -> Iterator[servers.Running]:
    """The servers of this test run."""
    with servers.temporary() as started:
        yield started


def at_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    head, _, options = url.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")


@pytest.fixture(scope="session")
def migrated(running: servers.Running) -> str:
    """The name of a database with all migrations; never written to, but copied."""
    migrate.run(running.owner_url)
    return running.owner_url.partition("?")[0].rpartition("/")[2]


async def copy_of(running: servers.Running, template: str) -> str:
    """A new database, copied from `template`."""
    name = f"t_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(running.admin_url)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER timebank_owner STRATEGY WAL_LOG')
    finally:
        await admin.close()
    return name


async def drop(running: servers.Running, name: str) -> None:
    admin = await asyncpg.connect(running.admin_url)
    try:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


async def close() -> None:
    """Closes the pool, where there is one. A connection that somebody kept is cut after twenty seconds, and the test fails."""
    if sql.engine().pool is None:
        return
    try:
        await asyncio.wait_for(database.close_pool(), 20)
    except TimeoutError:
        sql.engine().pool = None
        pytest.fail("a connection was not given back to the pool")


async def use(url: str, size: int = 8) -> None:
    """Points the engine of this process to another database."""
    engine = sql.engine()
    await close()
    engine.config = engine.config | {"dsn": url}
    await database.start_pool(size)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(running: servers.Running, migrated: str) -> AsyncIterator[str]:
    """The address of the database that rolled-back tests share."""
    os.environ["TIMEBANK_DATABASE_URL"] = running.database_url
    keys.use(SECRET)
    name = await copy_of(running, migrated)
    yield at_database(running.database_url, name)
    await close()


@pytest.fixture(autouse=True)
def same_secret() -> Iterator[None]:
    """A command that a test runs in this process names its own secret; the next test has ours again."""
    yield
    keys.use(SECRET)


@pytest_asyncio.fixture(loop_scope="session")
async def tx(shared: str) -> AsyncIterator[None]:
    """A transaction around the test that every action joins as a savepoint; rolled back at the end."""
    if sql.engine().config["dsn"] != shared or sql.engine().pool is None:
        await use(shared)
    async with database.join_for_test():
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def committed(running: servers.Running, migrated: str, shared: str) -> AsyncIterator[str]:
    """The address of a fresh database in which commits are real; the pool of this process points to it."""
    name = await copy_of(running, migrated)
    url = at_database(running.database_url, name)
    await use(url)
    yield url
    await close()
    await drop(running, name)


@pytest.fixture(scope="session")
def usual(running: servers.Running, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a test installation."""
    folder = tmp_path_factory.mktemp("data")
    return Settings(mode="test", public_url="http://testserver", redis_url=running.redis_url, secret=SECRET, data=folder)


@pytest.fixture
def settings(usual: Settings, shared: str, tmp_path: Path) -> Settings:
    """The usual settings with a data folder of the test's own and the database that it works on."""
    return msgspec.structs.replace(usual, database_url=sql.engine().config["dsn"], data=tmp_path)


@pytest.fixture(scope="session")
def usual_routes(usual: Settings) -> Litestar:
    """The routes without the envelope, built once: that takes seconds, in which an open transaction would time out. They work
    on whatever database the engine points to.
    """
    from timebank.app import create_litestar

    return create_litestar(usual)


@pytest.fixture(scope="session")
def usual_app(usual: Settings, usual_routes: Litestar) -> ASGIApp:
    """The application as a whole."""
    return envelope(usual_routes, urlsplit(usual.base_url).netloc)


@pytest_asyncio.fixture(loop_scope="session")
async def client(usual: Settings, usual_app: ASGIApp, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP without a socket. Ask for `tx` or `committed` as well: the handlers run on their transaction or pool."""
    from timebank.app import create_app

    is_usual = msgspec.structs.replace(settings, database_url=usual.database_url, data=usual.data) == usual
    app = usual_app if is_usual else create_app(settings)
    clock.use(settings)
    keys.use(settings.secret)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def people(request: pytest.FixtureRequest) -> given.People:
    """Alice organises, Bob volunteers, Carol is new, Dan is a second member of staff. Ask for `tx` or `committed` first."""
    return await given.people(NOW)


@pytest.fixture
def now() -> datetime:
    return NOW
