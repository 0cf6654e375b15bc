"""What a group of scans reads does not grow with what lies beside it; plans are made while there is little."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from secrets import token_hex

import asyncpg
import httpx
import pytest
import pytest_asyncio

from schedules import codes, sql, standing
from tests.conftest import at_database
from tests.door.doors import Door, opened
from tests.given import People
from timebank import servers
from timebank.actions.door import door as doors
from timebank.actions.door.door import Asking, Scan
from timebank.actions.uploads import upload_facts
from timebank.database import transaction

Ask = Callable[[], Awaitable[None]]
FEW = 30
"""Rows, of hundreds that lie beside."""

READ = """
SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::int FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE coalesce(i.indrelid, c.oid) = ANY ('{scan,scan_undo,session,attendance}'::regclass[])
"""
LOG = """
INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, happened_at, received_at)
SELECT 'before ' || n, $1, 'desk', 'in', 'x', CASE n % 2 WHEN 0 THEN 'ok' ELSE 'unknown_pass' END, $2, $3, $3
  FROM generate_series(1, 500) n
"""
UNDONE = """
INSERT INTO scan_undo (nonce, scanner_id, scan_nonce, happened_at, received_at, counts_at)
SELECT 'undo ' || n, $1, 'before ' || n, $2, $2, $2 FROM generate_series(1, 500) n
"""
ACTIVITIES = """
INSERT INTO activity OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(a, more)).*
  FROM activity a, generate_series(1001, 1030) n, LATERAL jsonb_build_object('id', gen_random_uuid(), 'number', n) more
 WHERE a.id = $1
"""
SESSIONS = """
INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at)
SELECT gen_random_uuid(), a.id, t, t + interval '1 hour', t, t + interval '1 hour', 'Yard', t
  FROM activity a, generate_series(1, 10) n, LATERAL (SELECT $2::timestamptz - $3 * n * interval '5 days' AS t) x
 WHERE a.id <> $1
"""
STAYS = """
WITH r AS (INSERT INTO session_role (id, session_id, name, places)
           SELECT gen_random_uuid(), id, 'Helper', 9 FROM session WHERE activity_id <> $1 AND closes_at < $3::timestamptz - interval '4 days'
           RETURNING id, session_id),
     u AS (INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at)
           SELECT gen_random_uuid(), session_id, id, $2, 'confirmed', $3, $3 FROM r RETURNING id, session_id),
     c AS (INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at, received_at)
           SELECT 'then', id, 'desk', 'in', 'x', 'ok', session_id, id, $2, $3, $3 FROM u RETURNING id, signup_id, session_id)
INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, out_at, in_scan, minutes, version, is_by_code)
SELECT gen_random_uuid(), signup_id, session_id, $2, $3, $3, id, 0, 1, true FROM c
"""  # noqa: E501


@pytest_asyncio.fixture(loop_scope="session")
async def door(running: servers.Running, committed: str, client: httpx.AsyncClient, people: People) -> Door:
    """Bob has come for years, the desk has scanned all day, and next door a lot is on. The planner knows it."""
    door = await opened(people, client)
    here = door.session.activity_id
    owner = await asyncpg.connect(at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    try:
        await owner.fetch(LOG, door.desk.id, door.session.id, door.start)
        await owner.fetch(UNDONE, door.desk.id, door.start)
        await owner.fetch(ACTIVITIES, here)
        await owner.fetch(SESSIONS, here, door.start, 0)
        await owner.fetch(SESSIONS, here, door.start, 1)
        await owner.fetch(STAYS, here, people.bob.id, door.start)
        await owner.execute("ANALYZE")
    finally:
        await owner.close()
    return door


async def read_by(ask: Ask) -> int:
    """How many entries of indexes and rows of tables it reads."""
    async with transaction():
        before = await sql.value(READ)
        await ask()
        return int(await sql.value(READ) - before)


@pytest.mark.scenario("checkin-81")
async def test_a_queue_is_not_compared_with_all_that_its_desk_ever_scanned(door: Door) -> None:
    async def ask() -> None:
        past = await upload_facts.past(door.desk.id, ["before 1", "before 2", *(token_hex(4) for _ in range(50))])
        assert set(past.rows) == set(past.undone) == {"before 1", "before 2"}

    assert await read_by(ask) < FEW


async def test_a_look_at_a_door_reads_no_other_doors_and_no_years(door: Door) -> None:
    asking = Asking(
        scanner_id=door.desk.id,
        operator_id=None,
        source="desk",
        direction="in",
        raw_code=door.bobs.text,
        nonce="n-1",
        activity_ids=(door.session.activity_id,),
        nodes=(door.people.community,),
    )

    async def ask() -> None:
        (known,) = await doors.look([Scan(asking, codes.read(door.bobs.text), door.start)])
        assert [place.session for place in known.schedule.places] == [str(door.session.id)]

    assert await read_by(ask) < FEW


async def test_what_somebodys_scans_are_settled_with_reads_none_of_years_ago(door: Door) -> None:
    bob = door.people.bob.id

    async def ask() -> None:
        assert standing.histories([bob], await standing.take([bob], door.start, door.start))[bob].rows == []

    # Of each session that Bob was ever signed up for it is asked when it was.
    assert await read_by(ask) < 300 + FEW
