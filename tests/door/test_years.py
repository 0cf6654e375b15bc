"""A way out reads none of all the stays that there ever were, an upload nothing of what else was written of somebody, and
who is turned away is told where else they are expected without a look through every session.
"""

from __future__ import annotations

import httpx
import msgspec
import pytest_asyncio

from schedules import sql
from schedules.decision import NEAR
from tests.door.beside import ACTIVITIES, FEW, SESSIONS, STAYS, bobs, fill, read_by
from tests.door.doors import Door, opened
from tests.given import People
from timebank import servers
from timebank.actions.door import door as doors
from timebank.actions.door import scan, turned_away_facts
from timebank.actions.uploads import typed_first
from timebank.database import transaction

NOTED = """
INSERT INTO audit (at, action, subject) SELECT $2, 'record.noted', 'member:' || $1::uuid FROM generate_series(1, 300)
"""


@pytest_asyncio.fixture(loop_scope="session")
async def door(running: servers.Running, committed: str, client: httpx.AsyncClient, people: People) -> Door:
    """Alice has come 300 times, as few are inside as ever, and much is written of Bob. The planner knows it."""
    door = await opened(people, client)
    here = door.session.activity_id
    await fill(
        running,
        committed,
        (ACTIVITIES, here),
        (SESSIONS, here, door.start, 1),
        (STAYS, here, people.alice.id, door.start),
        (NOTED, people.bob.id, door.start),
    )
    return door


async def test_a_way_out_reads_none_of_all_the_stays_that_have_ended(door: Door) -> None:
    async def ask() -> None:
        (left,) = await scan.judge([bobs(door, "out", 60)])
        assert left
        assert left.admission
        assert left.admission.minutes == 60

    async with transaction():
        await scan.judge([bobs(door)])
    assert await read_by(ask, "attendance") < FEW


async def test_whether_somebody_was_suspended_is_asked_of_nothing_else_that_was_written_of_them(door: Door) -> None:
    async def ask() -> None:
        (known,) = doors.known(await sql.rows(*doors.looking([bobs(door)], is_locked=True)))
        assert known.member
        assert not known.member.has_changed

    assert await read_by(ask, "audit") < FEW


async def test_where_else_somebody_is_expected_is_not_looked_for_in_every_session(door: Door) -> None:
    asked = {"n": 0, "person": door.people.bob.id, "is_self": False, "nodes": [door.people.community], "session": None}

    async def ask() -> None:
        ((_, (met,)),) = (await turned_away_facts.elsewhere([asked | {"at": door.start}])).items()
        assert met.id == door.session.id

    assert await read_by(ask, "session") < FEW


async def test_a_typed_code_of_a_queue_is_not_looked_for_in_every_session(door: Door) -> None:
    typed = {"place": 7, "typed": door.bobs.typed_code, "activities": [door.session.activity_id], "at": door.start}

    async def ask() -> None:
        (found,) = await sql.rows(typed_first.SIGNED_UP, msgspec.json.encode([typed]).decode(), NEAR)
        assert found["place"] == 7

    assert await read_by(ask, "session") < FEW
