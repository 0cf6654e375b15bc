"""What reconciliation finds, and what the application may not do in the first place."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from schedules import sql
from tests import given
from tests.door import doors
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_machines import set_aside
from timebank import reconcile as command
from timebank.database import savepoint
from timebank.points import earning, reconcile

KEPT = ("transfer", "posting", "lot_use", "stock_move", "former_price", "policy", "service_record", "scan", "audit")
BY_HAND = [
    ("wallet_is_its_postings", "UPDATE wallet SET posted = posted + 1 WHERE account_id = {bob}"),
    ("wallet_is_its_transfers", "UPDATE wallet SET posted = posted + 1 WHERE account_id = {bob}"),
    ("wallets_are_what_was_issued", "UPDATE wallet SET posted = posted + 1 WHERE account_id = {bob}"),
    ("postings_follow_each_other", "UPDATE wallet SET seq = seq + 1 WHERE account_id = {bob}"),
    ("wallet_is_its_lots", "UPDATE lot SET remaining = remaining - 1 WHERE account_id = {bob} AND remaining > 0"),
    ("lot_is_what_its_uses_left", "UPDATE lot SET remaining = remaining - 1 WHERE account_id = {bob} AND remaining > 0"),
    ("held_is_its_holds", "UPDATE wallet SET held = held - 1 WHERE account_id = {bob}"),
    ("stock_is_its_moves", "UPDATE stock SET count = count + 1"),
    ("live_holds_have_their_unit", "UPDATE stock SET count = 0"),
    ("redemption_is_one_transfer", "UPDATE redemption SET state = 'undone'"),
    ("debts_are_receivable", "UPDATE debt SET paid = 1"),
    ("promise_kept_is_one_credit", "UPDATE intent SET state = 'pending', transfer_id = NULL WHERE state = 'done'"),
    (
        "transfer_has_its_lines",
        "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at) "
        "VALUES (gen_random_uuid(), 'by hand', 'credit', -1, {bob}, 1, now(), now())",
    ),
    (
        "transfer_in_made_lots",
        "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at) "
        "VALUES (gen_random_uuid(), 'by hand', 'credit', -1, {bob}, 1, now(), now())",
    ),
    (
        "transfer_out_drew_lots",
        "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at) "
        "VALUES (gen_random_uuid(), 'by hand', 'redeem', {bob}, -2, 1, now(), now())",
    ),
    (
        "transfer_names_what_exists",
        "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, policy_id) "
        "VALUES (gen_random_uuid(), 'by hand', 'credit', -1, 987654321, 1, now(), now(), gen_random_uuid())",
    ),
    (
        "revived_had_expired",
        "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at) "
        "VALUES (gen_random_uuid(), 'by hand', 'revive', -3, {bob}, 1, now(), now())",
    ),
]


async def something_of_everything(people: People) -> int:
    """Bob's account after earning, redeeming, holding, owing."""
    shelf = await purse.shelf(people, 3)
    await purse.earn(people.bob, 50)
    wrong = await purse.earn(people.carol, 10)
    await shelf.redeem(people.bob)
    await shelf.redeem(people.carol)
    await set_aside(shelf, people.bob)
    await sql.rows("SELECT ledger.reverse($1, $2, 'was not there')", wrong, people.dan.id)
    await purse.sound()
    return await purse.account(people.bob)


@pytest.mark.scenario("ledger-123")
async def test_a_ledger_that_agrees_says_what_was_checked(folk: People) -> None:
    await something_of_everything(folk)
    report = await reconcile.read()
    assert report.wrong == 0
    told = command.told(report)
    assert told.startswith(f"{len(report.views)} checks in one snapshot: ")
    assert "wallet is its postings" in told
    assert told.endswith("✓ The ledger agrees with itself.\n")


@pytest.mark.scenario("ledger-124")
@pytest.mark.parametrize(("view", "by_hand"), BY_HAND)
async def test_what_was_altered_by_hand_is_found(tx: None, view: str, by_hand: str) -> None:
    people = await given.people(NOW)
    bob = await something_of_everything(people)
    await sql.rows(by_hand.format(bob=bob))
    report = await reconcile.read()
    found = {finding.view: finding for finding in report.findings}
    assert view in found, found
    assert view.replace("_", " ") in command.told(report)
    if "{bob}" in by_hand and view.startswith(("wallet_", "postings", "held", "lot")):
        assert found[view].shown[0][0] == f"account {bob}"
    await reconcile.keep(report)
    metric = await sql.one("SELECT handled, last_error, succeeded_at FROM job_run WHERE name = 'reconcile'")
    assert metric["handled"] == report.wrong > 0
    assert view in metric["last_error"]
    assert metric["succeeded_at"] is None


async def test_the_metric_recovers(tx: None) -> None:
    await given.people(NOW)
    await reconcile.keep(reconcile.Report(["a"], [reconcile.Finding("a", 3, [])]))
    await reconcile.keep(reconcile.Report(["a"], []))
    metric = await sql.one(
        "SELECT handled, last_error, succeeded_at IS NOT NULL AS is_good FROM job_run WHERE name = 'reconcile'"
    )
    assert dict(metric) == {"handled": 0, "last_error": None, "is_good": True}


@pytest.mark.parametrize(
    "by_hand",
    [
        "UPDATE wallet SET held = -1",
        "UPDATE wallet SET posted = held - 1",
        "UPDATE lot SET remaining = amount + 1",
        "UPDATE stock SET count = -1",
    ],
)
async def test_the_database_refuses_what_no_wallet_or_shelf_can_be(folk: People, by_hand: str) -> None:
    await something_of_everything(folk)
    with pytest.raises(asyncpg.CheckViolationError):
        async with savepoint():
            await sql.rows(by_hand)


@pytest.mark.scenario("ledger-128")
@pytest.mark.parametrize("table", KEPT)
async def test_the_application_can_neither_change_nor_delete_what_counted(folk: People, table: str) -> None:
    assert await sql.value("SELECT current_user") == "timebank_app"
    column = await sql.value("SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 2", table)
    for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with savepoint():
                await sql.rows(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE intent SET amount = 1",
        "UPDATE intent SET earned_at = now()",
        "UPDATE lot SET expires_at = NULL",
        "UPDATE hold SET amount = 1",
        "UPDATE redemption SET price = 1",
        "UPDATE account SET owner_id = NULL",
        "UPDATE wallet SET floor = -100",
        "DELETE FROM wallet",
        "DELETE FROM lot",
    ],
)
async def test_what_was_promised_held_or_sold_stays_as_written(folk: People, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with savepoint():
            await sql.rows(statement)


@pytest.mark.scenario("ledger-127")
async def test_a_stay_that_counted_without_a_promise_is_listed(
    tx: None, people: People, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(services: list[object], *_: object) -> list[None]:
        """An action that keeps the record and forgets the promise."""
        return [None for _ in services]

    door = await doors.opened(people, client)
    await door.let_in()
    monkeypatch.setattr(earning, "earn_all", forget)
    stay = await door.let_out(60)
    report = await reconcile.read()
    assert [finding.view for finding in report.findings] == ["attendance_has_its_promise"]
    assert report.findings[0].shown == [(f"attendance {stay['attendance_id']}", "version 1 has no intent")]
