"""The server dies between accepting and answering: the same queue again gets its answers, and nothing is there twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests import given
from tests.conftest import NOW
from tests.door.doors import put
from tests.given import Device, People
from tests.rewards.shop import sound
from tests.schedule.given import at, published
from tests.serving import Site
from timebank.people import passes

pytestmark = pytest.mark.fault
COMERS = 40


@pytest_asyncio.fixture(loop_scope="session")
async def site(committed: str, tmp_path: Path) -> AsyncIterator[Site]:
    """The API alone, its clock at noon: no Redis, no worker, no sweeper."""
    made = Site(committed, tmp_path)
    (tmp_path / "test-clock").write_text((NOW + timedelta(hours=3)).isoformat())
    await made.start()
    yield made
    await made.stop()


async def morning(people: People) -> tuple[Device, list[dict[str, Any]]]:
    """Forty people who came to Thursday's choir and went, by a desk without a network."""
    now = people.now
    (session,) = await published(people, at(9, 2))
    desk = await given.device("desk", "Hall door", people.community, now)
    items = []
    for number in range(COMERS):
        person = await given.member(f"Neighbour {number}", f"1996{number:07}", people.building, now - timedelta(days=9))
        await put(person, session)
        held = await passes.issue(person.id, now)
        for minutes, direction in ((5 + number / 60, "in"), (45 + number / 60, "out")):
            items.append(
                {
                    "nonce": f"{direction}-{number}",
                    "activities": [str(session.activity_id)],
                    "code": held.text,
                    "direction": direction,
                    "happened_at": (now + timedelta(minutes=minutes)).isoformat(),
                    "skew_ms": 0,
                    "reason": "ok",
                }
            )
    return desk, items


@pytest.mark.scenario("checkin-18", "checkin-81", "checkin-107")
async def test_a_server_that_dies_during_an_upload_has_kept_each_scan_once_or_not_at_all(site: Site, people: People) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}: set it in the test to replay the time of death")
    dice = random.Random(seed)
    desk, items = await morning(people)
    body = json.dumps({"sent_at": people.now.isoformat(), "items": items})
    headers = desk.bearer | {"content-type": "application/json"}
    async with httpx.AsyncClient(base_url=site.url, timeout=30) as client:
        sending = asyncio.create_task(client.post("/api/v1/scans/uploads", content=body, headers=headers))
        await asyncio.sleep(dice.uniform(0.05, 0.4))
        await site.kill()
        with contextlib.suppress(httpx.TransportError):
            await sending
        await site.start()
        answers = [await client.post("/api/v1/scans/uploads", content=body, headers=headers) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json()["items"] == answers[1].json()["items"]
    assert {row["code"] for row in answers[0].json()["items"]} == {"ok"}
    assert await sql.value("SELECT count(*) FROM scan") == 2 * COMERS
    assert await sql.value("SELECT count(*) FROM attendance WHERE state = 'counts' AND minutes = 40") == COMERS
    assert await sql.value("SELECT count(*) FROM intent") == COMERS
    await sound()
