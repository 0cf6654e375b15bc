"""No verb of the ledger, and nothing that a member looks at, reads whole tables: also where a plan is made for any value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import asyncpg

from schedules import sql
from tests import given
from tests.conftest import at_database
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import JUNE, MINUTE, NOW, Shelf
from tests.ledger.test_corrections import correct, served
from timebank import servers
from timebank.database import transaction
from timebank.outbox import intents
from timebank.points import gifts, holds, ledger, statements, wallets
from timebank.points.accounts import open_for
from timebank.rewards import redemptions

OLD = 1500
"""Stays that everybody's wallet has behind it: each was earned and has expired."""
FEW = 400
"""Rows that one verb may look at."""
# Every wallet earned and lost the same again and again, as the worker and the expiry would have booked it.
BEHIND = """
WITH line AS MATERIALIZED (
         SELECT gen_random_uuid() AS id, gen_random_uuid() AS gone, format('attendance:%s:v1', gen_random_uuid()) AS key,
                account_id, posted, seq, n FROM wallet, generate_series(1, $1) n WHERE floor = 0),
     moved AS (
         INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at)
         SELECT id, 'intent:' || key, 'credit', ledger.issuance(), account_id, 10, $2::timestamptz, $2 FROM line UNION ALL
         SELECT gone, 'gone:' || key, 'expire', account_id, ledger.expired(), 10, $2, $2 FROM line),
     posted AS (
         INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after)
         SELECT account_id, seq + 2 * n - 1, id, 10, posted + 10 FROM line UNION ALL
         SELECT account_id, seq + 2 * n, gone, -10, posted FROM line),
     filled AS (
         INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
         SELECT account_id, id, 1, 10, 0, $2 FROM line RETURNING id, transfer_id),
     used AS (
         INSERT INTO lot_use (lot_id, transfer_id, amount)
         SELECT f.id, l.gone, 10 FROM filled f JOIN line l ON l.id = f.transfer_id),
     kept AS (
         INSERT INTO intent (id, business_key, kind, account_id, amount, earned_at, state, transfer_id, next_at, created_at)
         SELECT id, key, 'credit', account_id, 10, $2, 'done', id, $2, $2 FROM line)
UPDATE wallet SET seq = seq + 2 * $1 WHERE floor = 0
"""
READ = "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) AS read FROM pg_stat_xact_user_tables"


async def read() -> dict[str, int]:
    return {row["relname"]: row["read"] for row in await sql.rows(READ)}


class Bob:
    """One with a long history, and what can be done with his points."""

    def __init__(self, folk: People, shelf: Shelf) -> None:
        self.folk, self.shelf = folk, shelf

    async def prepare(self) -> None:
        folk = self.folk
        self.wallet, self.carols, self.pool = [await open_for(who) for who in (folk.bob.id, folk.carol.id, folk.community)]
        self.stay = await served(folk, 120)
        self.held = await purse.hold(folk.bob, 1)
        self.voided = await purse.hold(folk.bob, 1)
        self.receipt = await self.shelf.redeem(folk.bob, scope="device:k1", key="bought")
        self.credit = await purse.earn(folk.bob, 3)
        self.waits = [await purse.promised(folk.bob, 1) for _ in range(4)]
        await purse.earn(folk.dan, 1, expires_at=NOW + MINUTE)

    def verbs(self) -> dict[str, Callable[[], Awaitable[object]]]:
        folk, late = self.folk, NOW + timedelta(hours=1)
        return {
            "a check-out promises": lambda: purse.promised(folk.bob, 1),
            "a promise is kept": lambda: intents.keep(self.waits[0], NOW),
            "promises are kept": lambda: intents.keep_many(self.waits[1:3], NOW),
            "the sweeper sweeps": lambda: intents.sweep(10, 0),
            "a stay is corrected downwards": lambda: correct(folk, self.stay, 2, 90),
            "a stay is corrected upwards": lambda: correct(folk, self.stay, 3, 150),
            "a credit is reversed": lambda: ledger.reverse(self.credit, folk.dan.id, "wrong", at=NOW),
            "a gift": lambda: ledger.move("gift:1", "gift", self.wallet, self.carols, 100, folk.bob.id, at=NOW),
            "a donation": lambda: ledger.move("donate:1", "donate", self.wallet, self.pool, 100, folk.bob.id, at=NOW),
            "a hold": lambda: purse.hold(folk.bob, 1),
            "a capture": lambda: holds.capture(self.held.id, 100, folk.bob.id, NOW),
            "a hold is given back": lambda: holds.release(self.voided.id, NOW),
            "a redemption": lambda: self.shelf.redeem(folk.bob, key="one"),
            "a redemption again": lambda: self.shelf.redeem(folk.bob, key="one"),
            "a redemption is undone": lambda: redemptions.undo(self.receipt.id, folk.dan.id, "broken", restock=True, at=NOW),
            "points expire": lambda: ledger.settle_due(10, late),
            "a balance": lambda: wallets.balance(folk.bob.id, NOW),
            "what expires": lambda: wallets.expiring(folk.bob.id, NOW),
            "a history": lambda: wallets.history(folk.bob.id),
            "the history's next page": lambda: wallets.history(folk.bob.id, 1000),
            "what waits": lambda: wallets.waiting(folk.bob.id),
            "gifts": lambda: gifts.of_member(folk.bob.id),
            "a statement": lambda: statements.lines(folk.bob.id, NOW - timedelta(days=9), JUNE),
            "what there was before it": lambda: statements.balance_before(folk.bob.id, NOW - timedelta(days=9)),
            "what staff did": lambda: statements.acted(folk.dan.id, NOW - timedelta(days=1), JUNE, 100),
            "the backlog": intents.backlog,
        }


async def test_no_verb_reads_more_than_it_needs_of_a_ledger_with_years_behind_it(
    running: servers.Running, committed: str
) -> None:
    """Bob has thousands of lines himself, and every plan is made without knowing for whom."""
    async with transaction():
        folk = await given.people(NOW)
        bob = Bob(folk, await purse.shelf(folk, 9, price=1))
        for person in (folk.bob, folk.carol, folk.dan):
            await purse.earn(person, 20)
    await years_behind(at_database(running.owner_url, committed.partition("?")[0].rpartition("/")[2]))
    async with transaction():
        await bob.prepare()
        await sql.rows("SET LOCAL plan_cache_mode = force_generic_plan")
        await sql.rows("DISCARD PLANS")
        too_much: dict[tuple[str, str], int] = {}
        for name, verb in bob.verbs().items():
            before = await read()
            await verb()
            after = {table: rows - before.get(table, 0) for table, rows in (await read()).items()}
            too_much |= {(name, table): rows for table, rows in after.items() if rows > FEW}
        assert too_much == {}
        await purse.sound()


async def years_behind(url: str) -> None:
    """By the owner, whom no limit stops, and who tells the planner what there is."""
    owner = await asyncpg.connect(url)
    try:
        await owner.execute("SET jit = off")
        await owner.fetch(BEHIND, OLD, NOW - timedelta(days=400))
        await owner.execute("ANALYZE")
    finally:
        await owner.close()


async def test_promises_and_credits_are_compared_in_one_pass_where_nothing_is_known_about_the_tables(tx: None) -> None:
    """As after a restore, when reconciling is the first thing done: each credit looked for among all promises takes hours."""
    plan = "\n".join(row[0] for row in await sql.rows("EXPLAIN SELECT * FROM reconcile.promise_kept_is_one_credit"))
    assert "Full Join" in plan, plan
