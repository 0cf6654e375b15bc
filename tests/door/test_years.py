"""A way out reads none of all the stays that there ever were, an upload nothing of what else was written of somebody, and
who is turned away is told where else they are expected without a look through every session.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import asyncpg
import httpx
import msgspec
import pytest_asyncio

from schedules import codes, sql
from schedules.decision import NEAR
from tests.conftest import at_database
from tests.door.doors import Door, opened
from tests.door.test_growth import ACTIVITIES, FEW, SESSIONS, STAYS, Ask
from tests.given import People
from timebank import servers
from timebank.actions.door import door as doors
from timebank.actions.door import scan, turned_away_facts
from timebank.actions.door.door import Asking, Scan
from timebank.actions.uploads import typed_first
from timebank.database import transaction

NOTED = """
INSERT INTO audit (at, action, subject) SELECT $2, 'record.noted', 'member:' || $1::uuid FROM generate_series(1, 300)
"""
READ = """
SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::int FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE coalesce(i.indrelid, c.oid) = $1::text::regclass
"""


@pytest_asyncio.fixture(loop_scope="session")
async def door(running: servers.Running, committed: str, client: httpx.AsyncClient, people: People) -> Door:
    """Alice has come 300 times, as few are inside as ever, and much is written of Bob. The planner knows it."""
    door = await opened(people, client)
    here = door.session.activity_id
    owner = await asyncpg.connect(at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    try:
        await owner.fetch(ACTIVITIES, here)
        await owner.fetch(SESSIONS, here, door.start, 1)
        await owner.fetch(STAYS, here, people.alice.id, door.start)
        await owner.fetch(NOTED, people.bob.id, door.start)
        await owner.execute("ANALYZE")
    finally:
        await owner.close()
    return door


def bobs(door: Door, direction: Literal["in", "out"], minutes: int) -> Scan:
    asking = Asking(
        scanner_id=door.desk.id,
        operator_id=None,
        source="desk",
        direction=direction,
        raw_code=door.bobs.text,
        nonce=f"n-{direction}",
        activity_ids=(door.session.activity_id,),
        nodes=(door.people.community,),
    )
    return Scan(asking, codes.read(door.bobs.text), door.start + timedelta(minutes=minutes))


async def read_by(ask: Ask, table: str) -> int:
    """How many entries of its indexes and rows of the table it reads."""
    before = await sql.value(READ, table)
    await ask()
    return int(await sql.value(READ, table) - before)


async def test_a_way_out_reads_none_of_all_the_stays_that_have_ended(door: Door) -> None:
    async def ask() -> None:
        (left,) = await scan.judge([bobs(door, "out", 60)])
        assert left
        assert left.admission
        assert left.admission.minutes == 60

    async with transaction():
        await scan.judge([bobs(door, "in", 0)])
        assert await read_by(ask, "attendance") < FEW


async def test_whether_somebody_was_suspended_is_asked_of_nothing_else_that_was_written_of_them(door: Door) -> None:
    async def ask() -> None:
        (known,) = doors.known(await sql.rows(*doors.looking([bobs(door, "in", 0)], is_locked=True)))
        assert known.member
        assert not known.member.has_changed

    async with transaction():
        assert await read_by(ask, "audit") < FEW


async def test_where_else_somebody_is_expected_is_not_looked_for_in_every_session(door: Door) -> None:
    asked = {"n": 0, "person": door.people.bob.id, "is_self": False, "nodes": [door.people.community], "session": None}

    async def ask() -> None:
        ((_, (met,)),) = (await turned_away_facts.elsewhere([asked | {"at": door.start}])).items()
        assert met.id == door.session.id

    async with transaction():
        assert await read_by(ask, "session") < FEW


async def test_a_typed_code_of_a_queue_is_not_looked_for_in_every_session(door: Door) -> None:
    typed = {"place": 7, "typed": door.bobs.typed_code, "activities": [door.session.activity_id], "at": door.start}

    async def ask() -> None:
        (found,) = await sql.rows(typed_first.SIGNED_UP, msgspec.json.encode([typed]).decode(), NEAR)
        assert found["place"] == 7

    async with transaction():
        assert await read_by(ask, "session") < FEW
