"""Days after the demo was loaded the board is as alive as on the first day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from schedules import sql
from tests.demo.conftest import NOW, load
from timebank import database
from timebank.demo import later
from timebank.points import reconcile

RUNNING = "SELECT count(*) FROM session WHERE starts_at <= $1 AND ends_at > $1"
AHEAD = "SELECT count(*) FROM session WHERE starts_at > $1 AND starts_at < $1 + interval '14 days'"
ROWS = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM signup)"


@pytest.mark.parametrize("days", [6, 60])
async def test_days_later_something_runs_and_more_will_come(committed: str, days: int) -> None:
    await load()
    now = NOW + timedelta(days=days, hours=3)
    await later.liven(now)
    assert await sql.value(RUNNING, now) > 0
    assert await sql.value(AHEAD, now) >= 8
    rows = await sql.value(ROWS)
    await later.liven(now + timedelta(minutes=5))
    assert await sql.value(ROWS) == rows
    async with database.transaction():
        assert not (await reconcile.check()).findings
