-- Points set aside, and what is left of a stock beside the units kept by live holds.

-- Locks a stock row and counts what is free: the stock less the live holds on it. A hold past its time frees its unit with no job
-- run, unless somebody has it locked: that may be a capture judged in time, so it still counts. SKIP LOCKED waits for nobody.
CREATE FUNCTION ledger.free_stock(p_reward uuid, p_place uuid, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_count int;
    v_due uuid[];
BEGIN
    SELECT count INTO v_count FROM stock WHERE reward_id = p_reward AND place_id = p_place FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    ELSIF NOT EXISTS (SELECT FROM hold WHERE reward_id = p_reward AND place_id = p_place AND state = 'pending') THEN
        RETURN v_count;
    END IF;
    SELECT array_agg(id) INTO v_due FROM (
        SELECT id FROM hold WHERE reward_id = p_reward AND place_id = p_place AND state = 'pending' AND expires_at <= p_at
        FOR NO KEY UPDATE SKIP LOCKED) due;
    RETURN v_count - (
        SELECT count(*) FROM hold WHERE reward_id = p_reward AND place_id = p_place AND state = 'pending'
        AND id <> ALL (coalesce(v_due, '{}')));
END $$;

-- The price that holds: the present one, or the lower one that was quoted and replaced less than p_minutes ago.
-- Refuses unknown_reward, reward_withdrawn, and price_changed where the present price is above the quoted one.
CREATE FUNCTION ledger.price(p_reward uuid, p_quoted bigint, p_minutes int, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_price bigint;
    v_state text;
BEGIN
    SELECT price, state INTO v_price, v_state FROM reward WHERE id = p_reward;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_reward', jsonb_build_object('reward_id', p_reward));
    ELSIF v_state <> 'offered' THEN
        PERFORM ledger.refuse('reward_withdrawn', jsonb_build_object('reward_id', p_reward));
    END IF;
    IF p_quoted IS NULL OR p_quoted >= v_price THEN
        RETURN v_price;
    END IF;
    IF EXISTS (SELECT FROM former_price WHERE reward_id = p_reward AND price = p_quoted
               AND replaced_at > p_at - make_interval(mins => p_minutes)) THEN
        RETURN p_quoted;
    END IF;
    PERFORM ledger.refuse('price_changed', jsonb_build_object('price', v_price, 'quoted', p_quoted));
END $$;

-- Sets points aside, once per (scope, key); a repeat gives the same hold. With a reward, one unit of its stock is kept as well.
-- Refuses bad_amount, insufficient_points, sold_out, account_closed, key_conflict, no_wallet.
CREATE FUNCTION ledger.place_hold(
    p_scope text, p_key text, p_hash bytea, p_account bigint, p_amount bigint, p_purpose text, p_to bigint, p_actor uuid,
    p_lasts interval, p_reward uuid DEFAULT NULL, p_place uuid DEFAULT NULL, p_at timestamptz DEFAULT NULL
) RETURNS TABLE (id uuid, expires_at timestamptz, replayed boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_old hold%ROWTYPE;
    v_id uuid := ledger.new_id();
BEGIN
    IF p_amount <= 0 OR p_lasts <= interval '0' THEN
        PERFORM ledger.refuse('bad_amount', jsonb_build_object('amount', p_amount));
    END IF;
    v_at := ledger.lock_wallet(p_account, p_at);
    -- A twin waited for the wallet above and finds the hold here; it is not judged by points that its twin has taken.
    SELECT * INTO v_old FROM hold h WHERE h.scope = p_scope AND h.client_key = p_key;
    IF FOUND THEN
        IF v_old.request_hash <> p_hash OR v_old.account_id <> p_account THEN
            PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
        END IF;
        RETURN QUERY SELECT v_old.id, v_old.expires_at, true;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM redemption r WHERE r.scope = p_scope AND r.client_key = p_key) THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
    END IF;
    PERFORM ledger.refuse_closed(p_account);
    PERFORM ledger.settle(p_account, v_at);
    PERFORM ledger.refuse_beyond(p_account, p_amount);
    UPDATE wallet SET held = held + p_amount WHERE account_id = p_account;
    IF p_reward IS NOT NULL AND ledger.free_stock(p_reward, p_place, v_at) < 1 THEN
        PERFORM ledger.refuse('sold_out');
    END IF;
    INSERT INTO hold (id, scope, client_key, request_hash, account_id, amount, purpose, to_account, reward_id, place_id, actor_id,
        made_at, expires_at)
    VALUES (v_id, p_scope, p_key, p_hash, p_account, p_amount, p_purpose, p_to, p_reward, p_place, p_actor, v_at, v_at + p_lasts)
    ON CONFLICT (scope, client_key) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));  -- another wallet took the key at this moment
    END IF;
    RETURN QUERY SELECT v_id, v_at + p_lasts, false;
