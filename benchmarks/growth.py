"""What becomes slower as the ledger grows: a check-out, a balance and a redemption with few and with many transfers behind them.

`--transfers` says how many there are in the end. They are made set-based, as one that earns and one that expires in turn, with
their postings, lots and uses, so that every reconciliation view stays empty: nothing is switched off for it. Reconciling them
all is timed as well.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator

import asyncpg

from benchmarks import load
from benchmarks.cases import Supply, bearer
from benchmarks.load import request
from benchmarks.world import World
from timebank import database
from timebank.points import reconcile

FEW = 10_000
CHUNK = 100_000
REQUESTS = 200
OF_THE_WORLD = ("stock_is_its_moves", "attendance_has_its_promise")
"""Its shelves were filled at once, and its last year of stays promised nothing."""
WHAT = ("check-out", "balance", "redeem")
# Every wallet earns 10 and loses them again, over and over, in the years before: of each chunk the odd lines earn, the even ones expire.
OLDER = """
WITH w AS MATERIALIZED (SELECT account_id, posted, seq, row_number() OVER (ORDER BY account_id) - 1 AS turn, count(*) OVER () AS wallets
                          FROM wallet JOIN account a ON a.id = account_id WHERE a.kind = 'member'),
     line AS MATERIALIZED (
         SELECT gen_random_uuid() AS id, w.account_id, w.posted, w.seq + 2 * (n / w.wallets) + half AS seq, half, n, $2::bigint + n AS pair
           FROM generate_series(0, $1 / 2 - 1) n JOIN w ON w.turn = n % w.wallets, generate_series(1, 2) half),
     moved AS (
         INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at)
         SELECT id, 'older:' || pair || ':' || half, CASE half WHEN 1 THEN 'credit' ELSE 'expire' END,
                CASE half WHEN 1 THEN ledger.issuance() ELSE account_id END, CASE half WHEN 1 THEN account_id ELSE ledger.expired() END,
                10, now() - interval '1 year', now() - interval '1 year' FROM line),
     posted AS (
         INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after)
         SELECT account_id, seq, id, CASE half WHEN 1 THEN 10 ELSE -10 END, posted + CASE half WHEN 1 THEN 10 ELSE 0 END FROM line),
     filled AS (
         INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
         SELECT account_id, id, 1, 10, 0, now() - interval '1 year' FROM line WHERE half = 1 RETURNING id, transfer_id),
     used AS (
         INSERT INTO lot_use (lot_id, transfer_id, amount)
         SELECT f.id, gone.id, 10 FROM filled f JOIN line made ON made.id = f.transfer_id JOIN line gone ON gone.n = made.n AND gone.half = 2)
UPDATE wallet SET seq = s.last FROM (SELECT account_id, max(seq) AS last FROM line GROUP BY account_id) s WHERE wallet.account_id = s.account_id
"""


async def lines(world: World, supply: Supply, rounds: int, transfers: int) -> AsyncIterator[str]:
    """The same requests before and after; `ratio` is many to few, of medians over the rounds."""
    owner = await asyncpg.connect(world.owner_url)
    try:
        await _grow(owner, FEW)
        few = _measured(world, supply, rounds)
        started = time.perf_counter()
        await _grow(owner, transfers)
        yield f"bench grown transfers={transfers} seconds={time.perf_counter() - started:.0f}"
        many = _measured(world, supply, rounds)
    finally:
        await owner.close()
    for what in WHAT:
        yield (
            f"bench grown-{what} transfers={FEW},{transfers} p50={few[what]:.2f}ms,{many[what]:.2f}ms "
            f"ratio={many[what] / few[what]:.2f}"
        )
    yield await _reconciled(transfers)


async def _grow(owner: asyncpg.Connection, transfers: int) -> None:
    have = int(await owner.fetchval("SELECT count(*) FROM transfer"))
    while have < transfers:
        more = min(CHUNK, transfers - have) // 2 * 2 or 2
        await owner.execute("SET jit = off")
        await owner.execute(OLDER.replace("$1", str(more)).replace("$2", str(have)), timeout=3600)
        have += more
    await owner.execute("VACUUM ANALYZE", timeout=3600)


def _measured(world: World, supply: Supply, rounds: int) -> dict[str, float]:
    """Milliseconds of one client, the median of each round's medians. The first requests of a server are not counted."""
    for what in WHAT:
        _once(world, supply, what)
    return {what: statistics.median(_once(world, supply, what) for _ in range(rounds)) for what in WHAT}


def _once(world: World, supply: Supply, what: str) -> float:
    if what == "balance":
        sent = [request("GET", "/api/v1/me", headers=[bearer(token)]) for token in world.tokens[:REQUESTS]]
    elif what == "redeem":
        sent = [request("POST", path, body, headers) for path, body, headers in supply.redemption(REQUESTS)]
    else:
        coming = supply.scan(REQUESTS)
        load.run(world.port, [[request("POST", path, body, headers) for path, body, headers in coming]])
        leaving = [
            (path, body.replace(b'"in"', b'"out"').replace(b'"nonce": "', b'"nonce": "o'), headers)
            for path, body, headers in coming
        ]
        sent = [request("POST", path, body, headers) for path, body, headers in leaving]
    result = load.run(world.port, [sent])
    if not set(result.statuses) <= {200, 201}:
        raise RuntimeError(f"{what}: {result.statuses}")
    return result.quantile(0.5)


async def _reconciled(transfers: int) -> str:
    started = time.perf_counter()
    async with database.transaction():
        report = await reconcile.check()
    seconds = time.perf_counter() - started
    wrong = [finding for finding in report.findings if finding.view not in OF_THE_WORLD]
    if wrong:
        raise RuntimeError(f"the ledger disagrees: {wrong}")
    return f"bench reconcile transfers={transfers} views={len(report.views)} seconds={seconds:.1f} each_second={transfers / seconds:.0f}"
