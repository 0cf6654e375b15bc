-- Promises and how they are kept: by arq's jobs and by the sweeper, with the same functions, in any order, any number of times.

-- Writes a promise, once per key; a repeat gives the first one. With p_day_cap the day's row is locked, so that however many facts of
-- one day arrive at once, their sum stays within the cap; what was asked for stands in the payload. Amount 0 is 'nothing' with its
-- reason. Due at once by the database's clock: a caller's clock that is wrong delays nothing (pitfall A15).
-- Refuses key_conflict where the key promised another amount or member, unknown_owner.
CREATE FUNCTION ledger.promise(
    p_key text, p_kind text, p_owner uuid, p_amount bigint, p_expires_at timestamptz, p_earned_at timestamptz, p_policy uuid,
    p_payload jsonb, p_reason text, p_at timestamptz, p_day_cap bigint DEFAULT NULL, p_service_on date DEFAULT NULL
) RETURNS TABLE (id uuid, amount bigint, state text, reason text) LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint := ledger.account_of(p_owner);
    v_payload jsonb := p_payload;
    v_old intent%ROWTYPE;
    v_used bigint;
BEGIN
    id := ledger.new_id();
    amount := p_amount;
    reason := CASE WHEN p_amount = 0 THEN p_reason END;
    IF p_day_cap IS NOT NULL AND p_amount > 0 THEN
        INSERT INTO earn_day AS d (account_id, service_on, granted) VALUES (v_account, p_service_on, 0)
        ON CONFLICT (account_id, service_on) DO UPDATE SET granted = d.granted RETURNING d.granted INTO v_used;
        IF NOT EXISTS (SELECT FROM intent i WHERE i.business_key = p_key) THEN
            amount := least(p_amount, greatest(0, p_day_cap - v_used));
            reason := CASE WHEN amount = 0 THEN 'day_cap' END;
            v_payload := v_payload || jsonb_build_object('asked', p_amount);
            UPDATE earn_day d SET granted = v_used + amount WHERE d.account_id = v_account AND d.service_on = p_service_on;
        END IF;
    END IF;
    -- Without a policy nothing is invented: the promise is dead, which raises the alarm, until somebody sees to it.
    state := CASE WHEN amount > 0 THEN 'pending' WHEN reason = 'no_policy' THEN 'dead' ELSE 'nothing' END;
    INSERT INTO intent (id, business_key, kind, account_id, amount, expires_at, earned_at, policy_id, payload, state, reason, next_at,
        created_at)
    VALUES (id, p_key, p_kind, v_account, amount, p_expires_at, p_earned_at, p_policy, v_payload, state, reason, clock_timestamp(), p_at)
    ON CONFLICT (business_key) DO NOTHING;
    IF NOT FOUND THEN
        SELECT * INTO STRICT v_old FROM intent i WHERE i.business_key = p_key;
        IF v_old.account_id <> v_account OR coalesce((v_old.payload ->> 'asked')::bigint, v_old.amount) <> p_amount THEN
            PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
        END IF;
        SELECT v_old.id, v_old.amount, v_old.state, v_old.reason INTO id, amount, state, reason;
    END IF;
    RETURN NEXT;
END $$;

