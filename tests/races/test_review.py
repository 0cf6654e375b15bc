"""The review list with real commits: two processes that look at once, and one ticket in several hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from schedules import sql
from tests.door import doors
from tests.door.doors import Door
from tests.given import People
from timebank.database import transaction
from timebank.jobs import find_oddities
from timebank.people import passes, venue_tickets

pytestmark = pytest.mark.race


@pytest_asyncio.fixture(loop_scope="session")
async def door(committed: str, client: httpx.AsyncClient, people: People) -> AsyncIterator[Door]:
    opened = await doors.opened(people, client)
    await opened.clock()
    yield opened


async def test_two_processes_that_look_at_once_find_everything_once(door: Door) -> None:
    await passes.reissue(door.people.bob.id, door.start)
    for minute in range(3):
        await door.clock(minute)
        await door.scan()
    later = door.start + timedelta(days=1)
    await asyncio.gather(*(find_oddities.run(later) for _ in range(3)))
    # Whoever lost against another has noted it, and the next round does what is left.
    await find_oddities.run(later + timedelta(hours=2))
    assert [tuple(row) for row in await sql.rows("SELECT kind, size FROM finding")] == [("lost_card", 3)]
    assert await sql.value("SELECT count(*) FROM finding_change") == 1
    assert await sql.value("SELECT scan_id FROM review_mark") == await sql.value("SELECT max(id) FROM scan")


async def test_a_ticket_in_several_hands_at_once_is_one_members(door: Door) -> None:
    members = [door.people.bob, door.people.carol, door.people.dan, door.people.alice]

    async def claim(place: int) -> bool:
        async with transaction():
            return await venue_tickets.claim("a ticket", members[place % 4].id, door.start)

    claimed = await asyncio.gather(*(claim(place) for place in range(20)))
    holder = await venue_tickets.holder("a ticket")
    assert [is_theirs for is_theirs in claimed if is_theirs] == [True] * 5
    assert all(is_theirs == (members[place % 4].id == holder) for place, is_theirs in enumerate(claimed))
