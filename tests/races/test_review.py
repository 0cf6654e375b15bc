"""The review list with real commits: two processes that look at once, and one ticket in several hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from schedules import oddities, sql
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


ROW = """
INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, happened_at, received_at, skew_ms)
VALUES ($1, $2, 'desk', 'in', 'x', 'unreadable', $3, $3, 0) RETURNING id
"""
UNDONE = """
INSERT INTO scan_undo (nonce, scanner_id, scan_nonce, happened_at, received_at, counts_at)
VALUES ($1, $2, $1, $3, $3, $3) RETURNING id
"""


@pytest.mark.parametrize(("name", "statement"), [(oddities.SCANS, ROW), (oddities.UNDONE, UNDONE)])
async def test_a_row_of_a_long_upload_is_looked_at_however_much_later_it_is_committed(
    door: Door, name: oddities.BatchName, statement: str
) -> None:
    settled_at = door.start + timedelta(days=1)
    written, others_are_done = asyncio.Event(), asyncio.Event()

    async def upload() -> int:
        async with transaction():
            number: int = await sql.value(statement, "first", door.desk.id, door.start)
            written.set()
            await others_are_done.wait()
            return number

    long_one = asyncio.create_task(upload())
    await written.wait()
    second = await sql.value(statement, "second", door.desk.id, door.start)
    seen = await oddities.next_batch(settled_at, name)
    others_are_done.set()
    first = await long_one
    assert first < second
    assert seen is None or seen.upto < first
    seen = await oddities.next_batch(settled_at, name)
    assert seen == oddities.Batch(0, second, name)
