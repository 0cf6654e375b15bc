"""How fast promises become credits.

The worker's own function on a backlog, beside pgbench calling the ledger's function one by one.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from uuid import UUID

from benchmarks import floor
from schedules import sql
from timebank import database, servers
from timebank.outbox import intents

BACKLOG = 4000
BATCH = 100

PROMISES = """
INSERT INTO intent (id, business_key, kind, account_id, amount, earned_at, state, next_at, created_at)
SELECT gen_random_uuid(), 'bench:' || gen_random_uuid(), 'credit', a.id, 150, now(), 'pending', now(), now()
  FROM generate_series(1, $1) n JOIN LATERAL (SELECT id FROM account WHERE kind = 'member' ORDER BY id OFFSET n % 1000 LIMIT 1) a ON true
RETURNING id
"""
FLOOR = """
\\set n random(1, 1000)
SELECT ledger.credit('floor:' || gen_random_uuid(), gen_random_uuid(), a.id, 150, NULL, now())
  FROM member m JOIN account a ON a.owner_id = m.id WHERE m.number = :n;
"""


async def line(running: servers.Running, environment: Mapping[str, str], rounds: int) -> str:
    engine = sql.engine()
    engine.config = engine.config | {"dsn": running.database_url}
    await database.start_pool(4)
    try:
        ours = [await _drained() for _ in range(rounds)]
    finally:
        await database.close_pool()
    base = [floor.pgbench(running.owner_url, FLOOR, 1, BACKLOG // 2) for _ in range(rounds)]
    rate, one_by_one = statistics.median(ours), statistics.median(base)
    return f"bench credit clients=1 ours={rate:.0f} sql={one_by_one:.0f} ratio={rate / one_by_one:.2f}"


async def _drained() -> float:
    """Credits a second of one drainer in batches, as worker and sweeper do it."""
    waiting: list[UUID] = [row["id"] for row in await sql.rows(PROMISES, BACKLOG)]
    started = time.perf_counter()
    for first in range(0, len(waiting), BATCH):
        async with database.transaction():
            await intents.keep_many(waiting[first : first + BATCH])
    seconds = time.perf_counter() - started
    left = await sql.value("SELECT count(*) FROM intent WHERE state = 'pending'")
    if left:
        raise RuntimeError(f"{left} promises were not kept")
    return len(waiting) / seconds
