"""Who is asking, looked up together."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tests.given import People
from tests.sqllog import statements
from timebank.people import callers


async def test_who_asks_together_is_looked_up_together_and_each_hears_who_they_are(
    committed: str, people: People, now: datetime
) -> None:
    tokens = [people.alice.token, "nobody's", people.bob.token, people.alice.token]
    with statements() as seen:
        found = await asyncio.gather(*(callers.identify(token, None, now) for token in tokens * 10))
    assert [one.member_id for one in found] == [people.alice.id, None, people.bob.id, people.alice.id] * 10
    assert found[0].grants == people.alice.grants
    assert len(seen) <= 6


async def test_each_is_judged_at_the_time_of_their_own_request(committed: str, people: People, now: datetime) -> None:
    far = now + timedelta(days=36_500)
    early, late = await asyncio.gather(
        callers.identify(people.bob.token, None, now), callers.identify(people.bob.token, None, far)
    )
    assert early.member_id == people.bob.id
    assert late == callers.NOBODY
