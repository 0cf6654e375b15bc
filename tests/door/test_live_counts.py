"""How many are there, told to every open page as it changes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from schedules import sql
from tests.door import doors
from tests.given import People
from tests.schedule.given import at, published, sign_up
from tests.serving import Site
from timebank.actions.door import desk
from timebank.web import live_counts
from timebank.web.live_counts import Watch


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def counts(lines: AsyncIterator[str]) -> list[dict[str, Any]]:
    """The next event."""
    async for line in lines:
        if line.startswith("data: "):
            return list(json.loads(line.removeprefix("data: ")))
    raise AssertionError("the line ended")


async def test_pages_hear_of_a_scan_and_the_process_stops_at_once(committed: str, people: People, tmp_path: Path) -> None:
    site = Site(committed, tmp_path)
    await site.start()
    try:
        async with httpx.AsyncClient(base_url=site.url, timeout=20) as client:
            door = await doors.opened(people, client)
            await door.clock()
            asked = {"sessions": str(door.session.id)}
            for headers in ({}, people.carol.bearer):
                assert (await client.get("/desk/events", params=asked, headers=headers)).status_code == 403
            async with client.stream("GET", "/desk/events", params=asked, headers=door.desk.bearer) as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                lines = answer.aiter_lines()
                nobody_yet = {"id": str(door.session.id), "signed_up": 1, "expected": 1, "here": 0, "came": 0}
                assert await counts(lines) == [nobody_yet]
                assert (await door.scan()).status_code == 201
                assert (await counts(lines))[0]["here"] == 1
                stopped_at = time.monotonic()
                await site.stop()
                assert [line async for line in lines if line.startswith("data")] == []
                assert time.monotonic() - stopped_at < 8, "it does not wait for the ten seconds' grace"
    finally:
        await site.stop()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_counts, "EVERY", 0.1)
    monkeypatch.setattr(live_counts, "BEAT", 0.05)


async def test_many_pages_share_one_look_and_a_line_ends_with_the_rights(quick: None, committed: str, people: People) -> None:
    (session,) = await published(people, at(9, 2))
    watch = Watch()
    lines = [watch.follow([session.id], yes) for _ in range(20)]
    first = [await anext(line) for line in lines]
    assert first == [first[0]] * 20
    await sign_up(people.bob, session, people.now)
    looks, since = watch.looks, time.monotonic()
    told = [await event(line) for line in lines]
    assert all(b'"signed_up":1' in each for each in told)
    assert watch.looks - looks <= 2 + (time.monotonic() - since) / live_counts.EVERY, "one look for all of them"
    gone = watch.follow([session.id], no)
    assert len([each async for each in gone]) == 1, "the counts, and then no more"
    for line in lines:
        await line.aclose()  # type: ignore[attr-defined]
    assert not watch.listeners
    looks = watch.looks
    await asyncio.sleep(0.25)
    assert watch.looks == looks, "nobody listens, nobody looks"


async def event(line: AsyncIterator[bytes]) -> bytes:
    return await anext(each async for each in line if each.startswith(b"event"))


async def test_a_look_that_fails_is_made_again(
    quick: None, committed: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session,) = await published(people, at(9, 2))
    watch, count, failures = Watch(), desk.count, iter([sql.Busy(), OSError(), TimeoutError(), RuntimeError("whatever")])

    async def failing(session_ids: Any) -> Any:
        for failure in failures:
            raise failure
        return await count(session_ids)

    monkeypatch.setattr(desk, "count", failing)
    line = watch.follow([session.id], yes)
    assert b'"here":0' in await event(line)
    await line.aclose()  # type: ignore[attr-defined]
