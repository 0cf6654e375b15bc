"""How fast promises become credits.

The worker's own function on a backlog, beside pgbench calling the ledger's function one by one.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping

from benchmarks import floor
from benchmarks.cases import CROWDS
from schedules import sql
from timebank import database, servers
from timebank.outbox import intents

BACKLOG = 4000
BATCH = 100

PROMISES = """
INSERT INTO intent (id, business_key, kind, account_id, amount, earned_at, state, next_at, created_at)
SELECT gen_random_uuid(), 'bench:' || gen_random_uuid(), 'credit', a.id, 150, now(), 'pending', now(), now()
  FROM generate_series(1, $1) n JOIN LATERAL (SELECT id FROM account WHERE kind = 'member' ORDER BY id OFFSET n % 1000 LIMIT 1) a ON true
"""
FLOOR = """
\\set n random(1, 1000)
SELECT ledger.credit('floor:' || gen_random_uuid(), gen_random_uuid(), a.id, 150, NULL, now())
  FROM member m JOIN account a ON a.owner_id = m.id WHERE m.number = :n;
"""


async def lines(running: servers.Running, environment: Mapping[str, str], rounds: int) -> AsyncIterator[str]:
    """So many drainers at once, beside as many clients that call the ledger's function one by one; rounds alternate."""
    engine = sql.engine()
    engine.config = engine.config | {"dsn": running.database_url}
    for clients in CROWDS:
        ours, base = [], []
        for _ in range(rounds):
            await database.start_pool(clients + 1)
            try:
                ours.append(await _drained(clients))
            finally:
                await database.close_pool()
            # with our connections closed: 64 and 64 are more than the server takes
            base.append(floor.pgbench(running.owner_url, FLOOR, clients, BACKLOG // 2))
        rate, one_by_one = statistics.median(ours), statistics.median(base)
        yield f"bench credit clients={clients} ours={rate:.0f} sql={one_by_one:.0f} ratio={rate / one_by_one:.2f}"


async def _drained(clients: int) -> float:
    """Credits a second in batches, as worker and sweeper make them."""
    await sql.rows(PROMISES, BACKLOG)
    started = time.perf_counter()
    await asyncio.gather(*(_drain() for _ in range(clients)))
    seconds = time.perf_counter() - started
    left = await sql.value("SELECT count(*) FROM intent WHERE state = 'pending'")
    if left:
        raise RuntimeError(f"{left} promises were not kept")
    return BACKLOG / seconds


async def _drain() -> None:
    """Until nobody finds anything: what somebody else has at this moment may come back."""
    while await sql.value("SELECT EXISTS (SELECT FROM intent WHERE state = 'pending')"):
        async with database.transaction():
            await intents.sweep(BATCH, 0)