END $$;

-- Turns a hold, or a part of it, into a transfer; the rest is released. A repeat with the same amount gives the same transfer.
-- The oldest points go first, also those past their date: the hold kept them. Refuses bad_amount, hold_over, key_conflict.
CREATE FUNCTION ledger.capture(p_hold uuid, p_amount bigint, p_actor uuid, p_at timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_hold hold%ROWTYPE;
    v_at timestamptz;
    v_id uuid := ledger.new_id();
BEGIN
    SELECT * INTO v_hold FROM hold WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_hold');
    ELSIF p_amount < 1 OR p_amount > v_hold.amount THEN
        PERFORM ledger.refuse('bad_amount', jsonb_build_object('amount', p_amount, 'held', v_hold.amount));
    ELSIF v_hold.state = 'captured' AND v_hold.captured = p_amount THEN
        RETURN v_hold.transfer_id;
    ELSIF v_hold.state = 'captured' THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('captured', v_hold.captured));
    END IF;
    IF v_hold.to_account > 0 AND v_hold.to_account < v_hold.account_id THEN
        PERFORM ledger.lock_wallet(v_hold.to_account, p_at);
    END IF;
    v_at := ledger.lock_wallet(v_hold.account_id, p_at);
    IF v_hold.to_account > v_hold.account_id THEN
        v_at := ledger.lock_wallet(v_hold.to_account, p_at);
    END IF;
    IF v_hold.state <> 'pending' OR v_hold.expires_at <= v_at THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_hold.state, 'expires_at', v_hold.expires_at));
    END IF;
    PERFORM ledger.refuse_closed(v_hold.to_account);
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id)
    VALUES (v_id, 'capture:' || p_hold, 'capture', v_hold.account_id, v_hold.to_account, p_amount, v_at, v_at, p_actor);
    PERFORM ledger.post(v_hold.account_id, v_id, -p_amount, v_hold.amount);
    PERFORM ledger.draw(v_hold.account_id, v_id, p_amount);
    IF v_hold.to_account > 0 THEN
        PERFORM ledger.post(v_hold.to_account, v_id, p_amount);
        PERFORM ledger.pass_on(v_id, v_hold.to_account);
    END IF;
    UPDATE hold SET state = 'captured', captured = p_amount, transfer_id = v_id WHERE id = p_hold;
    RETURN v_id;
END $$;

-- Gives a hold back: 'voided', or 'expired' where its time is over. A repeat gives the state it ended in. Refuses hold_over where it
-- was captured.
CREATE FUNCTION ledger.end_hold(p_hold uuid, p_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_hold hold%ROWTYPE;
    v_at timestamptz;
BEGIN
    SELECT * INTO v_hold FROM hold WHERE id = p_hold FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_hold');
    ELSIF v_hold.state = 'captured' THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_hold.state, 'expires_at', v_hold.expires_at));
    ELSIF v_hold.state <> 'pending' THEN
        RETURN v_hold.state;
    END IF;
    v_at := ledger.lock_wallet(v_hold.account_id, p_at);
    UPDATE hold SET state = CASE WHEN expires_at <= v_at THEN 'expired' ELSE 'voided' END WHERE id = p_hold RETURNING state INTO v_hold.state;
    UPDATE wallet SET held = held - v_hold.amount WHERE account_id = v_hold.account_id;
    RETURN v_hold.state;
END $$;

-- Tidies wallets with holds or points past their time; every debit does the same for its own wallet, so nothing depends on this.
-- Wallets that somebody has locked are left for the next round. Gives the number settled.
CREATE FUNCTION ledger.settle_due(p_limit int, p_at timestamptz DEFAULT NULL) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz := coalesce(p_at, clock_timestamp());
    v_account bigint;
    v_settled int := 0;
BEGIN
    FOR v_account IN
        WITH due AS (
            SELECT account_id FROM hold WHERE state = 'pending' AND expires_at <= v_at
            UNION
            SELECT l.account_id FROM lot l JOIN wallet w ON w.account_id = l.account_id
            WHERE l.remaining > 0 AND l.expires_at <= v_at GROUP BY l.account_id, w.held HAVING sum(l.remaining) > w.held
            LIMIT p_limit)
        SELECT w.account_id FROM wallet w JOIN due USING (account_id) ORDER BY w.account_id FOR NO KEY UPDATE OF w SKIP LOCKED
    LOOP
        v_settled := v_settled + ledger.settle(v_account, v_at)::int;  -- somebody may have done it since this list was read
    END LOOP;
    RETURN v_settled;
END $$;
