"""The API is killed between its commit and what comes after: the repeat gets the same answer, from any other process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.faults import journals
from tests.given import People
from tests.rewards.shop import POINT, sound
from tests.serving import Site

pytestmark = pytest.mark.fault


@pytest_asyncio.fixture(loop_scope="session")
async def sites(committed: str, tmp_path: Path) -> AsyncIterator[list[Site]]:
    """Three API processes on one database and one clock; the first two are killed when they come there."""
    made = [
        Site(committed, tmp_path, first=first and f"tests.faults.dying:{first}")
        for first in ("at_the_bell", "at_the_answer", "")
    ]
    for site in made:
        await site.start()
    yield made
    for site in made:
        await site.stop()


@pytest.mark.scenario("ledger-20", "ledger-28", "ledger-132")
async def test_an_api_killed_after_its_commit_has_done_it_once_and_another_says_so(
    sites: list[Site], people: People, tmp_path: Path
) -> None:
    day = await journals.morning(people, comers=1)
    (tmp_path / "test-clock").write_text(day.scans[0]["happened_at"])
    (key,) = day.buyers
    scans = [{name: scan[name] for name in ("nonce", "activities", "code", "direction")} for scan in day.scans]
    price = {"reward_id": str(day.shop.rice), "price": 10 * POINT, "place_id": str(day.shop.place)}
    asked = {**day.buyers[key].bearer, "idempotency-key": key}
    rings, answers, lives = (site.url for site in sites)
    async with httpx.AsyncClient(timeout=20) as client:
        came = await client.post(f"{lives}/api/v1/scans", json=scans[0], headers=day.desk.bearer)
        assert came.json()["code"] == "ok"
        (tmp_path / "test-clock").write_text(day.scans[1]["happened_at"])
        with pytest.raises(httpx.TransportError):
            await client.post(f"{rings}/api/v1/scans", json=scans[1], headers=day.desk.bearer)
        with pytest.raises(httpx.TransportError):
            await client.post(f"{answers}/api/v1/redemptions", json=price, headers=asked)
        assert await sql.value("SELECT count(*) FROM intent WHERE state = 'pending'") == 1
        out = await client.post(f"{lives}/api/v1/scans", json=scans[1], headers=day.desk.bearer)
        receipt = await client.post(f"{lives}/api/v1/redemptions", json=price, headers=asked)
    assert (out.json()["code"], out.json()["attendance_id"]) == ("ok", came.json()["attendance_id"])
    assert (receipt.status_code, receipt.json()["replayed"]) == (200, True)
    assert (await journals.books())["sold"] == await sql.value("SELECT count(*) FROM transfer WHERE kind = 'redeem'") == 1
    assert await sql.value("SELECT count(*) FROM transfer WHERE business_key LIKE 'intent:%'") == 1
    await sound()
