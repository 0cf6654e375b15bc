"""What the database itself refuses, whoever asks: a broken function would meet these first."""

from __future__ import annotations

from datetime import date, timedelta

import asyncpg
import pytest

from schedules import sql
from tests.conftest import at_database
from tests.given import People
from tests.ledger import broken, purse
from tests.ledger.broken import NEVER, TABLES, TWICE
from tests.ledger.purse import NOW
from tests.ledger.test_machines import set_aside
from timebank import servers
from timebank.database import savepoint
from timebank.outbox import intents
from timebank.points import gifts, pools, seals
from timebank.rewards import orders, redemptions

KEPT = ("transfer", "posting", "lot_use", "stock_move", "former_price", "above_cap", "seal", "seal_line")
CHANGES = ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE")


async def everything(people: People) -> None:
    """One of each row: earned, capped, held, ordered, handed over, redeemed, undone, reversed, owed, given, issued, sealed."""
    shelf = await purse.shelf(people, 8)
    await purse.earn(people.bob, 60)
    held = await set_aside(shelf, people.bob)
    await orders.handed_over(held.id, people.bob.id, NOW)
    receipt = await shelf.redeem(people.bob)
    await redemptions.undo(receipt.id, people.dan.id, "broken", restock=True, at=NOW)
    await shelf.redeem(people.bob)
    await purse.hold(people.bob, 1)
    await sql.rows("INSERT INTO pickup (hold_id, member_id, code) VALUES ($1, $2, 'CODE')", held.id, people.bob.id)
    await shelf.costs(11)
    wrong = await purse.earn(people.carol, 12)
    await shelf.redeem(people.carol)
    await sql.rows("SELECT ledger.reverse($1, $2, 'was not there')", wrong, people.dan.id)
    await gifts.give(people.bob.id, people.carol.id, 100, "", timedelta(days=1), None, NOW)
    await from_the_pool(people)
    await seals.seal(NOW)


async def from_the_pool(people: People) -> None:
    """What lies above a cap goes there, and a list gives it out."""
    payload = {"wallet_cap": 100, "above_cap": "pool", "pool": str(people.community)}
    today = date(2026, 11, 26)
    promise = await intents.promise(
        "attendance:a:v1", people.alice.id, 500, earned_at=NOW, at=NOW, payload=payload, day_cap=900, service_on=today
    )
    assert await intents.keep(promise.id, NOW) == "done"
    issue = await pools.propose(people.community, "festival", [(people.carol.id, 50)], people.dan.id, NOW)
    await sql.rows("SELECT ledger.issue_batch($1, $2, $3)", issue, people.erin.id, NOW)


@pytest.mark.scenario("ledger-128")
async def test_no_row_of_the_ledger_can_be_broken(folk: People) -> None:
    """Each row is good but for one thing, and it is this one that is told."""
    await everything(folk)
    told = {name: await refusal(case.statement) for name, case in {**NEVER, **TWICE}.items()}
    assert {name: refused for name, refused in told.items() if refused != name} == {}


async def refusal(statement: str) -> str | None:
    """The constraint that refuses it; None where nothing does."""
    try:
        async with savepoint():
            written = await sql.rows(f"{statement} RETURNING 1")
    except asyncpg.IntegrityConstraintViolationError as error:
        return str(error.constraint_name)
    return None if written else "there is no good row to break"


async def test_every_check_and_key_of_the_ledger_has_a_row_that_breaks_it(folk: People) -> None:
    found = {row[0] for row in await sql.rows(broken.CATALOGUE, list(TABLES))}
    assert found == set(NEVER) | set(TWICE)


@pytest.mark.scenario("ledger-128")
async def test_even_the_owner_of_the_tables_can_neither_change_nor_remove_what_was_written(
    running: servers.Running, shared: str
) -> None:
    owner = await asyncpg.connect(at_database(running.owner_url, shared.partition("?")[0].rpartition("/")[2]))
    try:
        done = [table for table in KEPT for statement in CHANGES if await is_done(owner, table, statement)]
    finally:
        await owner.close()
    assert done == []


async def is_done(owner: asyncpg.Connection, table: str, statement: str) -> bool:
    """Whether nothing refuses it; it is rolled back."""
    column = await owner.fetchval("SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 2", table)
    around = owner.transaction()
    await around.start()
    try:
        await owner.execute(statement.format(table, column))
    except asyncpg.RestrictViolationError:
        return False
    finally:
        await around.rollback()
    return True


async def test_a_lot_belongs_to_a_line_and_a_promise_kept_to_a_transfer(folk: People) -> None:
    await everything(folk)
    for statement in (
        "INSERT INTO lot (account_id, transfer_id, line, amount, remaining) SELECT w.account_id, t.id, 99, 1, 1 "
        "FROM transfer t, wallet w WHERE NOT EXISTS "
        "(SELECT FROM posting p WHERE (p.transfer_id, p.account_id) = (t.id, w.account_id)) LIMIT 1",
        "UPDATE intent SET transfer_id = gen_random_uuid() WHERE state = 'done'",
    ):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with savepoint():
                await sql.rows(statement)
