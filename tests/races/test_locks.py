"""Whom everybody waits for, and what they hold meanwhile: the order of locks, one at a time and without luck.

Somebody sits on a row. Whoever needs it waits for it before they lock what comes after it, or goes round it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from schedules import sql
from tests.given import People, Person
from tests.ledger import purse
from tests.ledger.purse import DECEMBER, MINUTE, NOW
from tests.ledger.test_corrections import correct, served
from tests.races.crowd import alone, beside, neighbours
from timebank.database import transaction
from timebank.outbox import intents
from timebank.people.departures import Step
from timebank.points import accounts, closing, gifts, holds, ledger, pools, seals
from timebank.rewards import orders

pytestmark = pytest.mark.race
WEEK = timedelta(days=7)
Verb = Callable[[], Coroutine[Any, Any, Any]]
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@asynccontextmanager
async def somebody_else() -> AsyncIterator[asyncpg.Connection]:
    """A transaction beside ours."""
    pool = sql.engine().pool
    assert pool is not None
    async with pool.acquire() as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def sitting_on(table: str, row: UUID | int, column: str = "id") -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's transaction that has locked this row."""
    async with somebody_else() as connection:
        await connection.fetch(f"SELECT FROM {table} WHERE {column} = $1 FOR NO KEY UPDATE", row)
        yield connection


async def patiently(verb: Verb) -> Any:
    """In a transaction that waits for longer than a slow machine takes to look at it."""
    async with transaction():
        await sql.rows("SELECT set_config(name, '60s', true) FROM unnest('{lock_timeout,statement_timeout}'::text[]) name")
        return await verb()


async def waiting(verb: Verb, others: int = 0) -> asyncio.Task[Any]:
    """Under way, and waiting for somebody as so many others do; or over, where it waited for nobody."""
    task = beside(patiently(verb))
    await until_it_waits(task, others)
    return task


async def until_it_waits(task: asyncio.Task[Any], others: int = 0) -> None:
    while not task.done() and await sql.value(WAITING) <= others:  # noqa: ASYNC110  # PostgreSQL sets no event
        await asyncio.sleep(0.005)


async def free(connection: asyncpg.Connection, wallets: list[int]) -> bool:
    """Whether the one who sits there could lock these wallets now."""
    try:
        async with connection.transaction():
            await connection.fetch("SELECT FROM wallet WHERE account_id = ANY ($1) FOR NO KEY UPDATE NOWAIT", wallets)
    except asyncpg.LockNotAvailableError:
        return False
    return True


@dataclass(frozen=True)
class Case:
    """`verb` waits for the row of `table`, and holds none of the wallets `after` meanwhile."""

    table: str
    row: UUID | int
    verb: Verb
    after: list[int]

    async def wrong(self) -> str:
        async with sitting_on(self.table, self.row, "account_id" if self.table == "wallet" else "id") as somebody:
            task = await waiting(self.verb)
            found = (
                "waits for nobody" if task.done() else "" if await free(somebody, self.after) else "holds a wallet and waits"
            )
        await task
        return found


async def bought_back(hold_id: UUID, by: Person) -> None:
    await sql.rows("SELECT ledger.return_capture($1, $2, 'closed', interval '7 days')", hold_id, by.id)


async def paid(hold_id: UUID, by: Person) -> None:
    await sql.rows("SELECT * FROM ledger.pay_exchange($1, 100, NULL, $2)", hold_id, by.id)


async def close(person: Person, heir: Person, people: People) -> None:
    order: list[Step] = ["beneficiary", "pool"]
    await closing.close(f"leave:{person.id}", person.id, order, people.community, people.dan.id, "left", heir.id, 450)


async def test_whoever_waits_for_a_gift_a_hold_or_a_promise_holds_no_wallet(folk: People) -> None:
    """In any other order two of them, or one of them and a spend of the same wallet, wait for each other."""
    bob, carol = await accounts.open_for(folk.bob.id), await accounts.open_for(folk.carol.id)
    pool = await accounts.open_for(folk.community)
    wallets = [bob, carol, pool]
    stay = await alone(served(folk, 120))
    await purse.earn(folk.bob, 50)
    await pools.donate(folk.bob.id, folk.community, 500)
    first, second, third = [await gifts.give(folk.bob.id, folk.carol.id, 100, "", WEEK, None) for _ in range(3)]
    captured, voided, back = [await purse.hold(folk.bob, 1, lasts=WEEK, at=None) for _ in range(3)]  # type: ignore[arg-type]
    await alone(holds.capture(back.id, 100, folk.bob.id))
    # Of a purpose that stands alone: the exchange behind it is the neighbours' room.
    help_ = await holds.place("device:k1", "1", b"same", bob, 100, "booking", folk.bob.id, WEEK, to_account=carol)
    issue = await pools.propose(folk.community, "festival", [(folk.carol.id, 50)], folk.dan.id, NOW)
    promise = await purse.promised(folk.bob, 1)
    first_hold = await sql.value("SELECT hold_id FROM gift WHERE id = $1", third.id)
    stays = await sql.value("SELECT id FROM intent WHERE business_key = $1", f"attendance:{stay}:v1")
    cases = {
        "a yes to a gift": Case("gift", first.id, lambda: gifts.accept(first.id, None), wallets),
        "a gift withdrawn": Case("gift", second.id, lambda: gifts.end(second.id, "withdrawn"), wallets),
        "a yes, for the gift's hold": Case("hold", first_hold, lambda: gifts.accept(third.id, None), wallets),
        "a capture": Case("hold", captured.id, lambda: holds.capture(captured.id, 100, folk.bob.id), wallets),
        "a release": Case("hold", voided.id, lambda: holds.release(voided.id), wallets),
        "a capture given back": Case("hold", back.id, lambda: bought_back(back.id, folk.dan), wallets),
        "help that is paid": Case("hold", help_.id, lambda: paid(help_.id, folk.bob), wallets),
        "a list carried out": Case("pool_issue", issue, lambda: pools.carry_out(issue, folk.erin.id), wallets),
        "a correction": Case("intent", stays, lambda: correct(folk, stay, 2, 90), wallets),
        "leaving, for a promise": Case("intent", promise, lambda: close(folk.bob, folk.carol, folk), wallets),
    }
    assert {name: wrong for name, case in cases.items() if (wrong := await case.wrong())} == {}


