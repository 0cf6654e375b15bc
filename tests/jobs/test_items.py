"""The items of a job: one that always fails costs the others nothing, and is listed with its error."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from schedules import sql
from timebank.database import transaction
from timebank.jobs import items

pytestmark = pytest.mark.usefixtures("tx")


async def failures() -> list[tuple[str, str, int]]:
    found = await sql.rows("SELECT item, error, attempts FROM job_failure WHERE job = 'try' ORDER BY item")
    return [(row["item"], row["error"], row["attempts"]) for row in found]


class Job:
    """Handles numbers, except for those in `bad`; counts how often each was tried."""

    def __init__(self, *bad: int) -> None:
        self.bad = set(bad)
        self.tried: list[int] = []

    async def handle(self, number: int) -> None:
        async with transaction():
            self.tried.append(number)
            await sql.rows("SELECT 1 / $1::int", 0 if number in self.bad else 1)


@pytest.mark.scenario("schedule-108")
async def test_one_item_that_always_fails_is_listed_and_the_others_are_handled(now: datetime) -> None:
    job = Job(2)
    assert await items.each("try", [1, 2, 3], job.handle, now) == 2
    assert job.tried == [1, 2, 3]
    assert await failures() == [("2", "DivisionByZeroError: division by zero", 1)]


@pytest.mark.scenario("schedule-108")
async def test_what_failed_rests_longer_each_time_and_is_wiped_by_success(now: datetime) -> None:
    job = Job(2)
    for minutes in (0, 0.5, 1, 2, 3):
        await items.each("try", [2], job.handle, now + timedelta(minutes=minutes))
    assert len(job.tried) == 3, "at 0, 1 and 3 minutes"
    job.bad.clear()
    assert await items.each("try", [2], job.handle, now + timedelta(hours=2)) == 1
    assert await failures() == []


async def test_what_rests_can_be_left_out_of_a_query(now: datetime) -> None:
    await items.note("try", "a", ValueError("no"), now)
    question = "SELECT is_resting('try', $1, $2)"
    assert [await sql.value(question, *each) for each in (("a", now), ("b", now), ("a", now + timedelta(minutes=1)))] == [
        True,
        False,
        False,
    ]
