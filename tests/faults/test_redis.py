"""Redis slow, full or gone: check-outs and redemptions are answered as ever, and the sweeper keeps what was not rung."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.faults import journals
from tests.faults.journals import Journals
from tests.given import People
from tests.rewards.shop import sound
from tests.serving import Site
from timebank import servers
from timebank.outbox import bell

pytestmark = pytest.mark.fault
SLOW = 2.0
USUAL = 1.9
"""Seconds; a ring that was waited for would take SLOW."""


class Line:
    """Before a Redis: hands on what it is sent, each piece `delay` seconds later; cut, it takes no connection."""

    def __init__(self, socket: str) -> None:
        self.socket, self.delay = socket, 0.0
        self.server: asyncio.Server | None = None
        self.talks: set[asyncio.Task[None]] = set()

    async def open(self) -> int:
        """The port where it listens."""
        self.server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def cut(self) -> None:
        assert self.server is not None
        self.server.close()
        for talk in self.talks:
            talk.cancel()
        await asyncio.gather(*self.talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.talks.add(task)
        there, back = await asyncio.open_unix_connection(self.socket)
        try:
            await asyncio.gather(self._hand_on(reader, back, self), self._hand_on(there, writer, None))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for end in (writer, back):
                end.close()
            self.talks.discard(task)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, slowed: Line | None) -> None:
        while piece := await reader.read(65536):
            await asyncio.sleep(slowed.delay if slowed else 0)
            writer.write(piece)
            await writer.drain()


@pytest_asyncio.fixture(loop_scope="session")
async def line(running: servers.Running) -> AsyncIterator[Line]:
    made = Line(urlsplit(running.redis_url).path)
    yield made
    await made.cut()


@pytest.mark.scenario("ledger-3", "ledger-78")
async def test_a_redis_that_is_slow_full_or_gone_delays_no_check_out_and_no_redemption(
    running: servers.Running, committed: str, people: People, tmp_path: Path, line: Line
) -> None:
    password = urlsplit(running.redis_url).password
    site = Site(committed, tmp_path, f"redis://:{password}@127.0.0.1:{await line.open()}/0")
    queue = bell.connect(running.redis_url, 5)
    try:
        await site.start()
        day = await journals.morning(people, comers=4)
        async with httpx.AsyncClient(base_url=site.url, timeout=10) as client:
            await answered(client, day, 0)
            assert heard(site) == 0

            line.delay = SLOW
            assert await answered(client, day, 1) < USUAL
            assert await noticed(lambda: heard(site) == 1)

            line.delay = 0
            await queue.config_set("maxmemory", "1")
            assert await answered(client, day, 2) < USUAL
            assert await noticed(lambda: heard(site) == 2)
            await queue.config_set("maxmemory", "0")

            await line.cut()
            assert await answered(client, day, 3) < USUAL
            assert await noticed(lambda: heard(site) == 3)
        assert (await journals.books())["sold"] == 4
        assert await sql.value("SELECT count(*) FROM transfer WHERE kind = 'credit' AND business_key LIKE 'intent:%'") == 4
        await sound()
    finally:
        await queue.config_set("maxmemory", "0")
        await queue.aclose()
        await site.stop()


def heard(site: Site) -> int:
    """How often a ring was given up."""
    return (site.folder / "service.log").read_text("utf-8", "replace").count("bell not heard")


async def noticed(happened: Callable[[], bool]) -> bool:
    """Soon; the bell is carried beside the answer."""
    for _ in range(100):
        if happened():
            return True
        await asyncio.sleep(0.05)
    return False


async def answered(client: httpx.AsyncClient, day: Journals, which: int) -> float:
    """The longest that the person waited: going out, and then redeeming. The first of a process takes longer."""
    longest = 0.0
    scans = day.scans[2 * which : 2 * which + 2]
    for scan in scans:
        body = {name: scan[name] for name in ("nonce", "activities", "code", "direction")}
        await client.put("/test/clock", json={"now": scan["happened_at"]})
        started = time.monotonic()
        answer = await client.post("/api/v1/scans", json=body, headers=day.desk.bearer)
        longest = max(longest, time.monotonic() - started)
        assert answer.status_code == 201, answer.text
    started = time.monotonic()
    await day.buy(client, list(day.buyers)[which])
    return max(longest, time.monotonic() - started)
