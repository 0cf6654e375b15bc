"""What the database itself refuses, whoever asks: a broken function would meet these first."""

from __future__ import annotations

import asyncpg
import pytest

from schedules import sql
from tests.given import People
from tests.ledger import purse
from tests.ledger.purse import NOW
from tests.ledger.test_machines import set_aside
from timebank.database import savepoint
from timebank.rewards import orders, redemptions

TRANSFER = (
    "INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, reverses) "
    "VALUES (gen_random_uuid(), {key}, {kind}, {giver}, {taker}, {amount}, now(), now(), {reverses})"
)
REDEMPTION = (
    "INSERT INTO redemption (id, scope, client_key, request_hash, reward_id, place_id, account_id, member_id, actor_id, price, "
    "transfer_id, hold_id, code, state, made_at) SELECT gen_random_uuid(), {scope}, client_key, '', reward_id, place_id, "
    "account_id, member_id, actor_id, price, {transfer}, {hold}, {code}, 'to_collect', made_at FROM redemption "
    "WHERE hold_id IS NOT NULL"
)
UNUSED = "(SELECT id FROM transfer WHERE kind = 'advance')"


def transfer(
    key: str = "'by hand'",
    kind: str = "'gift'",
    giver: str = "-1",
    taker: str = "1",
    amount: str = "1",
    reverses: str = "NULL",
) -> str:
    return TRANSFER.format(key=key, kind=kind, giver=giver, taker=taker, amount=amount, reverses=reverses)


def redemption(scope: str = "'other'", transfer: str = UNUSED, hold: str = "NULL", code: str = "'OTHER'") -> str:
    return REDEMPTION.format(scope=scope, transfer=transfer, hold=hold, code=code)


TWICE = {
    "transfer_business_key_key": transfer(key="(SELECT business_key FROM transfer LIMIT 1)"),
    "transfer_reversed_once": transfer(
        kind="'reverse'", reverses="(SELECT reverses FROM transfer WHERE kind = 'reverse' LIMIT 1)"
    ),
    "posting_transfer_id_account_id_key": "INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after) "
    "SELECT account_id, 99, transfer_id, 1, 1 FROM posting LIMIT 1",
    "posting_pkey": "INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after) "
    "SELECT p.account_id, p.seq, t.id, 1, 1 FROM posting p, transfer t WHERE t.id <> p.transfer_id LIMIT 1",
    "lot_transfer_id_line_key": "INSERT INTO lot (account_id, transfer_id, line, amount, remaining) "
    "SELECT account_id, transfer_id, line, 1, 1 FROM lot LIMIT 1",
    "lot_use_pkey": "INSERT INTO lot_use SELECT * FROM lot_use LIMIT 1",
    "intent_business_key_key": "INSERT INTO intent "
    "(id, business_key, kind, account_id, amount, earned_at, next_at, created_at) "
    "SELECT gen_random_uuid(), business_key, kind, account_id, amount, now(), now(), now() FROM intent LIMIT 1",
    "hold_scope_client_key_key": "INSERT INTO hold (id, scope, client_key, request_hash, account_id, amount, purpose, "
    "to_account, actor_id, made_at, expires_at) "
    "SELECT gen_random_uuid(), scope, client_key, '', account_id, 1, 'gift', -2, actor_id, now(), now() FROM hold",
    "hold_transfer_id_key": "INSERT INTO hold (id, scope, client_key, request_hash, account_id, amount, purpose, to_account, "
    "actor_id, made_at, expires_at, state, captured, transfer_id) SELECT gen_random_uuid(), scope, 'other', '', account_id, 1, "
    "'gift', -2, actor_id, now(), now(), 'captured', 1, transfer_id FROM hold",
    "redemption_scope_client_key_key": redemption(scope="scope"),
    "redemption_transfer_id_key": redemption(transfer="transfer_id"),
    "redemption_hold_id_key": redemption(hold="hold_id"),
    "redemption_code_key": redemption(code="code"),
    "idempotency_pkey": "INSERT INTO idempotency (scope, key, request_hash, made_at) "
    "SELECT scope, key, '', now() FROM idempotency LIMIT 1",
    "stock_move_redemption_id_key": "INSERT INTO stock_move "
    "(reward_id, place_id, change, reason, redemption_id, actor_id, at) "
    "SELECT reward_id, place_id, 1, 'again', redemption_id, actor_id, at FROM stock_move WHERE redemption_id IS NOT NULL",
    "account_owner_id_key": "INSERT INTO account (kind, owner_id) "
    "SELECT kind, owner_id FROM account WHERE owner_id IS NOT NULL",
    "debt_transfer_id_key": "INSERT INTO debt (account_id, transfer_id, amount) SELECT account_id, transfer_id, 1 FROM debt",
    "wallet_pkey": "INSERT INTO wallet SELECT account_id FROM wallet LIMIT 1",
}
NEVER = {
    "a movement of nothing": transfer(amount="0"),
    "a movement below nothing": transfer(amount="-1"),
    "a movement to oneself": transfer(giver="1", taker="1"),
    "a movement from an unknown system account": transfer(giver="-5"),
    "a reversal of nothing": transfer(kind="'reverse'"),
    "a system account's wallet": "INSERT INTO wallet (account_id) VALUES (-1)",
    "a line of nothing": "INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after) "
    "SELECT account_id, 99, transfer_id, 0, 1 FROM posting LIMIT 1",
    "a promise done without its transfer": "UPDATE intent SET transfer_id = NULL WHERE state = 'done'",
    "a promise of nothing without a reason": "UPDATE intent SET state = 'nothing', transfer_id = NULL",
    "a hold captured without its transfer": "UPDATE hold SET transfer_id = NULL WHERE state = 'captured'",
    "a hold captured beyond its amount": "UPDATE hold SET captured = amount + 1 WHERE state = 'captured'",
    "a hold captured by nothing": "UPDATE hold SET captured = 0 WHERE state = 'captured'",
    "a debt paid beyond its amount": "UPDATE debt SET paid = amount + 1",
    "a thing collected by nobody": "UPDATE redemption SET state = 'collected', collected_at = now()",
    "a cap below nothing": "INSERT INTO earn_day SELECT account_id, '2026-01-01', -1 FROM wallet LIMIT 1",
}


async def everything(people: People) -> None:
    """One of each row: earned, held, handed over, redeemed, undone, reversed, owed."""
    shelf = await purse.shelf(people, 5)
    await purse.earn(people.bob, 30)
    held = await set_aside(shelf, people.bob)
    await orders.handed_over(held.id, people.bob.id, NOW)
    receipt = await shelf.redeem(people.bob)
    await redemptions.undo(receipt.id, people.dan.id, "broken", restock=True, at=NOW)
    wrong = await purse.earn(people.carol, 10)
    await shelf.redeem(people.carol)
    await sql.rows("SELECT ledger.reverse($1, $2, 'was not there')", wrong, people.dan.id)


@pytest.mark.parametrize("constraint", TWICE)
async def test_there_is_never_twice(folk: People, constraint: str) -> None:
    await everything(folk)
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        async with savepoint():
            await sql.rows(TWICE[constraint])
    assert caught.value.constraint_name == constraint


@pytest.mark.parametrize("what", NEVER)
async def test_there_is_never(folk: People, what: str) -> None:
    await everything(folk)
    with pytest.raises(asyncpg.CheckViolationError):
        async with savepoint():
            await sql.rows(NEVER[what])


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
