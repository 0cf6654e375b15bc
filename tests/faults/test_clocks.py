"""The clocks of API and sweeper are wrong by ten minutes, either way, or by years: points go by the clock of the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.rewards import shop as shops
from tests.rewards.shop import POINT, Shop, sound
from timebank.jobs import periodic
from timebank.points import gifts
from timebank.web import clock

pytestmark = pytest.mark.fault
MINUTE = timedelta(minutes=1)
LEAP_DAY = datetime.fromisoformat("2028-02-29T23:55:00+08:00")
CLOCKS_GO_BACK = datetime.fromisoformat("2026-10-25T02:30:00+02:00")
"""Of the two hours with that name in Berlin the first."""


@pytest_asyncio.fixture(loop_scope="session")
async def theirs(committed: str) -> AsyncIterator[datetime]:
    """What the database's clock says."""
    yield await sql.value("SELECT clock_timestamp()")
    clock.put(None)


async def order(client: httpx.AsyncClient, shop: Shop, person: Person, key: str) -> str:
    """What became of it: 201, or the code of the refusal."""
    body = {"reward_id": str(shop.rice), "price": 10 * POINT, "place_id": str(shop.place)}
    headers = {**person.bearer, "idempotency-key": f"the-key-of-{key}"}
    answer = await client.post("/api/v1/redemptions", json=body, headers=headers)
    return "201" if answer.status_code == 201 else str(answer.json()["code"])


@pytest.mark.scenario("ledger-55", "ledger-46", "ledger-47")
@pytest.mark.parametrize("wrong", [-10 * MINUTE, 10 * MINUTE], ids=["slow", "fast"])
async def test_ten_minutes_make_nothing_due_and_nothing_last(
    theirs: datetime, people: People, client: httpx.AsyncClient, wrong: timedelta
) -> None:
    shop = await shops.opened(people, theirs - 9 * MINUTE * 60, stock=9)
    await purse.earn(people.bob, 10, theirs + 5 * MINUTE, at=theirs - 20 * MINUTE)
    await purse.earn(people.carol, 10, theirs - 5 * MINUTE, at=theirs - 20 * MINUTE)
    for person in (people.dan, people.alice):
        await purse.earn(person, 10, at=theirs - 20 * MINUTE)
    await purse.hold(people.dan, 10, lasts=5 * MINUTE, at=theirs)
    await purse.hold(people.alice, 10, lasts=5 * MINUTE, at=theirs - 10 * MINUTE)
    clock.put(theirs + wrong)
    assert await order(client, shop, people.carol, "carol") == "insufficient_points", "hers ended five minutes ago"
    assert await order(client, shop, people.alice, "alice") == "201", "hers are free again since five minutes"
    for job in periodic.TABLE:
        await job.run(theirs + wrong)
    assert await order(client, shop, people.bob, "bob") == "201", "his points are good for five minutes yet"
    assert await order(client, shop, people.dan, "dan") == "insufficient_points", "his are set aside for five minutes yet"
    await sound()


@pytest.mark.parametrize("wrong", [-10 * MINUTE, 10 * MINUTE], ids=["slow", "fast"])
async def test_a_gift_waits_as_long_as_the_database_says(theirs: datetime, people: People, wrong: timedelta) -> None:
    await purse.earn(people.bob, 10, at=theirs - 20 * MINUTE)
    for at in (theirs, theirs - 10 * MINUTE):
        await gifts.give(people.bob.id, people.carol.id, 2 * POINT, "", 5 * MINUTE, None, at)
    await {job.name: job for job in periodic.TABLE}["end gifts"].run(theirs + wrong)
    states = [row["state"] for row in await sql.rows("SELECT state FROM gift ORDER BY answer_by DESC")]
    assert states == ["waiting", "timed_out"]
    await sound()


@pytest.mark.parametrize("wrong", [LEAP_DAY, CLOCKS_GO_BACK], ids=["leap day", "clock change"])
async def test_a_day_that_is_not_as_others_are_changes_nothing(
    theirs: datetime, people: People, client: httpx.AsyncClient, wrong: datetime
) -> None:
    await sql.rows("UPDATE community SET time_zone = 'Europe/Berlin'")
    shop = await shops.opened(people, min(theirs, wrong) - MINUTE, stock=9)
    await sql.rows("UPDATE sign_in SET expires_at = expires_at + interval '3 years'")
    await purse.earn(people.bob, 10, theirs + 5 * MINUTE, at=theirs - 20 * MINUTE)
    clock.put(wrong)
    for job in periodic.TABLE:
        await job.run(wrong)
    assert await order(client, shop, people.bob, "bob") == "201"
    await sound()
