"""The sweeper finishes what is left, whatever happens to a connection, and runs the table of periodic work."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.races.crowd import beside
from timebank.database import transaction
from timebank.jobs import items, periodic, prove, runs, sweep
from timebank.jobs.runs import Periodic
from timebank.outbox import intents
from timebank.rewards import receipts

pytestmark = pytest.mark.fault


async def waited(seconds: float) -> None:
    await sql.rows(
        "UPDATE intent SET next_at = w.at, due_at = w.at FROM (SELECT clock_timestamp() - make_interval(secs => $1) AS at) w "
        "WHERE state = 'pending'",
        seconds,
    )


async def whole_table() -> None:
    """Every job of the table that is due."""
    lanes = sweep.Lanes()
    await lanes.start_due()
    await lanes.finish()


async def test_a_backend_killed_inside_a_round_leaves_the_next_round_whole(
    folk: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """guards P2"""
    await purse.promised(folk.bob, 1)
    await waited(2)
    killed = 0

    async def in_a_transaction(*asked: Any) -> Any:
        nonlocal killed
        async with transaction():
            found = await sql.one("SELECT kept, tried FROM ledger.sweep($1, make_interval(secs => $2))", *asked)
            if killed < 4:
                killed += 1
                await beside(sql.rows("SELECT pg_terminate_backend($1)", await sql.value("SELECT pg_backend_pid()")))
            await sql.rows("SELECT 1")
        return found["kept"], found["tried"]

    monkeypatch.setattr(intents, "sweep", in_a_transaction)
    with capture_logs() as logs:
        for _ in range(5):
            await sweep.sweep()
    assert killed == 4
    assert [entry["event"] for entry in logs] == ["unit failed"] * 4
    assert await purse.available(folk.bob) == 1


async def test_what_one_round_leaves_in_its_context_does_not_reach_the_next(
    folk: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """guards P2: with Piccolo's own transaction, a killed backend leaves a dead one behind."""
    await purse.promised(folk.bob, 1)
    await waited(2)
    sweep_once = intents.sweep

    async def and_leave_a_dead_transaction(*asked: Any) -> Any:
        found = await sweep_once(*asked)
        sql.engine().current_transaction.set(object())  # type: ignore[arg-type]
        return found

    monkeypatch.setattr(intents, "sweep", and_leave_a_dead_transaction)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 1


