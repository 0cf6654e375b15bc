"""What no row of the ledger can be: for each CHECK and each key a copy of a good row that breaks exactly this one.

`tests/proofs/mutations.py` takes each of them away in turn, and a test holds that the list is whole.
"""

from __future__ import annotations

import msgspec

TABLES = (
    *("account", "wallet", "transfer", "posting", "lot", "lot_use", "debt", "earn_day", "intent", "above_cap", "hold", "gift"),
    *("pool_issue", "pool_issue_line", "stock", "stock_move", "former_price", "redemption", "pickup", "idempotency"),
    *("seal", "seal_line"),
)
"""Of which no row can be other than the ledger's functions write it."""

NEW = "gen_random_uuid()"
COPY = (
    "INSERT INTO {table} OVERRIDING SYSTEM VALUE "
    "SELECT (jsonb_populate_record(x, jsonb_build_object({changed}))).* FROM {table} x WHERE {good} LIMIT 1"
)


class Broken(msgspec.Struct, frozen=True):
    """A copy of a good row of `table` with these columns changed, each to an SQL expression."""

    table: str
    changed: dict[str, str]
    good: str = "true"

    @property
    def statement(self) -> str:
        changed = ", ".join(f"'{column}', {value}" for column, value in self.changed.items())
        return COPY.format(table=self.table, changed=changed, good=self.good)


def _hold(good: str = "purpose = 'booking' AND state = 'pending'", **changed: str) -> Broken:
    return Broken("hold", changed, good)


def _redemption(good: str = "state = 'to_collect'", **changed: str) -> Broken:
    return Broken("redemption", changed, good)


def _transfer(good: str = "kind = 'credit'", **changed: str) -> Broken:
    return Broken("transfer", changed, good)


