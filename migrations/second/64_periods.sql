-- A credit that is taken back belongs to the day of its service, or to another that is named: after a month is closed, to the day on which
-- it is taken back, so that figures of the closed month stay as they were reported. `relates_to` keeps the way to the old date.
DROP FUNCTION ledger.reverse(uuid, uuid, text, text, timestamptz);
DROP FUNCTION ledger.take_back(bigint, text, text, bigint, uuid, uuid, uuid, text, text, timestamptz);

-- As in the first step; `p_effective_at`: the instant that it belongs to, else that of what it takes back.
CREATE FUNCTION ledger.take_back(
    p_account bigint, p_key text, p_kind text, p_amount bigint, p_first uuid, p_reverses uuid, p_actor uuid, p_reason text, p_spent text,
    p_at timestamptz, p_effective_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_wallet wallet%ROWTYPE;
    v_short bigint;
    v_left bigint := p_amount;
    v_own record;
    v_id uuid := ledger.new_id();
BEGIN
    SELECT * INTO STRICT v_wallet FROM wallet WHERE account_id = p_account;
    v_short := p_amount - (v_wallet.posted - v_wallet.held);
    IF v_short > 0 AND p_spent = 'refuse' THEN
        PERFORM ledger.refuse('already_spent', jsonb_build_object(
            'amount', p_amount, 'available', v_wallet.posted - v_wallet.held));
    ELSIF v_short > 0 THEN
        PERFORM ledger.advance(p_account, 'advance:' || p_key, v_short, p_first, p_actor, p_at);
    END IF;
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code,
        policy_id, reverses, relates_to)
    SELECT v_id, p_key, p_kind, p_account, ledger.issuance(), p_amount, coalesce(p_effective_at, effective_at), p_at, p_actor, p_reason, policy_id, p_reverses, p_first
    FROM transfer WHERE id = p_first;
    PERFORM ledger.post(p_account, v_id, -p_amount);
    FOR v_own IN
        SELECT id, remaining FROM lot
        WHERE transfer_id = p_first AND account_id = p_account AND remaining > 0 AND (expires_at IS NULL OR expires_at > p_at)
    LOOP
        v_own.remaining := least(v_own.remaining, v_left);
        UPDATE lot SET remaining = remaining - v_own.remaining WHERE id = v_own.id;
        INSERT INTO lot_use (lot_id, transfer_id, amount) VALUES (v_own.id, v_id, v_own.remaining);
        v_left := v_left - v_own.remaining;
    END LOOP;
    PERFORM ledger.draw(p_account, v_id, v_left, p_at);
    RETURN v_id;
END $$;

-- As in the first step, with the same addition.
CREATE FUNCTION ledger.reverse(
    p_transfer uuid, p_actor uuid, p_reason text, p_spent text DEFAULT 'owe', p_at timestamptz DEFAULT NULL,
    p_effective_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_old transfer%ROWTYPE;
    v_at timestamptz;
    v_id uuid;
BEGIN
    SELECT * INTO v_old FROM transfer WHERE id = p_transfer;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_transfer');
    ELSIF v_old.kind <> 'credit' THEN
        PERFORM ledger.refuse('not_reversible', jsonb_build_object('kind', v_old.kind));
    END IF;
    PERFORM ledger.refuse_unfounded(v_old.to_account, p_actor, p_reason);
    v_at := ledger.lock_wallet(v_old.to_account, p_at);
    -- The second of two waited for the wallet above and finds the first one's reversal here.
    SELECT id INTO v_id FROM transfer WHERE reverses = p_transfer;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    PERFORM ledger.settle(v_old.to_account, v_at);
    RETURN ledger.take_back(v_old.to_account, 'reverse:' || p_transfer, 'reverse', v_old.amount, p_transfer, p_transfer, p_actor, p_reason,
        p_spent, v_at, p_effective_at);
END $$;