async def test_a_round_never_raises(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(intents, "sweep", fail)
    monkeypatch.setattr(intents, "due_again", fail)
    with capture_logs() as logs:
        await sweep.sweep()
    assert [entry["log_level"] for entry in logs] == ["error", "error"]


async def test_a_backlog_larger_than_a_batch_is_done_in_one_round(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "AT_ONCE", 10)
    for _ in range(35):
        await purse.promised(folk.bob, 1)
    await waited(2)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 35


@pytest.mark.scenario("ledger-32")
async def test_what_failed_before_is_tried_again_when_due(folk: People) -> None:
    promise = await purse.promised(folk.bob, 1)
    await sql.rows("SELECT ledger.note_failure($1, 'XX000', 'once')", promise)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 0
    await waited(1)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 1


async def test_a_batch_that_takes_too_long_is_kept_one_by_one(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        await purse.promised(folk.bob, 1)
    await waited(2)

    async def too_long(*_: object) -> None:
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    monkeypatch.setattr(intents, "sweep", too_long)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 3


async def test_a_promise_that_takes_too_long_makes_way(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    promise = await purse.promised(folk.bob, 1)

    async def too_long(*_: object) -> None:
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    with monkeypatch.context() as slow:
        slow.setattr(intents, "keep", too_long)
        await sweep.keep(promise)
    found = await sql.one("SELECT last_error, next_at > clock_timestamp() AS waits FROM intent WHERE id = $1", promise)
    assert found["waits"]
    assert "statement timeout" in found["last_error"]
    assert await intents.keep(promise) == "done"


async def test_somebody_who_sits_on_a_wallet_delays_nobody_else(folk: People) -> None:
    for person in (folk.bob, folk.carol, folk.dan):
        for _ in range(3):
            await purse.promised(person, 1)
    await waited(2)
    async with transaction():
        await sql.rows("SELECT ledger.lock_wallet($1, NULL)", await purse.account(folk.bob))
        started = time.monotonic()
        await beside(sweep.sweep())
        assert time.monotonic() - started < 1.5
        assert await purse.available(folk.carol) == await purse.available(folk.dan) == 3
    await waited(2)
    await sweep.sweep()
    assert await purse.available(folk.bob) == 3


async def test_periodic_work_missed_over_its_time_is_done_once(folk: People) -> None:
    """guards A11"""
    ran: list[datetime] = []

    async def note(now: datetime) -> int:
        ran.append(now)
        return 7

    job = Periodic("note", timedelta(minutes=1), note)
    now = datetime.now(UTC)
    assert await runs.run_if_due(job, now)
    assert not await runs.run_if_due(job, now)
    await sql.rows("UPDATE job_run SET started_at = started_at - interval '1 hour' WHERE name = 'note'")
    assert sorted([await runs.run_if_due(job, now) for _ in range(3)]) == [False, False, True]
    assert len(ran) == 2
    found = await sql.one("SELECT handled, last_error, succeeded_at >= started_at AS is_good FROM job_run WHERE name = 'note'")
    assert dict(found) == {"handled": 7, "last_error": None, "is_good": True}


async def test_several_sweepers_run_a_periodic_job_once(folk: People) -> None:
    ran = 0

    async def note(now: datetime) -> int:
        nonlocal ran
        ran += 1
        return 0

    job = Periodic("note", timedelta(minutes=1), note)
    assert sum(await asyncio.gather(*(runs.run_if_due(job, datetime.now(UTC)) for _ in range(6)))) == 1
    assert ran == 1


async def test_a_periodic_job_that_fails_is_noted_and_stops_nobody(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def fail(now: datetime) -> int:
        raise ZeroDivisionError("why")

    async def note(now: datetime) -> int:
        ran.append("note")
        return 0

    table = (Periodic("fail", timedelta(minutes=1), fail), Periodic("note", timedelta(minutes=1), note))
    monkeypatch.setattr(periodic, "TABLE", table)
    with capture_logs() as logs:
        await whole_table()
    assert ran == ["note"]
    assert [entry["unit"] for entry in logs] == ["fail"]
    assert await sql.value("SELECT last_error FROM job_run WHERE name = 'fail'") == "ZeroDivisionError: why"


async def test_the_whole_table_runs_on_an_empty_house(folk: People) -> None:
    with capture_logs() as logs:
        await whole_table()
    assert logs == []
    done = await sql.rows("SELECT name FROM job_run WHERE succeeded_at IS NOT NULL AND last_error IS NULL")
    assert {row["name"] for row in done} >= {job.name for job in periodic.TABLE} | {"reconcile"}


@pytest.mark.scenario("ledger-32", "ledger-35")
async def test_promises_that_are_not_kept_raise_the_alarm(folk: People) -> None:
    await purse.promised(folk.bob, 1)
    await waited(600)
    with capture_logs() as logs:
        assert await periodic.watch_backlog(purse.NOW) == 1
    assert (logs[0]["log_level"], logs[0]["event"]) == ("error", "alarm: promises are not kept")
    assert 600 <= logs[0]["oldest_seconds"] < 660
    await sweep.sweep()
    with capture_logs() as logs:
        assert await periodic.watch_backlog(purse.NOW) == 0
    assert logs == []


async def test_an_alarm_is_raised_once_again_when_it_is_worse_and_every_hour(folk: People) -> None:
    async def alarms() -> int:
        with capture_logs() as logs:
            await periodic.watch_backlog(purse.NOW)
        return len(logs)

    async def die() -> None:
        await sql.rows("SELECT ledger.note_failure($1, 'XX000', 'broken', 1)", await purse.promised(folk.bob, 1))

    await die()
    assert [await alarms(), await alarms()] == [1, 0]
    await die()
    assert [await alarms(), await alarms()] == [1, 0]
    await sql.rows("UPDATE job_run SET started_at = started_at - interval '1 hour' WHERE name = 'backlog alarm'")
    assert [await alarms(), await alarms()] == [1, 0]
    await sql.rows("UPDATE intent SET state = 'pending', reason = NULL")
    assert await alarms() == 0
    await die()
    assert await alarms() == 1


@pytest.mark.scenario("ledger-124")
async def test_a_ledger_that_disagrees_raises_the_alarm_every_hour(folk: People) -> None:
    await purse.earn(folk.bob, 1)
    await sql.rows("UPDATE wallet SET posted = posted + 1 WHERE account_id = $1", await purse.account(folk.bob))
    with capture_logs() as logs:
        assert await prove.ledger(purse.NOW) > 0
    assert "wallet_is_its_postings" in {entry["view"] for entry in logs}
    assert await sql.value("SELECT handled FROM job_run WHERE name = 'reconcile'") > 0
    await sql.rows("UPDATE wallet SET posted = posted - 1 WHERE account_id = $1", await purse.account(folk.bob))


async def test_old_keys_are_forgotten_and_fresh_ones_kept(folk: People) -> None:
    for key, age in (("old", 31), ("fresh", 29)):
        await sql.rows(
            "INSERT INTO idempotency (scope, key, request_hash, made_at) VALUES ('device:1', $1, '', $2)",
            key,
            purse.NOW - timedelta(days=age),
        )
    assert await periodic.forget_keys(purse.NOW) == 1
    assert [row["key"] for row in await sql.rows("SELECT key FROM idempotency")] == ["fresh"]


async def test_a_key_that_was_given_up_stays_given_up(folk: People) -> None:
    await sql.rows("SELECT ledger.abandon('device:1', 'given up', $1)", purse.NOW - timedelta(days=400))
    assert await periodic.forget_keys(purse.NOW) == 0
    assert await receipts.is_abandoned("device:1", "given up")


async def test_a_job_that_takes_long_delays_no_job_that_comes_often(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, quick = asyncio.Event(), asyncio.Event()

    async def long(now: datetime) -> int:
        await ended.wait()
        return 1

    async def soon(now: datetime) -> int:
        quick.set()
        return 1

    hour, seconds = timedelta(hours=1), timedelta(seconds=10)
    table = (Periodic("long", hour, long), Periodic("longer", hour, long), Periodic("soon", seconds, soon))
    monkeypatch.setattr(periodic, "TABLE", table)
    lanes = sweep.Lanes()
    for _ in range(2):
        await lanes.start_due()
    await asyncio.wait_for(quick.wait(), 5)
    ended.set()
    await lanes.finish()
    assert await sql.value("SELECT sum(handled) FROM job_run WHERE name IN ('long', 'longer', 'soon')") == 3


async def test_a_job_that_never_ends_is_cut_and_what_it_did_stays(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(now: datetime) -> int:
        await items.note("e", "i", ValueError("not done"), now)
        await asyncio.Event().wait()
        return 1

    monkeypatch.setattr(periodic, "TABLE", (Periodic("endless", timedelta(seconds=10), endless),))
    monkeypatch.setattr(sweep, "LONGEST", 0.2)
    with capture_logs() as logs:
        await whole_table()
    assert [entry["unit"] for entry in logs] == ["endless"]
    assert await sql.value("SELECT last_error FROM job_run WHERE name = 'endless'") == runs.CUT
    assert await sql.value("SELECT count(*) FROM job_failure WHERE job = 'e'") == 1


async def test_a_job_waits_for_the_one_that_goes_first(folk: People, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def first(now: datetime) -> int:
        await asyncio.sleep(0.1)
        ran.append("first")
        return 0

    async def second(now: datetime) -> int:
        ran.append("second")
        return 0

    minute = timedelta(minutes=1)
    monkeypatch.setattr(periodic, "TABLE", (Periodic("a", minute, first), Periodic("b", minute, second, after="a")))
    await whole_table()
    assert ran == ["first", "second"]