NEVER = {
    "above_cap_check": Broken("above_cap", {"went": "'pool'", "transfer_id": "NULL"}),
    "above_cap_units_check": Broken("above_cap", {"units": "0"}),
    "above_cap_went_check": Broken("above_cap", {"went": "'lost'", "transfer_id": "NULL"}),
    "account_check": Broken("account", {"owner_id": "NULL"}, "kind = 'member'"),
    "account_check1": Broken("account", {"id": "-9"}, "kind = 'member'"),
    "account_check2": Broken("account", {"code": "NULL"}, "kind = 'system'"),
    "account_kind_check": Broken("account", {"kind": "'club'"}, "kind = 'member'"),
    "debt_amount_check": Broken("debt", {"amount": "0", "paid": "0"}),
    "debt_check": Broken("debt", {"paid": "x.amount + 1"}),
    "debt_paid_check": Broken("debt", {"paid": "-1"}),
    "debt_waived_check": Broken("debt", {"waived": "-1", "paid": "0"}),
    "earn_day_granted_check": Broken("earn_day", {"granted": "-1"}),
    "former_price_price_check": Broken("former_price", {"price": "0"}),
    "gift_check": Broken("gift", {"receiver_id": "x.giver_id"}),
    "gift_check1": Broken("gift", {"state": "'accepted'", "ended_at": "NULL"}),
    "gift_state_check": Broken("gift", {"state": "'lost'", "ended_at": "now()"}),
    "gift_units_check": Broken("gift", {"units": "0"}),
    "gift_word_check": Broken("gift", {"word": "repeat('x', 201)"}),
    "hold_amount_check": _hold(amount="0"),
    "hold_check": _hold(to_account="x.account_id"),
    "hold_check1": _hold("state = 'captured'", captured="x.amount + 1"),
    "hold_check2": _hold(captured="1"),
    "hold_check3": _hold("state = 'captured'", transfer_id="NULL"),
    "hold_check4": _hold(purpose="'reward'"),
    "hold_check5": _hold("purpose = 'reward'", place_id="NULL"),
    "hold_purpose_check": _hold(purpose="'fun'"),
    "hold_state_check": _hold(state="'lost'"),
    "intent_amount_check": Broken("intent", {"amount": "-1"}, "state = 'done'"),
    "intent_attempts_check": Broken("intent", {"attempts": "-1"}, "state = 'done'"),
    "intent_check": Broken("intent", {"transfer_id": "NULL"}, "state = 'done'"),
    "intent_check1": Broken("intent", {"state": "'nothing'", "transfer_id": "NULL", "reason": "NULL"}, "state = 'done'"),
    "intent_state_check": Broken("intent", {"state": "'lost'", "transfer_id": "NULL"}, "state = 'done'"),
    "lot_amount_check": Broken("lot", {"amount": "0", "remaining": "0"}),
    "lot_remaining": Broken("lot", {"remaining": "x.amount + 1"}),
    "lot_use_amount_check": Broken("lot_use", {"amount": "0"}),
    "pool_issue_check": Broken("pool_issue", {"decided_by": "NULL", "decided_at": "NULL"}, "state = 'done'"),
    "pool_issue_check1": Broken("pool_issue", {"decided_at": "NULL"}, "state = 'done'"),
    "pool_issue_check2": Broken("pool_issue", {"decided_by": "x.made_by"}, "state = 'done'"),
    "pool_issue_check3": Broken("pool_issue", {"state": "'withdrawn'"}, "state = 'done'"),
    "pool_issue_reason_check": Broken("pool_issue", {"reason": "''"}),
    "pool_issue_state_check": Broken("pool_issue", {"state": "'lost'"}, "state = 'done'"),
    "pool_issue_line_units_check": Broken("pool_issue_line", {"units": "0"}),
    "posting_amount_check": Broken("posting", {"amount": "0"}),
    "redemption_check": _redemption(collected_at="now()", collected_by="x.actor_id"),
    "redemption_check1": _redemption(state="'collected'"),
    "redemption_check2": _redemption("state = 'collected'", collected_by="NULL"),
    "redemption_price_check": _redemption(price="0"),
    "redemption_state_check": _redemption(state="'lost'"),
    "seal_count_check": Broken("seal", {"count": "0"}),
    "seal_hash_check": Broken("seal", {"hash": r"'\x00'"}),
    "seal_prev_hash_check": Broken("seal", {"prev_hash": r"'\x00'"}),
    "seal_seq_check": Broken("seal", {"seq": "0"}),
    "seal_line_hash_check": Broken("seal_line", {"hash": r"'\x00'"}),
    "seal_line_position_check": Broken("seal_line", {"position": "0"}),
    "stock_count": Broken("stock", {"count": "-1"}),
    "stock_move_change_check": Broken("stock_move", {"change": "0"}),
    "stock_move_reason_check": Broken("stock_move", {"reason": "''"}),
    "transfer_amount_check": _transfer(amount="0"),
    "transfer_check": _transfer(to_account="x.from_account"),
    "transfer_check1": _transfer(kind="'reverse'"),
    "transfer_from_account_check": _transfer(from_account="-5"),
    "transfer_kind_check": _transfer(kind="'loan'"),
    "transfer_to_account_check": _transfer(to_account="0"),
    "wallet_account_id_check": Broken("wallet", {"account_id": "-1"}),
    "wallet_floor": Broken("wallet", {"posted": "x.held - 1"}),
    "wallet_floor_check": Broken("wallet", {"floor": "1", "posted": "x.held + 9"}),
    "wallet_held": Broken("wallet", {"held": "-1"}),
}
TWICE = {
    "above_cap_pkey": Broken("above_cap", {"transfer_id": NEW}, "transfer_id IS NOT NULL"),
    "above_cap_transfer_id_key": Broken("above_cap", {"intent_id": NEW}, "transfer_id IS NOT NULL"),
    "account_pkey": Broken("account", {"owner_id": NEW}, "kind = 'member'"),
    "account_code_key": Broken("account", {"id": "-99"}, "kind = 'system'"),
    "account_owner_id_key": Broken("account", {"id": "99999"}, "kind = 'member'"),
    "debt_pkey": Broken("debt", {"transfer_id": NEW}),
    "debt_transfer_id_key": Broken("debt", {"id": "99999"}),
    "earn_day_pkey": Broken("earn_day", {}),
    "former_price_pkey": Broken("former_price", {}),
    "gift_pkey": Broken("gift", {"hold_id": NEW}),
    "gift_hold_id_key": Broken("gift", {"id": NEW}),
    "hold_pkey": _hold(client_key="'other'"),
    "hold_scope_client_key_key": _hold(id=NEW),
    "hold_transfer_id_key": _hold("state = 'captured'", id=NEW, client_key="'other'"),
    "idempotency_pkey": Broken("idempotency", {}),
    "intent_pkey": Broken("intent", {"business_key": "'other'"}),
    "intent_business_key_key": Broken("intent", {"id": NEW}),
    "lot_pkey": Broken("lot", {"line": "99"}),
    "lot_transfer_id_line_key": Broken("lot", {"id": "99999"}),
    "lot_use_pkey": Broken("lot_use", {}),
    "pickup_pkey": Broken("pickup", {"code": "'OTHER'"}),
    "pickup_code_key": Broken("pickup", {"hold_id": NEW}),
    "pool_issue_pkey": Broken("pool_issue", {}),
    "pool_issue_line_pkey": Broken("pool_issue_line", {"member_id": NEW}),
    "pool_issue_line_issue_id_member_id_key": Broken("pool_issue_line", {"line": "99"}),
    "posting_pkey": Broken("posting", {"transfer_id": NEW}),
    "posting_transfer_id_account_id_key": Broken("posting", {"seq": "9999"}),
    "redemption_pkey": _redemption(transfer_id=NEW, code="'OTHER'", client_key="'other'"),
    "redemption_code_key": _redemption(id=NEW, transfer_id=NEW, client_key="'other'"),
    "redemption_hold_id_key": _redemption("hold_id IS NOT NULL", id=NEW, transfer_id=NEW, code="'OTHER'", client_key="'other'"),
    "redemption_scope_client_key_key": _redemption(id=NEW, transfer_id=NEW, code="'OTHER'"),
    "redemption_transfer_id_key": _redemption(id=NEW, code="'OTHER'", client_key="'other'"),
    "seal_pkey": Broken("seal", {"hash": r"'\x' || repeat('ab', 32)"}),
    "seal_hash_key": Broken("seal", {"seq": "99"}),
    "seal_line_pkey": Broken("seal_line", {"transfer_id": NEW}),
    "seal_line_transfer_id_key": Broken("seal_line", {"position": "999"}),
    "stock_pkey": Broken("stock", {}),
    "stock_move_pkey": Broken("stock_move", {"redemption_id": "NULL"}),
    "stock_move_redemption_id_key": Broken("stock_move", {"id": "99999"}, "redemption_id IS NOT NULL"),
    "transfer_pkey": _transfer(business_key="'other'"),
    "transfer_business_key_key": _transfer(id=NEW),
    "transfer_reversed_once": _transfer("reverses IS NOT NULL", id=NEW, business_key="'other'"),
    "wallet_pkey": Broken("wallet", {}),
}
CATALOGUE = """
SELECT conname FROM pg_constraint WHERE conrelid = ANY ($1::regclass[]) AND contype IN ('c', 'p', 'u', 'x')
UNION SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indrelid = ANY ($1::regclass[]) AND i.indisunique
"""
"""Every CHECK and key of these tables; what each key is called is what its index is called."""
