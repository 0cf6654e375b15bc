"""How promises are kept: once, whoever comes first, and one bad one delays nobody."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest

from schedules import sql
from schedules.errors import NotFound
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW, POINT, promised
from timebank.outbox import intents


async def state(intent_id: UUID) -> dict[str, Any]:
    found = await sql.one("SELECT state, attempts, last_error, reason FROM intent WHERE id = $1", intent_id)
    return dict(found)


async def due_now(intent_id: UUID) -> None:
    """The next attempt is due."""
    await sql.rows("UPDATE intent SET next_at = clock_timestamp() - interval '1 second' WHERE id = $1", intent_id)


async def waited(seconds: float) -> None:
    """Every promise has waited that long."""
    await sql.rows(
        "UPDATE intent SET next_at = w.at, due_at = w.at FROM (SELECT clock_timestamp() - make_interval(secs => $1) AS at) w",
        seconds,
    )


@pytest.mark.scenario("ledger-17")
async def test_a_promise_kept_five_times_moves_points_once(folk: People) -> None:
    promise = await promised(folk.bob, 1.5)
    assert [await intents.keep(promise, NOW) for _ in range(5)] == ["done", *["gone"] * 4]
    assert (await intents.keep_many([promise] * 5, NOW)).count == 0
    assert await purse.kinds(folk.bob) == [("credit", 150)]


@pytest.mark.scenario("ledger-14")
async def test_a_batch_writes_consecutive_lines_and_a_running_balance(folk: People) -> None:
    await purse.earn(folk.bob, 1)
    some = [await promised(folk.bob, points) for points in (1, 2, 3)] + [await promised(folk.carol, 5)]
    assert (await intents.keep_many(some, NOW)).count == 4
    lines = await sql.rows(
        "SELECT seq, amount, balance_after FROM posting WHERE account_id = $1 ORDER BY seq", await purse.account(folk.bob)
    )
    assert [tuple(line) for line in lines] == [(1, 100, 100), (2, 100, 200), (3, 200, 400), (4, 300, 700)]
    assert await purse.available(folk.carol) == 5


@pytest.mark.scenario("ledger-33")
async def test_one_poisonous_promise_of_a_hundred_costs_the_others_nothing(folk: People) -> None:
    """guards Q4"""
    some = [await promised(folk.bob if n % 2 else folk.carol, 1) for n in range(99)]
    poison = await promised(folk.dan, 1, kind="poison")
    assert (await intents.keep_many([poison, *some], NOW)).count == 99
    found = await state(poison)
    assert (found["state"], found["attempts"]) == ("pending", 1)
    assert "unknown_kind" in found["last_error"]


@pytest.mark.scenario("ledger-33")
async def test_a_batch_that_fails_as_a_whole_is_kept_one_by_one(folk: People) -> None:
    """Two promises that no wallet can hold together make the one statement for all fail."""
    some = [await promised(folk.bob, 1) for _ in range(5)]
    huge = [await promised(folk.carol, 2**62 / POINT) for _ in range(2)]
    assert (await intents.keep_many([*huge, *some], NOW)).count == 6
    assert [(await state(one))["attempts"] for one in huge] == [1, 1]
    assert (await state(huge[1]))["last_error"] == "bigint out of range"


@pytest.mark.scenario("ledger-32")
async def test_a_poisonous_promise_is_dead_after_its_attempts_and_delays_nobody(folk: People) -> None:
    poison = await promised(folk.dan, 1, kind="poison")
    good = [await promised(folk.bob, 1) for _ in range(3)]
    await waited(5)
    kept, tried = await intents.sweep(100, 1)
    assert (kept, tried) == (3, 4)
    for attempt in range(2, 9):
        assert poison not in await intents.due_again(10)
        await due_now(poison)
        assert await intents.due_again(10) == [poison]
        assert await intents.keep(poison) == ("later" if attempt < 8 else "dead")
        assert (await state(poison))["attempts"] == attempt
    assert "unknown_kind" in (await state(poison))["reason"]
    assert (await intents.backlog()).dead == 1
    assert await intents.keep(poison) == "gone"
    assert [(await state(one))["state"] for one in good] == ["done"] * 3


@pytest.mark.scenario("ledger-32")
async def test_the_wait_before_the_next_attempt_doubles(folk: People) -> None:
    poison = await promised(folk.dan, 1, kind="poison")
    waits = []
    for _ in range(4):
        assert await intents.keep(poison) == "later"
        waits.append(
            await sql.value(
                "SELECT round(extract(epoch FROM next_at - clock_timestamp()))::int FROM intent WHERE id = $1", poison
            )
        )
        await due_now(poison)
    assert waits == [1, 2, 4, 8]


async def test_a_promise_rung_before_its_next_attempt_is_left_alone(folk: People) -> None:
    """guards A12"""
    poison = await promised(folk.dan, 1, kind="poison")
    assert await intents.keep(poison) == "later"
    assert await intents.keep(poison) == "gone"
    assert (await intents.keep_many([poison])).count == 0
    assert (await state(poison))["attempts"] == 1


@pytest.mark.scenario("ledger-34")
async def test_a_dead_promise_that_was_mended_is_kept_once_as_it_was_made(folk: People) -> None:
    promise = await promised(folk.bob, 2, expires_at=purse.JUNE)
    await sql.rows("SELECT ledger.note_failure($1, 'XX000', 'no disk', 1)", promise)
    assert (await state(promise))["state"] == "dead"
    await intents.retry(promise)
    assert await intents.keep(promise, NOW + timedelta(days=2)) == "done"
    assert await purse.lots(folk.bob) == [(200, 200, purse.JUNE)]
    assert await sql.value("SELECT effective_at FROM transfer WHERE id = $1", promise) == NOW
    with pytest.raises(NotFound):
        await intents.retry(promise)


async def test_a_time_out_is_noted_but_counts_as_no_attempt(folk: People) -> None:
    promise = await promised(folk.bob, 1)
    await sql.rows("SELECT ledger.note_failure($1, '55P03', 'somebody sits on the wallet')", promise)
    assert await state(promise) == {
        "state": "pending",
        "attempts": 0,
        "last_error": "somebody sits on the wallet",
        "reason": None,
    }
    await intents.note_failure(promise, TimeoutError("slow"))
    assert (await state(promise))["attempts"] == 1


async def test_the_sweeper_leaves_what_is_fresh_to_the_worker(folk: People) -> None:
    promise = await promised(folk.bob, 1)
    await waited(0.5)
    assert await intents.sweep(100, 1) == (0, 0)
    await waited(1.5)
    assert await intents.waiting(100, 1) == [promise]
    assert await intents.sweep(100, 1) == (1, 1)


async def test_a_promise_two_days_old_is_kept(folk: People) -> None:
    """guards A10"""
    await promised(folk.bob, 1)
    await waited(2 * 86_400)
    assert await intents.sweep(100, 1) == (1, 1)


@pytest.mark.scenario("ledger-35")
async def test_the_backlog_tells_how_long_the_oldest_has_been_due(folk: People) -> None:
    await promised(folk.bob, 1)
    await promised(folk.bob, 1)
    await waited(600)
    found = await intents.backlog()
    assert found.pending == 2
    assert 600 <= found.oldest_seconds < 660
    await intents.sweep(100, 1)
    assert await intents.backlog() == intents.Backlog(0, 0, 0.0)


async def test_a_promise_that_failed_and_waits_goes_on_ageing(folk: People) -> None:
    promise = await promised(folk.bob, 1)
    await waited(600)
    await sql.rows("SELECT ledger.note_failure($1, '57014', 'a time-out')", promise)
    assert (await intents.backlog()).oldest_seconds >= 600


async def test_a_promise_that_runs_into_the_time_out_is_in_no_batch_any_more_and_waits_longer_the_older_it_is(
    folk: People,
) -> None:
    promise, good = await promised(folk.bob, 1), await promised(folk.carol, 1)
    await waited(80)
    await sql.rows("SELECT ledger.note_failure($1, '57014', 'a time-out')", promise)
    assert (
        19 <= await sql.value("SELECT extract(epoch FROM next_at - clock_timestamp()) FROM intent WHERE id = $1", promise) <= 21
    )
    await sql.rows("UPDATE intent SET next_at = clock_timestamp() - interval '1 minute'")
    assert await intents.waiting(10, 1) == [good]
    assert (await intents.keep_many([promise])).count == 0
    assert await intents.sweep(10, 1) == (1, 1)
    assert await intents.due_again(10) == [promise]
    assert await intents.keep(promise) == "done"


async def test_a_promise_of_a_caller_whose_clock_is_ahead_is_due_at_once(folk: People) -> None:
    """guards A15"""
    made = await intents.promise("ahead", folk.bob.id, POINT, earned_at=NOW, at=NOW + timedelta(hours=1))
    await sql.rows("SELECT pg_sleep(0.01)")
    assert await intents.waiting(10, 0) == [made.id]
    assert await intents.keep(made.id) == "done"


async def test_what_arrives_past_its_date_is_earned_and_expired(folk: People) -> None:
    await promised(folk.bob, 1, expires_at=NOW.replace(year=2025))
    await promised(folk.bob, 2)
    await waited(5)
    assert await intents.sweep(100, 1) == (2, 2)
    assert sorted(await purse.kinds(folk.bob)) == [("credit", 100), ("credit", 200), ("expire", -100)]


@pytest.mark.scenario("ledger-59")
async def test_points_that_arrive_expired_are_shown_as_earned_and_expired(folk: People) -> None:
    await purse.earn(folk.bob, 1, expires_at=NOW)
    assert await purse.kinds(folk.bob) == [("credit", 100), ("expire", -100)]


ROWS = """
SELECT t.kind, t.from_account, t.amount, t.effective_at, t.recorded_at, t.policy_id, t.actor_id, t.reason_code, t.relates_to,
       t.reverses, p.seq, p.amount AS line, p.balance_after, l.line AS lot_line, l.amount AS lot, l.remaining, l.expires_at,
       i.state, i.attempts, i.last_error, i.transfer_id = i.id AS is_own, w.posted, w.held, w.seq AS last_seq
  FROM intent i JOIN transfer t ON t.id = i.transfer_id JOIN posting p ON p.transfer_id = t.id
  JOIN lot l ON l.transfer_id = t.id JOIN wallet w ON w.account_id = i.account_id JOIN account a ON a.id = w.account_id
 WHERE a.owner_id = $1 ORDER BY p.seq
"""


@pytest.mark.parametrize("seed", range(8))
async def test_a_batch_leaves_the_same_rows_as_one_by_one(folk: People, seed: int) -> None:
    draw = Random(seed)
    drawn = [(draw.randint(1, 500) / POINT, draw.choice([None, purse.JUNE, purse.DECEMBER])) for _ in range(draw.randint(1, 9))]
    singly = [await promised(folk.bob, points, expires_at) for points, expires_at in drawn]
    together = [await promised(folk.carol, points, expires_at) for points, expires_at in drawn]
    for each in singly:
        assert await intents.keep(each, NOW) == "done"
    assert (await intents.keep_many(together, NOW)).count == len(drawn)
    rows = [[dict(row) for row in await sql.rows(ROWS, person.id)] for person in (folk.bob, folk.carol)]
    assert len(rows[0]) == len(drawn)
    assert rows[0] == rows[1]