-- Notes on an intent that it failed: when to try again, or that it is dead after p_last attempts. A wait that was cut short, a
-- deadlock or a full server is nobody's fault and counts as no attempt; it waits longer the older it is. After its first failure of
-- either kind an intent is in no batch any more: one that runs into the time-out must not take the others with it every round.
CREATE FUNCTION ledger.note_failure(p_intent uuid, p_sqlstate text, p_error text, p_last int DEFAULT 8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_counts int := CASE WHEN left(p_sqlstate, 2) IN ('40', '53', '57', '58') OR p_sqlstate = '55P03' THEN 0 ELSE 1 END;
    v_state text;
BEGIN
    UPDATE intent SET
        attempts = attempts + v_counts,
        last_error = p_error,
        state = CASE WHEN attempts + v_counts >= p_last THEN 'dead' ELSE 'pending' END,
        reason = CASE WHEN attempts + v_counts >= p_last THEN p_error END,
        next_at = clock_timestamp() + least(interval '5 minutes', greatest(
            interval '1 second' * 2 ^ attempts, CASE WHEN v_counts = 0 THEN (clock_timestamp() - due_at) / 4 END))
    WHERE id = p_intent AND intent.state = 'pending' RETURNING intent.state INTO v_state;
    RETURN CASE WHEN v_state = 'dead' THEN 'dead' ELSE 'later' END;
END $$;

-- Keeps one promise. 'done'; 'later' or 'dead' where it failed, which is noted on it; 'gone' where there is nothing to do: it is kept
-- already, somebody else has it, or its next attempt is not due. Waits for the wallet.
CREATE FUNCTION ledger.run_intent(p_intent uuid, p_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_intent intent%ROWTYPE;
    v_transfer uuid;
    v_detail text;
BEGIN
    -- SKIP LOCKED: whoever has it finishes it, or dies and leaves it pending for the sweeper.
    SELECT * INTO v_intent FROM intent
    WHERE id = p_intent AND state = 'pending' AND (attempts = 0 OR next_at <= clock_timestamp()) FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- A sub-transaction, so that the failure can be noted in the same step (pitfall Q4).
    BEGIN
        IF v_intent.kind <> 'credit' THEN
            PERFORM ledger.refuse('unknown_kind', jsonb_build_object('kind', v_intent.kind));
        END IF;
        v_transfer := ledger.credit('intent:' || v_intent.business_key, v_intent.id, v_intent.account_id, v_intent.amount,
            v_intent.expires_at, v_intent.earned_at, v_intent.policy_id, p_at);
        UPDATE intent SET state = 'done', transfer_id = v_transfer, attempts = attempts + 1, last_error = NULL WHERE id = p_intent;
        RETURN 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
        RETURN ledger.note_failure(p_intent, SQLSTATE, concat_ws(' ', SQLERRM, nullif(v_detail, '')));
    END;
END $$;

-- Keeps many promises with one statement for each table. Claims what is fresh among p_intents, then the wallets that nobody sits on;
-- the rest is left. What needs care (another kind, a debtor, a closed or missing wallet, points that arrive past their date) and
-- every one of a batch that failed goes one by one. What it writes is what ledger.credit writes, for many at once: change both, and
-- tests/ledger/test_delivery.py compares the rows. `kept` are done; `left_over` wait for a wallet.
CREATE FUNCTION ledger.run_batch(p_intents uuid[], p_at timestamptz DEFAULT NULL)
RETURNS TABLE (kept int, left_over uuid[]) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_claimed uuid[];
    v_wallets bigint[];
    v_plain uuid[];
    v_single uuid;
    v_moved int;
    v_same boolean;
BEGIN
    kept := 0;
    SELECT array_agg(id), array_agg(DISTINCT account_id) INTO v_claimed, v_wallets FROM (
        SELECT id, account_id FROM intent WHERE id = ANY (p_intents) AND state = 'pending' AND attempts = 0 AND last_error IS NULL
        FOR NO KEY UPDATE SKIP LOCKED) claimed;
    -- SKIP LOCKED: a batch waits for no wallet, so one that somebody sits on delays nobody else, and batches cannot deadlock.
    SELECT array_agg(account_id) INTO v_wallets FROM (
        SELECT account_id FROM wallet WHERE account_id = ANY (v_wallets) ORDER BY account_id FOR NO KEY UPDATE SKIP LOCKED) locked;
    v_at := coalesce(p_at, clock_timestamp());
    SELECT array_agg(i.id) FILTER (WHERE i.account_id = ANY (v_wallets) AND i.kind = 'credit' AND a.closed_at IS NULL
               AND (i.expires_at > v_at) IS NOT FALSE AND d.account_id IS NULL),
           array_agg(i.id) FILTER (WHERE i.account_id <> ALL (coalesce(v_wallets, '{}')) AND w.account_id IS NOT NULL)
    INTO v_plain, left_over
    FROM intent i JOIN account a ON a.id = i.account_id LEFT JOIN wallet w ON w.account_id = i.account_id
    LEFT JOIN LATERAL (SELECT account_id FROM debt WHERE account_id = i.account_id AND paid + waived < amount LIMIT 1) d ON true
    WHERE i.id = ANY (v_claimed);
    BEGIN
        WITH plain AS MATERIALIZED (
            SELECT i.*, w.seq + row_number() OVER mine AS seq, (w.posted + sum(i.amount) OVER mine)::bigint AS balance
            FROM intent i JOIN wallet w USING (account_id) WHERE i.id = ANY (v_plain)
            WINDOW mine AS (PARTITION BY account_id ORDER BY i.created_at, i.id)
        ), moved AS (
            INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, policy_id)
            SELECT id, 'intent:' || business_key, 'credit', ledger.issuance(), account_id, amount, earned_at, v_at, policy_id FROM plain
            RETURNING 1
        ), posted AS (
            INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after)
            SELECT account_id, seq, id, amount, balance FROM plain RETURNING 1
        ), filled AS (
            INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
            SELECT account_id, id, 1, amount, amount, expires_at FROM plain RETURNING 1
        ), raised AS (
            UPDATE wallet w SET posted = s.balance, seq = s.seq
            FROM (SELECT account_id, max(balance) AS balance, max(seq) AS seq, count(*) AS lines FROM plain GROUP BY account_id) s
            WHERE w.account_id = s.account_id RETURNING s.lines
        ), ended AS (
            UPDATE intent i SET state = 'done', transfer_id = p.id, attempts = 1 FROM plain p WHERE i.id = p.id RETURNING 1
        )
        SELECT m, m = coalesce(cardinality(v_plain), 0) AND m = (SELECT count(*) FROM posted) AND m = (SELECT count(*) FROM filled)
               AND m = (SELECT coalesce(sum(lines), 0) FROM raised) AND m = (SELECT count(*) FROM ended)
        INTO v_moved, v_same FROM (SELECT count(*) AS m FROM moved) counted;
        IF NOT v_same THEN
            RAISE EXCEPTION 'the batch wrote unequal numbers of transfers, postings, lots and intents';
        END IF;
        kept := v_moved;
    EXCEPTION WHEN OTHERS THEN
        v_plain := NULL;
    END;
    FOR v_single IN
        SELECT i.id FROM intent i WHERE i.id = ANY (v_claimed) AND i.id <> ALL (coalesce(left_over, '{}'))
        AND i.id <> ALL (coalesce(v_plain, '{}')) ORDER BY i.account_id, i.created_at
    LOOP
        kept := kept + (ledger.run_intent(v_single, p_at) = 'done')::int;
    END LOOP;
    RETURN NEXT;
END $$;

-- A round of the sweeper: up to p_limit promises that were fresh p_age ago, in one batch. `tried` is how many it looked at: fewer than
-- p_limit means that nothing is left.
CREATE FUNCTION ledger.sweep(p_limit int, p_age interval, p_at timestamptz DEFAULT NULL)
RETURNS TABLE (kept int, tried int) LANGUAGE plpgsql AS $$
DECLARE
    v_ids uuid[];
    v_left uuid[];
BEGIN
    SELECT array_agg(id) INTO v_ids FROM (
        SELECT id FROM intent WHERE state = 'pending' AND attempts = 0 AND last_error IS NULL AND next_at <= clock_timestamp() - p_age
        ORDER BY next_at LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED) due;  -- several sweepers take different ones
    tried := coalesce(cardinality(v_ids), 0);
    SELECT b.kept, b.left_over INTO kept, v_left FROM ledger.run_batch(v_ids, p_at) b;
    -- Behind the others: many promises to one wallet that somebody sits on must not fill every round.
    UPDATE intent SET next_at = clock_timestamp() WHERE id = ANY (v_left);
    RETURN NEXT;
END $$;