async def test_leaving_waits_for_a_hold_before_it_locks_wallets(folk: People) -> None:
    await purse.earn(folk.bob, 5)
    held = await purse.hold(folk.bob, 1, lasts=WEEK, at=None)  # type: ignore[arg-type]
    case = Case("hold", held.id, lambda: close(folk.bob, folk.carol, folk), [await accounts.open_for(folk.bob.id)])
    assert await case.wrong() == ""


async def test_several_wallets_are_locked_from_the_lowest_whoever_gives(folk: People) -> None:
    pool = await accounts.open_for(folk.community)
    lower, higher, heir = await neighbours(folk, 3, 5)
    await pools.donate(heir.id, folk.community, 100)
    below, above, heirs = [await accounts.open_for(one.id) for one in (lower, higher, heir)]
    assert pool < below < above < heirs
    issue = await pools.propose(folk.community, "festival", [(higher.id, 50), (lower.id, 50)], folk.dan.id, NOW)
    cases = {
        "a list": Case("wallet", below, lambda: pools.carry_out(issue, folk.erin.id), [above]),
        "leaving": Case("wallet", pool, lambda: close(higher, heir, folk), [above, heirs]),
    }
    assert {name: wrong for name, case in cases.items() if (wrong := await case.wrong())} == {}


async def test_an_order_handed_over_twice_at_once_is_one_receipt(folk: People) -> None:
    """The second waits for the hold and finds the first one's receipt."""
    shelf = await purse.shelf(folk, 2, price=1)
    await purse.earn(folk.bob, 5)
    held = await orders.set_aside(purse.unit(shelf.reward, folk.bob), shelf.place, folk.bob.id, WEEK)
    async with sitting_on("hold", held.id):
        tasks = [await waiting(lambda: orders.handed_over(held.id, folk.bob.id), n) for n in range(2)]
    one, other = [await task for task in tasks]
    assert (one.id, await shelf.count()) == (other.id, 1)


async def test_nobody_waits_for_what_somebody_else_tidies(folk: People) -> None:
    """A spend goes round a hold that is being captured, the clearing round a wallet in use, a seal round a seal."""
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 5, expires_at=DECEMBER)
    bob, carol = await accounts.open_for(folk.bob.id), await accounts.open_for(folk.carol.id)
    due = await purse.hold(folk.bob, 1, lasts=MINUTE)
    later = NOW + 2 * MINUTE

    async def spend() -> UUID:
        return await ledger.move("spent", "gift", bob, carol, 100, folk.bob.id, at=later)

    async with sitting_on("hold", due.id):
        assert await round_it(spend)
    async with sitting_on("wallet", bob, "account_id"):
        assert await round_it(lambda: ledger.settle_due(10, DECEMBER)) == 1
    async with somebody_else() as connection:
        await connection.fetch("SELECT pg_advisory_xact_lock(hashtext('ledger.seal'))")
        assert await round_it(lambda: seals.seal(NOW)) == 0


async def round_it(verb: Verb) -> Any:
    """What it answers, where it waits for nobody."""
    task = await waiting(verb)
    assert task.done(), "it waits"
    return await task


async def test_promises_go_round_a_pool_that_somebody_sits_on(folk: People) -> None:
    """The wallet came to its cap: what lies above it needs the pool, whose row comes before the member's."""
    pool = await accounts.open_for(folk.community)
    (late,) = await neighbours(folk, 1, 0)
    mine = await accounts.open_for(late.id)
    assert pool < mine
    one, other = [await promised(late, folk, key) for key in ("one", "other")]
    async with sitting_on("wallet", pool, "account_id") as somebody:
        assert await round_it(lambda: intents.keep_many([other])) == intents.Kept(0, [other])
        async with sitting_on("wallet", mine, "account_id") as earning:
            await earning.fetch("SELECT ledger.credit('before', gen_random_uuid(), $1, 300, NULL, now())", mine)
            task = beside(patiently(lambda: intents.keep(one)))
            await until_it_waits(task)
        # The wallet is full now, as it did not look before: it holds the wallet and needs the pool, against the order.
        assert await asyncio.wait_for(task, 30) == "later"
        assert await free(somebody, [mine])
    await alone(sql.rows("UPDATE intent SET next_at = now()"))
    assert [await alone(intents.keep(each)) for each in (one, other)] == ["done", "done"]


async def promised(person: Person, people: People, key: str) -> UUID:
    payload = {"wallet_cap": 300, "above_cap": "pool", "pool": str(people.community)}
    units = {"one": 200, "other": 400}[key]
    return (await intents.promise(f"attendance:{uuid4()}:v1", person.id, units, earned_at=NOW, at=NOW, payload=payload)).id
