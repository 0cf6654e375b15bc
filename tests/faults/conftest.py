"""A queue of one's own, a bell that rings it, and people whose points really arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from arq.connections import ArqRedis

from tests import conftest, given
from tests.given import People
from tests.ground import conftest as ground
from tests.ledger import purse
from tests.races import crowd
from timebank import servers
from timebank.outbox import bell
from timebank.settings import Settings

folder = ground.folder


@pytest_asyncio.fixture(loop_scope="session")
async def folk(committed: str) -> AsyncIterator[People]:
    """The named people, with real commits; a ledger that agrees with itself at the end."""
    await conftest.use(committed, 8)
    yield await given.people(purse.NOW)
    await crowd.sound()


@pytest_asyncio.fixture(loop_scope="session")
async def chosen(running: servers.Running, committed: str, tmp_path: Path) -> Settings:
    """Settings of a worker on this database."""
    return Settings(
        mode="test",
        public_url="http://testserver",
        database_url=committed,
        redis_url=running.redis_url,
        secret="a secret that is only good for tests, 32+",
        data=tmp_path,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def queue(running: servers.Running) -> AsyncIterator[ArqRedis]:
    """An empty Redis; the bell of this process hangs there."""
    client = bell.connect(running.redis_url, 5)
    await client.flushall()
    await bell.open(running.redis_url)
    yield client
    await bell.close()
    await client.flushall()
    await client.aclose()
