"""What lies beside a scan, by the hundred, and how much of it a statement reads; the planner knows that it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import asyncpg

from schedules import codes, sql
from tests.conftest import at_database
from tests.door.doors import Door
from timebank import servers
from timebank.actions.door.door import Asking, Scan
from timebank.database import transaction

Ask = Callable[[], Awaitable[None]]
FEW = 30
"""Rows, of hundreds that lie beside."""

READ = """
SELECT sum(pg_stat_get_xact_tuples_returned(c.oid))::int FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
 WHERE coalesce(i.indrelid, c.oid) = ANY ($1::text[]::regclass[])
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


async def fill(running: servers.Running, committed: str, *statements: tuple[object, ...]) -> None:
    """Each statement with its values, by the owner, whom no limit stops; then the planner counts."""
    owner = await asyncpg.connect(at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    try:
        for statement, *values in statements:
            await owner.fetch(str(statement), *values)
        await owner.execute("ANALYZE")
    finally:
        await owner.close()


async def read_by(ask: Ask, *tables: str) -> int:
    """How many rows of the tables and entries of their indexes it reads, in a transaction of its own."""
    async with transaction():
        before = await sql.value(READ, list(tables))
        await ask()
        return int(await sql.value(READ, list(tables)) - before)


def bobs(door: Door, direction: Literal["in", "out"] = "in", minutes: int = 0) -> Scan:
    """Bob's card at the desk, that many minutes after the start."""
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
