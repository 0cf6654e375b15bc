-- What points buy: points and stock move together or not at all.

CREATE TYPE ledger.receipt AS (
    id uuid, code text, reward_id uuid, place_id uuid, member_id uuid, price bigint, balance_after bigint, state text,
    made_at timestamptz, replayed boolean
);

-- The receipt that stands under a key; no row where there is none. Refuses key_conflict where it was another request's.
CREATE FUNCTION ledger.receipt_of(p_scope text, p_key text, p_hash bytea, p_member uuid) RETURNS SETOF ledger.receipt LANGUAGE plpgsql AS $$
DECLARE
    v_old redemption%ROWTYPE;
BEGIN
    SELECT * INTO v_old FROM redemption WHERE scope = p_scope AND client_key = p_key;
    IF NOT FOUND THEN
        RETURN;
    ELSIF v_old.request_hash <> p_hash OR v_old.member_id <> p_member THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
    END IF;
    RETURN QUERY SELECT v_old.id, v_old.code, v_old.reward_id, v_old.place_id, v_old.member_id, v_old.price, p.balance_after,
        v_old.state, v_old.made_at, true
    FROM posting p WHERE p.transfer_id = v_old.transfer_id AND p.account_id = v_old.account_id;
END $$;

-- The first candidate that no receipt bears yet.
CREATE FUNCTION ledger.free_code(p_codes text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_code text;
BEGIN
    FOREACH v_code IN ARRAY p_codes LOOP
        IF NOT EXISTS (SELECT FROM redemption WHERE code = v_code) THEN
            RETURN v_code;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Claims a key for this transaction. A twin waits here until this transaction ends and then finds its receipt; after a refusal the
-- claim is rolled back with everything else, so that a refusal does not burn the key (pitfall Q3). A caller that claimed the key
-- itself, with the same hash, goes on. Refuses abandoned, key_conflict.
CREATE FUNCTION ledger.claim(p_scope text, p_key text, p_hash bytea, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_old idempotency%ROWTYPE;
BEGIN
    INSERT INTO idempotency (scope, key, request_hash, status, made_at)
    VALUES (p_scope, p_key, p_hash, 201, coalesce(p_at, clock_timestamp()))
    ON CONFLICT (scope, key) DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO v_old FROM idempotency WHERE scope = p_scope AND key = p_key;
        IF v_old.status = 410 THEN
            PERFORM ledger.refuse('abandoned');
        ELSIF v_old.request_hash <> p_hash THEN
            PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
        END IF;
    END IF;
END $$;

-- One unit of a reward for its price, once per (scope, key). A repeat gives the same receipt, marked replayed, in its present state.
-- p_codes are candidates for the code on the receipt; the first that is free is taken. Refuses insufficient_points, sold_out,
-- price_changed, reward_withdrawn, unknown_reward, account_closed, not_eligible, key_conflict, abandoned, unknown_owner.
CREATE FUNCTION ledger.redeem(
    p_scope text, p_key text, p_hash bytea, p_member uuid, p_reward uuid, p_place uuid, p_quoted bigint, p_minutes int, p_actor uuid,
    p_codes text[], p_at timestamptz DEFAULT NULL
) RETURNS SETOF ledger.receipt LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_account bigint;
    v_price bigint;
    v_balance bigint;
    v_code text;
    v_id uuid := ledger.new_id();
BEGIN
    PERFORM ledger.claim(p_scope, p_key, p_hash, p_at);
    v_account := ledger.account_of(p_member);
    v_at := ledger.lock_wallet(v_account, p_at);
    RETURN QUERY SELECT * FROM ledger.receipt_of(p_scope, p_key, p_hash, p_member);
    IF FOUND THEN
        RETURN;
    END IF;
    PERFORM ledger.refuse_closed(v_account);
    -- Behind the wait for the wallet: who was suspended meanwhile buys nothing.
    IF NOT EXISTS (SELECT FROM member WHERE id = p_member AND state = 'active') THEN
        PERFORM ledger.refuse('not_eligible');
    END IF;
    PERFORM ledger.settle(v_account, v_at);
    v_price := ledger.price(p_reward, p_quoted, p_minutes, v_at);
    IF NOT EXISTS (SELECT FROM stock WHERE reward_id = p_reward AND place_id = p_place AND count > 0) THEN
        PERFORM ledger.refuse('sold_out');  -- known without its lock; a unit that is there is judged under the lock below
    ELSIF EXISTS (SELECT FROM hold WHERE scope = p_scope AND client_key = p_key) THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
    END IF;
    PERFORM ledger.refuse_beyond(v_account, v_price);
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, request_hash)
    VALUES (v_id, 'redeem:' || v_id, 'redeem', v_account, ledger.redeemed(), v_price, v_at, v_at, p_actor, p_hash);
    v_balance := ledger.post(v_account, v_id, -v_price);
    PERFORM ledger.draw(v_account, v_id, v_price, v_at);
    v_code := ledger.free_code(p_codes);
    -- Stock last: the row that everybody wants is held for the shortest time.
    IF ledger.free_stock(p_reward, p_place, v_at) < 1 THEN
        PERFORM ledger.refuse('sold_out');
    END IF;
    UPDATE stock SET count = count - 1 WHERE reward_id = p_reward AND place_id = p_place;
    INSERT INTO redemption (id, scope, client_key, request_hash, reward_id, place_id, account_id, member_id, actor_id, price,
        transfer_id, code, state, made_at)
    VALUES (v_id, p_scope, p_key, p_hash, p_reward, p_place, v_account, p_member, p_actor, v_price, v_id, v_code, 'to_collect', v_at);
    RETURN QUERY SELECT v_id, v_code, p_reward, p_place, p_member, v_price, v_balance, 'to_collect', v_at, false;
END $$;

-- A machine has handed over: the hold becomes a redemption that is collected already. A repeat gives the same receipt.
-- Refuses hold_over, unknown_hold.
CREATE FUNCTION ledger.redeem_held(p_hold uuid, p_actor uuid, p_codes text[], p_at timestamptz DEFAULT NULL)
RETURNS SETOF ledger.receipt LANGUAGE plpgsql AS $$
DECLARE
    v_hold hold%ROWTYPE;
    v_transfer uuid;
    v_member uuid;
BEGIN
    SELECT * INTO v_hold FROM hold WHERE id = p_hold AND purpose = 'reward' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_hold');
    END IF;
    SELECT owner_id INTO STRICT v_member FROM account WHERE id = v_hold.account_id;
    IF v_hold.state <> 'captured' THEN
        v_transfer := ledger.capture(p_hold, v_hold.amount, p_actor, p_at);
        INSERT INTO redemption (id, scope, client_key, request_hash, reward_id, place_id, account_id, member_id, actor_id, price,
            transfer_id, hold_id, code, state, made_at, collected_at, collected_by)
        SELECT ledger.new_id(), v_hold.scope, v_hold.client_key, v_hold.request_hash, v_hold.reward_id, v_hold.place_id,
            v_hold.account_id, v_member, p_actor, v_hold.amount, t.id, p_hold, ledger.free_code(p_codes), 'collected', t.recorded_at,
            t.recorded_at, p_actor
        FROM transfer t WHERE t.id = v_transfer;
        UPDATE stock SET count = count - 1 WHERE reward_id = v_hold.reward_id AND place_id = v_hold.place_id;
        RETURN QUERY SELECT id, code, reward_id, place_id, member_id, price, balance_after, state, made_at, false
        FROM ledger.receipt_of(v_hold.scope, v_hold.client_key, v_hold.request_hash, v_member);
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM ledger.receipt_of(v_hold.scope, v_hold.client_key, v_hold.request_hash, v_member);
END $$;

-- Takes a redemption back, once; a repeat gives the same reversal. Points come back in new lots with the old dates, or p_grace after
-- now where that is later; the unit goes back to the stock where p_restock. Refuses unknown_redemption, reason_missing.
CREATE FUNCTION ledger.undo(
    p_redemption uuid, p_actor uuid, p_reason text, p_restock boolean, p_grace interval, p_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_old redemption%ROWTYPE;
    v_at timestamptz;
    v_id uuid;
BEGIN
    SELECT * INTO v_old FROM redemption WHERE id = p_redemption;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_redemption');
    ELSIF coalesce(p_reason, '') = '' THEN
        PERFORM ledger.refuse('reason_missing');
    END IF;
    v_at := ledger.lock_wallet(v_old.account_id, p_at);
    -- The second of two waited for the wallet above and finds the first one's reversal here.
    SELECT id INTO v_id FROM transfer WHERE reverses = v_old.transfer_id;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code, reverses)
    VALUES (ledger.new_id(), 'undo:' || p_redemption, 'reverse', ledger.redeemed(), v_old.account_id, v_old.price, v_at, v_at, p_actor,
        p_reason, v_old.transfer_id)
    RETURNING id INTO v_id;
    PERFORM ledger.post(v_old.account_id, v_id, v_old.price);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
    SELECT v_old.account_id, v_id, row_number() OVER (ORDER BY l.expires_at, l.id), u.amount, u.amount,
        CASE WHEN l.expires_at IS NOT NULL THEN greatest(l.expires_at, v_at + p_grace) END
    FROM lot_use u JOIN lot l ON l.id = u.lot_id WHERE u.transfer_id = v_old.transfer_id;
    UPDATE redemption SET state = 'undone' WHERE id = p_redemption;
    IF p_restock THEN
        PERFORM ledger.move_stock(v_old.reward_id, v_old.place_id, 1, 'undone', p_actor, p_redemption, v_at);
    END IF;
    RETURN v_id;
END $$;

-- Changes a stock and says why; the first move makes the row. Refuses stock_short where the count would fall below the live holds.
CREATE FUNCTION ledger.move_stock(
    p_reward uuid, p_place uuid, p_change int, p_reason text, p_actor uuid, p_redemption uuid DEFAULT NULL, p_at timestamptz DEFAULT NULL
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_count int;
BEGIN
    INSERT INTO stock (reward_id, place_id, count) VALUES (p_reward, p_place, 0) ON CONFLICT DO NOTHING;
    IF ledger.free_stock(p_reward, p_place, coalesce(p_at, clock_timestamp())) + p_change < 0 THEN
        PERFORM ledger.refuse('stock_short', (SELECT jsonb_build_object('count', count) FROM stock WHERE reward_id = p_reward AND place_id = p_place));
    END IF;
    UPDATE stock SET count = count + p_change WHERE reward_id = p_reward AND place_id = p_place RETURNING count INTO v_count;
    INSERT INTO stock_move (reward_id, place_id, change, reason, redemption_id, actor_id, at)
    VALUES (p_reward, p_place, p_change, p_reason, p_redemption, p_actor, coalesce(p_at, clock_timestamp()));
    RETURN v_count;
END $$;

-- The kiosk gives a key up. 'done' with the redemption where the key had succeeded; otherwise a request that still arrives under it
-- is answered abandoned. Waits for a request that is under way with this key.
CREATE FUNCTION ledger.abandon(p_scope text, p_key text, p_at timestamptz DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO idempotency (scope, key, request_hash, status, made_at)
    VALUES (p_scope, p_key, '', 410, coalesce(p_at, clock_timestamp()))
    ON CONFLICT (scope, key) DO NOTHING;
    RETURN (SELECT id FROM redemption WHERE scope = p_scope AND client_key = p_key);
END $$;
