"""Many at one wallet, one promise, one hold: with real commits."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import date
from uuid import UUID

import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, POINT
from tests.races.crowd import LOCKED_OUT, all_at_once, alone, beside, insisted, neighbours, sound
from timebank.database import transaction
from timebank.outbox import intents
from timebank.points import accounts, holds, ledger
from timebank.points.refusals import HoldOver, InsufficientPoints

pytestmark = pytest.mark.race


@pytest.mark.scenario("ledger-14")
async def test_promises_of_one_member_kept_at_once_follow_each_other(folk: People) -> None:
    for _ in range(10):
        some = [await purse.promised(folk.bob, 1) for _ in range(4)]
        assert await all_at_once(intents.keep(one) for one in some) == ["done"] * 4
    lines = await sql.rows(
        "SELECT seq, balance_after FROM posting WHERE account_id = $1 ORDER BY seq", await purse.account(folk.bob)
    )
    assert [tuple(line) for line in lines] == [(n, n * POINT) for n in range(1, 41)]


@pytest.mark.scenario("ledger-17")
async def test_a_promise_delivered_five_times_at_once_is_one_transfer(folk: People) -> None:
    """guards Q2"""
    for _ in range(10):
        promise = await purse.promised(folk.bob, 1)
        outcomes = await all_at_once(intents.keep(promise) for _ in range(5))
        assert Counter(outcomes) == {"done": 1, "gone": 4}
    assert await purse.available(folk.bob) == 10


@pytest.mark.scenario("ledger-18")
async def test_worker_and_sweeper_take_one_promise_and_neither_waits(folk: People) -> None:
    promise = await purse.promised(folk.bob, 1)
    taken, finish = asyncio.Event(), asyncio.Event()

    async def slow_worker() -> str:
        async with transaction():
            outcome = await intents.keep(promise)
            taken.set()
            await finish.wait()
            return outcome

    worker = asyncio.create_task(slow_worker())
    await taken.wait()
    started = time.monotonic()
    assert await intents.keep(promise) == "gone"
    assert await intents.sweep(100, 0) == (0, 0)
    assert await intents.keep_many([promise]) == intents.Kept(0, [])
    assert time.monotonic() - started < LOCKED_OUT
    finish.set()
    assert await worker == "done"
    assert await purse.available(folk.bob) == 1


async def test_a_batch_goes_round_a_wallet_that_somebody_sits_on(folk: People) -> None:
    stuck, free = await purse.promised(folk.bob, 1), await purse.promised(folk.carol, 1)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        started = time.monotonic()
        kept = await beside(intents.keep_many([stuck, free]))
        assert (kept.count, kept.left_over) == (1, [stuck])
        assert time.monotonic() - started < LOCKED_OUT
    assert await intents.keep(stuck) == "done"


@pytest.mark.scenario("ledger-24")
async def test_one_key_twenty_times_at_once_holds_once_and_gives_once(folk: People) -> None:
    await purse.earn(folk.bob, 10)
    for _ in range(3):
        key = str(time.monotonic_ns())
        found = await all_at_once(purse.hold(folk.bob, 2, key=key, at=None) for _ in range(20))  # type: ignore[arg-type]
        assert Counter((one.id, one.is_replay) for one in found).most_common(1)[0][1] == 19
        assert len({one.id for one in found}) == 1
        await holds.release(found[0].id)
    bob, carol = await purse.account(folk.bob), await purse.account(folk.carol)
    gifts = await all_at_once(ledger.move("gift:1", "gift", bob, carol, 600, folk.bob.id) for _ in range(20))
    assert len(set(gifts)) == 1
    assert (await purse.available(folk.bob), await purse.available(folk.carol)) == (4, 6)


@pytest.mark.scenario("ledger-45")
async def test_of_capture_and_void_at_once_exactly_one_wins(folk: People) -> None:
    await purse.earn(folk.bob, 100)
    wins: Counter[str] = Counter()
    for round_number in range(20):
        held = await purse.hold(folk.bob, 2, at=None)  # type: ignore[arg-type]
        tries = [holds.capture(held.id, 200, folk.bob.id), holds.release(held.id)]
        found = await all_at_once(tries if round_number % 2 else tries[::-1])
        assert sum(isinstance(one, HoldOver) for one in found) == 1, found
        wins[str(await sql.value("SELECT state FROM hold WHERE id = $1", held.id))] += 1
    assert set(wins) <= {"captured", "voided"}
    assert (await purse.balance(folk.bob)).posted == 10_000 - 200 * wins["captured"]


@pytest.mark.scenario("ledger-46")
async def test_of_capture_and_expiry_at_the_last_instant_exactly_one_wins(folk: People) -> None:
    await purse.earn(folk.bob, 100)
    captured = 0
    for step in range(20):
        held = await purse.hold(folk.bob, 2, lasts=20 * purse.SECOND / 1000, at=None)  # type: ignore[arg-type]
        await asyncio.sleep(0.010 + step * 0.001)
        found, _ = await all_at_once([holds.capture(held.id, 200, folk.bob.id), ledger.settle_due(10)])
        captured += not isinstance(found, HoldOver)
        await ledger.settle_due(10)
        state = await sql.value("SELECT state FROM hold WHERE id = $1", held.id)
        assert state == ("expired" if isinstance(found, HoldOver) else "captured"), found
    assert (await purse.balance(folk.bob)).posted == 10_000 - 200 * captured


@pytest.mark.scenario("ledger-56")
async def test_a_spend_that_waits_past_the_end_of_the_points_is_judged_after_it(folk: People) -> None:
    shelf = await purse.shelf(folk, 1)
    ends_at = await sql.value("SELECT clock_timestamp() + interval '1200 milliseconds'")
    await purse.earn(folk.bob, 10, expires_at=ends_at, at=None)
    locked = asyncio.Event()

    async def sit_on_the_wallet() -> None:
        async with transaction():
            await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
            locked.set()
            while await sql.value("SELECT clock_timestamp() <= $1", ends_at):
                await sql.value("SELECT pg_sleep(0.02)")

    sitter = asyncio.create_task(sit_on_the_wallet())
    await locked.wait()
    assert await sql.value("SELECT clock_timestamp() < $1", ends_at)
    (answer,) = await all_at_once([shelf.redeem(folk.bob, at=None)])
    await sitter
    assert isinstance(answer, InsufficientPoints), answer
    assert answer.facts["available"] == 0


@pytest.mark.scenario("ledger-57")
async def test_expiry_jobs_at_once_take_each_lot_once(folk: People) -> None:
    people = [folk.bob, folk.carol, folk.dan, folk.alice]
    for person in people:
        for _ in range(5):
            await purse.earn(person, 1, expires_at=purse.JUNE)
    settled = await all_at_once(ledger.settle_due(10, purse.JUNE) for _ in range(8))
    assert sum(settled) == len(people)
    assert await sql.value("SELECT count(*) FROM transfer WHERE kind = 'expire'") == 20
    assert await sql.value("SELECT sum(posted) FROM wallet") == 0


@pytest.mark.scenario("ledger-81")
async def test_gifts_that_cross_each_other_do_not_deadlock(folk: People) -> None:
    for person in (folk.bob, folk.carol):
        await purse.earn(person, 50)
    bob, carol = await purse.account(folk.bob), await purse.account(folk.carol)
    both = [(bob, carol, folk.bob.id), (carol, bob, folk.carol.id)]

    async def gift(n: int) -> UUID:
        giver, taker, actor = both[n % 2]
        return await insisted(lambda: ledger.move(f"g:{n}", "gift", giver, taker, 10, actor))

    given = await asyncio.gather(*(gift(n) for n in range(200)))
    assert await sql.value("SELECT array_agg(id ORDER BY id) FROM transfer WHERE kind = 'gift'") == sorted(set(given))
    assert len(set(given)) == 200
    assert await sql.value("SELECT array_agg(posted) FROM wallet WHERE account_id = ANY ($1)", [bob, carol]) == [5000, 5000]


@pytest.mark.scenario("ledger-91")
async def test_batches_from_a_pool_at_once_never_take_it_below_zero(folk: People) -> None:
    pool = await accounts.open_for(folk.community)
    await purse.earn(folk.bob, 40)
    await ledger.move("donation", "donate", await purse.account(folk.bob), pool, 4000, folk.bob.id)
    takers = [await purse.account(person) for person in (folk.carol, folk.dan)]
    found = await all_at_once(
        ledger.move(f"issue:{n}", "issue", pool, taker, 2500, folk.erin.id) for n, taker in enumerate(takers)
    )
    assert sum(isinstance(one, InsufficientPoints) for one in found) == 1, found
    assert await sql.value("SELECT posted FROM wallet WHERE account_id = $1", pool) == 1500


@pytest.mark.scenario("ledger-107")
async def test_fifty_check_outs_at_once_keep_the_days_cap(folk: People) -> None:
    day = date(2026, 11, 26)
    found = await all_at_once(
        intents.promise(f"attendance:{n}:v1", folk.bob.id, 100, earned_at=NOW, at=NOW, day_cap=400, service_on=day)
        for n in range(50)
    )
    assert Counter((one.amount, one.state) for one in found) == {(100, "pending"): 4, (0, "nothing"): 46}
    assert (await intents.keep_many([one.id for one in found])).count == 4
    assert await purse.available(folk.bob) == 4


@pytest.mark.scenario("ledger-107")
async def test_a_check_out_waits_for_the_one_before_and_is_judged_by_what_that_left_of_the_cap(folk: People) -> None:
    day = date(2026, 11, 26)

    async def check_out(key: str, units: int) -> intents.Promise:
        return await intents.promise(key, folk.bob.id, units, earned_at=NOW, at=NOW, day_cap=400, service_on=day)

    await check_out("first", 100)
    async with transaction():
        assert (await check_out("second", 200)).amount == 200
        third = beside(check_out("third", 200))
        await asyncio.sleep(0.3)
        assert not third.done()
    assert (await third).amount == 100


async def test_an_account_asked_for_by_many_at_once_is_opened_once(folk: People) -> None:
    accounts_found = await all_at_once(accounts.open_for(folk.elsewhere) for _ in range(20))
    assert len(set(accounts_found)) == 1


async def test_a_promise_made_twice_at_once_is_one(folk: People) -> None:
    for n in range(5):
        found = await all_at_once(
            intents.promise(f"attendance:{n}:v1", folk.bob.id, 100, earned_at=NOW, at=NOW) for _ in range(10)
        )
        assert len({one.id for one in found}) == 1
    assert await sql.value("SELECT count(*) FROM intent") == 5


@pytest.mark.scenario("ledger-36")
async def test_two_workers_and_two_sweepers_drain_a_backlog_and_keep_each_promise_once(folk: People) -> None:
    people = await neighbours(folk, 40, points=0)
    number = 4000
    await sql.rows(
        "INSERT INTO intent (id, business_key, kind, account_id, amount, earned_at, next_at, created_at) "
        "SELECT gen_random_uuid(), 'backlog:' || n, 'credit', ledger.account_of(($1::uuid[])[1 + n % cardinality($1)]), 100, "
        "now(), now() - interval '5 seconds', now() FROM generate_series(1, $2::int) n",
        [person.id for person in people],
        number,
    )
    waiting = [row["id"] for row in await sql.rows("SELECT id FROM intent")]

    async def worker(share: int) -> int:
        kept = 0
        for start in range(0, number, 50):
            done = await intents.keep_many(waiting[start : start + 50] if share else waiting[::-1][start : start + 50])
            kept += done.count + sum([await intents.keep(one) == "done" for one in done.left_over])
        return kept

    async def sweeper() -> int:
        kept = 0
        while await sql.value("SELECT count(*) FROM intent WHERE state = 'pending'"):
            kept += (await intents.sweep(100, 1))[0]
        return kept

    shares = await asyncio.gather(worker(0), worker(1), sweeper(), sweeper())
    assert sum(shares) == number
    assert await sql.value("SELECT count(*) FROM transfer") == number
    assert await sql.value("SELECT sum(posted) FROM wallet") == number * POINT
    assert await sql.value("SELECT count(*) FROM intent WHERE last_error IS NOT NULL") == 0
    await sound()
    assert await alone(intents.backlog()) == intents.Backlog(0, 0, 0.0)
