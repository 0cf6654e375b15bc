-- The most that a wallet takes; members who leave, and what becomes of the points of those who have died.

-- What lay above the cap of a member's wallet when a promise was kept: it went to the pool, or was not granted. Above zero for a promise;
-- below zero where a correction took a part of it back. What a promise promised is the member's transfer and these together.
CREATE TABLE above_cap (
    intent_id    uuid NOT NULL REFERENCES intent,
    account_id   bigint NOT NULL,                        -- the member's
    went         text NOT NULL CHECK (went IN ('pool', 'not_granted')),
    units        bigint NOT NULL CHECK (units <> 0),     -- of 1/100 point
    transfer_id  uuid UNIQUE REFERENCES transfer,        -- into the pool, or back out of it
    noted_at     timestamptz NOT NULL,                   -- as transfer.recorded_at: read after the wallet's lock
    PRIMARY KEY (intent_id, went),
    CHECK ((went = 'pool') = (transfer_id IS NOT NULL))
);
CREATE INDEX above_cap_account ON above_cap (account_id, noted_at);
CREATE TRIGGER above_cap_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON above_cap EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'above_cap');

-- The pool's account that a promise names for what lies above the cap; none: nothing goes to a pool.
CREATE FUNCTION ledger.pool_of(p_payload jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE WHEN p_payload ->> 'above_cap' = 'pool' THEN ledger.account_of((p_payload ->> 'pool')::uuid) END;
END $$;

-- Units that a locked and settled wallet has room for: what it owes is paid from them first.
CREATE FUNCTION ledger.room_below(p_account bigint, p_cap bigint) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(0, p_cap - w.posted + coalesce((SELECT sum(amount - paid - waived) FROM debt
                                                    WHERE account_id = w.account_id AND paid + waived < amount), 0)::bigint)
    FROM wallet w WHERE w.account_id = p_account
$$;

-- Keeps a promise that names a cap: as much as the wallet takes goes into it, the rest to the pool as 'intent:<key>:over', or it is not
-- granted; both in this step, judged under the wallet's lock. The member's transfer, else the pool's; none where nothing moved.
-- Points that come past their date are not judged: they go at once. Refuses what ledger.credit refuses.
CREATE FUNCTION ledger.credit_below(p_intent intent, p_at timestamptz) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_key text := 'intent:' || p_intent.business_key;
    v_cap bigint := (p_intent.payload ->> 'wallet_cap')::bigint;
    v_pool bigint := ledger.pool_of(p_intent.payload);
    v_at timestamptz;
    v_kept bigint;
    v_own uuid;
    v_over uuid;
BEGIN
    -- Wallets ascending. Only who seems to be at the cap queues on the pool's row.
    IF v_pool < p_intent.account_id AND (
        SELECT b.posted + p_intent.amount > v_cap FROM ledger.balance(p_intent.account_id, coalesce(p_at, clock_timestamp())) b) THEN
        PERFORM ledger.lock_wallet(v_pool, p_at);
    END IF;
    v_at := ledger.lock_wallet(p_intent.account_id, p_at);
    PERFORM ledger.refuse_closed(p_intent.account_id);
    PERFORM ledger.settle(p_intent.account_id, v_at);
    v_kept := CASE WHEN p_intent.expires_at <= v_at THEN p_intent.amount
        ELSE least(p_intent.amount, ledger.room_below(p_intent.account_id, v_cap)) END;
    IF v_kept > 0 THEN
        v_own := ledger.credit(v_key, p_intent.id, p_intent.account_id, v_kept, p_intent.expires_at, p_intent.earned_at,
            p_intent.policy_id, v_at);
    END IF;
    IF v_kept < p_intent.amount THEN
        IF v_pool IS NOT NULL THEN
            -- The wallet came to its cap while this one waited for it: against the order, so it waits for nobody and is tried again.
            PERFORM FROM wallet WHERE account_id = v_pool AND v_pool < p_intent.account_id FOR NO KEY UPDATE NOWAIT;
            v_over := ledger.credit(v_key || ':over', ledger.new_id(), v_pool, p_intent.amount - v_kept, NULL, p_intent.earned_at,
                p_intent.policy_id, p_at);
        END IF;
        INSERT INTO above_cap (intent_id, account_id, went, units, transfer_id, noted_at)
        VALUES (p_intent.id, p_intent.account_id, CASE WHEN v_over IS NULL THEN 'not_granted' ELSE 'pool' END,
            p_intent.amount - v_kept, v_over, v_at);
    END IF;
    RETURN coalesce(v_own, v_over);
END $$;

-- As in the first step; a promise with a cap is kept below it, and is 'nothing' where the wallet took nothing and no pool got it. One to a
-- member who has left is 'nothing' as well: no later attempt can keep it, and dead it would hold up every correction of its stay.
CREATE OR REPLACE FUNCTION ledger.run_intent(p_intent uuid, p_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
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
        ELSIF v_intent.payload ? 'wallet_cap' THEN
            v_transfer := ledger.credit_below(v_intent, p_at);
        ELSE
            v_transfer := ledger.credit('intent:' || v_intent.business_key, v_intent.id, v_intent.account_id, v_intent.amount,
                v_intent.expires_at, v_intent.earned_at, v_intent.policy_id, p_at);
        END IF;
        UPDATE intent SET state = CASE WHEN v_transfer IS NULL THEN 'nothing' ELSE 'done' END,
            reason = CASE WHEN v_transfer IS NULL THEN 'wallet_cap' END, transfer_id = v_transfer, attempts = attempts + 1, last_error = NULL
        WHERE id = p_intent;
        RETURN 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS v_detail = PG_EXCEPTION_DETAIL;
        IF SQLSTATE = 'TB000' AND SQLERRM = 'account_closed' AND (v_detail::jsonb ->> 'account_id')::bigint = v_intent.account_id THEN
            UPDATE intent SET state = 'nothing', reason = 'account_closed', attempts = attempts + 1, last_error = NULL WHERE id = p_intent;
            RETURN 'done';
        END IF;
        RETURN ledger.note_failure(p_intent, SQLSTATE, concat_ws(' ', SQLERRM, nullif(v_detail, '')));
    END;
END $$;

-- As in the first step; a wallet that would come above the cap of one of its promises goes one by one, with the pool's row locked first
-- where nobody sits on it. Of the others each is as ledger.credit_below would keep it, since all of it fits.
CREATE OR REPLACE FUNCTION ledger.run_batch(p_intents uuid[], p_at timestamptz DEFAULT NULL)
RETURNS TABLE (kept int, left_over uuid[]) LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_claimed uuid[];
    v_wallets bigint[];
    v_full bigint[];
    v_pools bigint[];
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
    -- The wallets that a promise would lift above its cap, by what is on their books: what is due goes when each is settled.
    SELECT array_agg(account_id) INTO v_full FROM (
        SELECT i.account_id FROM intent i JOIN wallet w USING (account_id)
        WHERE i.id = ANY (v_claimed) AND i.account_id = ANY (v_wallets)
        GROUP BY i.account_id, w.posted
        HAVING w.posted + sum(i.amount) > min((i.payload ->> 'wallet_cap')::bigint)) over;
    IF v_full IS NOT NULL THEN
        -- Pools may have lower numbers than wallets that are locked already: SKIP LOCKED, what waits for one is left over.
        SELECT array_agg(DISTINCT ledger.pool_of(i.payload)) INTO v_pools FROM intent i
        WHERE i.id = ANY (v_claimed) AND i.account_id = ANY (v_full);
        SELECT array_agg(account_id) INTO v_pools FROM (
            SELECT account_id FROM wallet WHERE account_id = ANY (v_pools) ORDER BY account_id FOR NO KEY UPDATE SKIP LOCKED) locked;
    END IF;
    SELECT array_agg(i.id) FILTER (WHERE i.account_id = ANY (v_wallets) AND i.kind = 'credit' AND a.closed_at IS NULL
               AND i.account_id <> ALL (coalesce(v_full, '{}'))
               AND (i.expires_at > v_at) IS NOT FALSE AND d.account_id IS NULL),
           array_agg(i.id) FILTER (WHERE i.account_id <> ALL (coalesce(v_wallets, '{}')) AND w.account_id IS NOT NULL
               OR i.account_id = ANY (v_full) AND i.payload ->> 'above_cap' = 'pool'
                   AND ledger.pool_of(i.payload) <> ALL (coalesce(v_pools, '{}')))
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

-- What the versions of a stay have brought so far and nothing has taken back: to the wallet that they were promised to; to the pool, and
-- not granted, where that lay above its cap. What was not granted beside a credit goes with its reversal.
CREATE FUNCTION ledger.brought(p_versions uuid[], p_account bigint, OUT own bigint, OUT pooled bigint, OUT refused bigint)
LANGUAGE sql STABLE AS $$
    SELECT (SELECT coalesce(sum(CASE WHEN t.kind = 'credit' THEN t.amount ELSE -t.amount END), 0)::bigint
            FROM intent i JOIN transfer t ON t.id = i.transfer_id OR t.reverses = i.transfer_id
            WHERE i.id = ANY (p_versions) AND p_account IN (t.from_account, t.to_account)),
        (SELECT coalesce(sum(o.units - coalesce(r.amount, 0)), 0)::bigint
            FROM above_cap o LEFT JOIN transfer r ON r.reverses = o.transfer_id WHERE o.intent_id = ANY (p_versions) AND o.went = 'pool'),
        (SELECT greatest(0, coalesce(sum(o.units), 0))::bigint FROM above_cap o JOIN intent i ON i.id = o.intent_id
            LEFT JOIN transfer r ON r.reverses = i.transfer_id
            WHERE o.intent_id = ANY (p_versions) AND o.went = 'not_granted' AND r.id IS NULL)
$$;

-- What these versions of a stay brought to a wallet, the first version first.
CREATE FUNCTION ledger.credits_of(p_versions uuid[], p_account bigint) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY (SELECT t.id FROM intent i JOIN transfer t ON t.id = i.transfer_id
        WHERE i.id = ANY (p_versions) AND t.kind = 'credit' AND t.to_account = p_account
        ORDER BY substring(i.business_key FROM ':v(\d+)$')::int)
$$;

-- As in the first steps. All that the versions promised counts as brought, whatever of it the wallet took: what lay above the cap is
-- promised no second time when the wallet has room again. Less is taken back in the reverse order: first what was not granted, where
-- nothing moves; then from the pool; the member's own last. So the member has what the lower sum would have given in the first place.
CREATE OR REPLACE FUNCTION ledger.correct(
    p_stay text, p_version int, p_owner uuid, p_total bigint, p_expires_at timestamptz, p_earned_at timestamptz, p_policy uuid,
    p_payload jsonb, p_actor uuid, p_reason text, p_spent text, p_at timestamptz, p_day_cap bigint DEFAULT NULL, p_service_on date DEFAULT NULL
) RETURNS TABLE (id uuid, amount bigint, state text, reason text) LANGUAGE plpgsql AS $$
DECLARE
    v_key text := format('%s:v%s', p_stay, p_version);
    v_versions uuid[];
    v_account bigint := ledger.account_of(p_owner);
    v_granted bigint;
    v_old intent%ROWTYPE;
    v_first uuid;
    v_back uuid;
    v_own bigint;
    v_pooled bigint;
    v_refused bigint;
    v_pool bigint;
    v_over uuid;
    v_over_back uuid;
    v_left bigint;
    v_paid bigint;
    v_closed boolean := false;
    v_at timestamptz;
BEGIN
    PERFORM ledger.refuse_unfounded(v_account, p_actor, p_reason);
    IF p_day_cap IS NOT NULL THEN
        INSERT INTO earn_day AS d (account_id, service_on, granted) VALUES (v_account, p_service_on, 0)
        ON CONFLICT (account_id, service_on) DO UPDATE SET granted = d.granted RETURNING d.granted INTO v_granted;
    END IF;
    -- Waits for a worker that has one of them, and for another correction: the two follow each other.
    PERFORM FROM intent i WHERE i.business_key BETWEEN p_stay || ':v' AND p_stay || ':w' ORDER BY i.business_key FOR NO KEY UPDATE;
    -- Once they are ours, as the one before left them. A range, which the key's index answers for any stay: LIKE may read all promises.
    v_versions := ARRAY (SELECT i.id FROM intent i WHERE i.business_key BETWEEN p_stay || ':v' AND p_stay || ':w');
    SELECT * INTO v_old FROM intent i WHERE i.business_key = v_key;
    IF FOUND THEN
        IF v_old.account_id <> v_account OR (v_old.payload ->> 'asked')::bigint IS DISTINCT FROM p_total THEN
            PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));
        END IF;
        RETURN QUERY SELECT v_old.id, CASE WHEN v_old.kind = 'correct' THEN -v_old.amount ELSE v_old.amount END, v_old.state, v_old.reason;
        RETURN;
    END IF;
    -- No number, no error: a plan may ask this of promises that have no versions before it looks at their ids.
    IF EXISTS (SELECT FROM intent i WHERE i.id = ANY (v_versions) AND substring(i.business_key FROM ':v(\d+)$')::int > p_version) THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));  -- a later version overtook this one
    END IF;
    -- A stay has one pool at most: corrections keep the policy of its first version. Wallets ascending (ledger.lock_wallets, in
    -- 61_gifts.sql), before any promise is kept.
    SELECT ledger.pool_of(i.payload) INTO v_pool FROM intent i
    WHERE i.id = ANY (v_versions) AND i.payload ->> 'above_cap' = 'pool' ORDER BY i.business_key LIMIT 1;
    IF v_pool IS NOT NULL THEN
        PERFORM ledger.lock_wallets(ARRAY [v_pool, v_account], p_at);
    END IF;
    PERFORM ledger.run_intent(i.id, p_at) FROM intent i WHERE i.id = ANY (v_versions) AND i.state = 'pending';
    IF EXISTS (SELECT FROM intent i WHERE i.id = ANY (v_versions) AND i.state IN ('pending', 'dead') AND i.amount > 0) THEN
        PERFORM ledger.refuse('promise_stuck', jsonb_build_object('key', p_stay));
    END IF;
    v_at := ledger.lock_wallet(v_account, p_at);
    PERFORM ledger.settle(v_account, v_at);
    SELECT t.id INTO v_first FROM intent i JOIN transfer t ON t.id = i.transfer_id
    WHERE i.id = ANY (v_versions) AND t.kind = 'credit' AND t.to_account = v_account ORDER BY t.amount DESC, i.created_at LIMIT 1;
    SELECT b.own, b.pooled, b.refused INTO v_own, v_pooled, v_refused FROM ledger.brought(v_versions, v_account) b;
    v_paid := v_own + v_pooled + v_refused;
    amount := p_total - v_paid;
    IF amount > 0 AND p_day_cap IS NOT NULL THEN
        amount := least(amount, greatest(0, p_day_cap - v_granted));
    END IF;
    -- The member has gone, and a promise to a closed wallet can only die.
    IF amount > 0 AND EXISTS (SELECT FROM account a WHERE a.id = v_account AND a.closed_at IS NOT NULL) THEN
        amount := 0;
        v_closed := true;
    END IF;
    UPDATE earn_day d SET granted = greatest(0, v_granted + correct.amount)
    WHERE p_day_cap IS NOT NULL AND d.account_id = v_account AND d.service_on = p_service_on;
    IF amount < 0 THEN
        v_refused := least(-amount, v_refused);
        v_pooled := least(-amount - v_refused, v_pooled);
        v_left := -amount - v_refused - v_pooled;
        IF v_pooled > 0 THEN
            SELECT t.id INTO v_over FROM intent i JOIN above_cap o ON o.intent_id = i.id JOIN transfer t ON t.id = o.transfer_id
            WHERE i.id = ANY (v_versions) AND t.kind = 'credit' ORDER BY t.amount DESC, i.created_at LIMIT 1;
            PERFORM ledger.settle(v_pool, v_at);
            v_over_back := ledger.take_back(v_pool, format('correct:%s:over', v_key), 'correct', v_pooled, v_over, NULL, p_actor, p_reason,
                p_spent, v_at, NULL, ARRAY (SELECT o.transfer_id FROM above_cap o JOIN intent i ON i.id = o.intent_id
                    WHERE i.id = ANY (v_versions) AND o.went = 'pool' AND o.units > 0
                    ORDER BY substring(i.business_key FROM ':v(\d+)$')::int));
        END IF;
        IF v_left > 0 THEN
            v_back := ledger.take_back(v_account, 'correct:' || v_key, 'correct', v_left, v_first, NULL, p_actor, p_reason, p_spent, v_at,
                NULL, ledger.credits_of(v_versions, v_account));
        END IF;
    END IF;
    id := ledger.new_id();
    state := CASE WHEN amount > 0 THEN 'pending' WHEN amount < 0 AND coalesce(v_back, v_over_back) IS NOT NULL THEN 'done' ELSE 'nothing' END;
    reason := CASE WHEN state = 'nothing' THEN
        CASE WHEN v_closed THEN 'account_closed' WHEN amount < 0 THEN 'wallet_cap' WHEN p_total = v_paid THEN 'unchanged' ELSE 'day_cap' END END;
    INSERT INTO intent (id, business_key, kind, account_id, amount, expires_at, earned_at, policy_id, payload, state, reason, next_at,
        transfer_id, created_at)
    VALUES (id, v_key, CASE WHEN amount < 0 THEN 'correct' ELSE 'credit' END, v_account, abs(amount), p_expires_at, p_earned_at, p_policy,
        p_payload || jsonb_build_object('asked', p_total, 'comes_to', v_paid + amount), state, reason, clock_timestamp(),
        coalesce(v_back, v_over_back), p_at)
    ON CONFLICT (business_key) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));  -- the first of all versions came at this moment
    END IF;
    INSERT INTO above_cap (intent_id, account_id, went, units, transfer_id, noted_at)
    SELECT correct.id, v_account, took.went, -took.units, took.transfer_id, v_at
    FROM (VALUES ('not_granted', v_refused, NULL::uuid), ('pool', v_pooled, v_over_back)) took (went, units, transfer_id)
    WHERE correct.amount < 0 AND took.units > 0;
    RETURN NEXT;
END $$;

-- Takes a credit back in full, once; a repeat gives the same transfer. No more than corrections have left of the stay; what lay above the
-- cap of the same promise is taken back from the pool in the same step. What was spent meanwhile is owed, or refused. Lock order: wallets
-- by account_id. Refuses unknown_transfer, not_reversible, four_eyes, reason_missing, already_spent, nothing_left.
CREATE FUNCTION ledger.reverse(
    p_transfer uuid, p_actor uuid, p_reason text, p_spent text DEFAULT 'owe', p_at timestamptz DEFAULT NULL,
    p_effective_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_old transfer%ROWTYPE;
    v_over transfer%ROWTYPE;
    v_stay text;
    v_versions uuid[];
    v_left record;
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
    -- The member's own part bears the promise's id.
    SELECT t.* INTO v_over FROM above_cap o JOIN transfer t ON t.id = o.transfer_id WHERE o.intent_id = p_transfer AND o.units > 0;
    IF v_over.to_account < v_old.to_account THEN
        PERFORM ledger.lock_wallet(v_over.to_account, p_at);
    END IF;
    v_at := ledger.lock_wallet(v_old.to_account, p_at);
    IF v_over.to_account > v_old.to_account THEN
        v_at := ledger.lock_wallet(v_over.to_account, p_at);
    END IF;
    -- The second of two waited for the wallet above and finds the first one's reversal here.
    SELECT id INTO v_id FROM transfer WHERE reverses = p_transfer;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    v_stay := substring(v_old.business_key FROM '^intent:(.+):v\d+$');
    IF v_stay IS NOT NULL THEN
        v_versions := ARRAY (SELECT i.id FROM intent i WHERE i.business_key BETWEEN v_stay || ':v' AND v_stay || ':w');
        SELECT b.* INTO v_left FROM ledger.brought(v_versions, v_old.to_account) b;
        v_old.amount := least(v_old.amount, v_left.own);
        v_over.amount := least(v_over.amount, v_left.pooled);
        IF v_old.amount <= 0 THEN
            PERFORM ledger.refuse('nothing_left');
        END IF;
    END IF;
    IF v_over.id IS NOT NULL AND v_over.amount > 0 THEN
        PERFORM ledger.settle(v_over.to_account, v_at);
        PERFORM ledger.take_back(v_over.to_account, 'reverse:' || v_over.id, 'reverse', v_over.amount, v_over.id, v_over.id, p_actor,
            p_reason, p_spent, v_at, p_effective_at);
    END IF;
    PERFORM ledger.settle(v_old.to_account, v_at);
    RETURN ledger.take_back(v_old.to_account, 'reverse:' || p_transfer, 'reverse', v_old.amount, p_transfer, p_transfer, p_actor, p_reason,
        p_spent, v_at, p_effective_at, NULL, ARRAY [p_transfer] || ledger.credits_of(v_versions, v_old.to_account));
END $$;

-- As in the first step, with what lay above the cap: the transfer to or from the member's account and those parts are the promise.
CREATE OR REPLACE VIEW reconcile.promise_kept_is_one_credit AS
WITH kept AS (
    SELECT i.business_key, i.kind, i.account_id, i.amount, o.above, t.business_key AS key,
        CASE WHEN i.kind = 'correct' THEN t.from_account ELSE t.to_account END AS moved_on, t.amount AS moved,
        CASE WHEN i.kind = 'correct' THEN 'correct:' ELSE 'intent:' END || i.business_key AS own_key
    FROM intent i LEFT JOIN transfer t ON t.id = i.transfer_id
    LEFT JOIN (SELECT intent_id, sum(abs(units)) AS above FROM above_cap GROUP BY intent_id) o ON o.intent_id = i.id
    WHERE i.state = 'done' OR o.above IS NOT NULL
)
SELECT 'intent ' || business_key AS subject, CASE WHEN kind = 'correct' THEN 'corrected without a transfer of its amount from its account'
    ELSE 'done without a credit of its amount to its account' END AS detail
FROM kept WHERE CASE
    WHEN key = own_key THEN (moved_on, moved + coalesce(above, 0)) IS DISTINCT FROM (account_id, amount)
    ELSE above IS DISTINCT FROM amount OR key <> own_key || ':over' END
UNION ALL
SELECT 'transfer ' || t.id, 'a credit whose intent is not done'
FROM (SELECT id FROM transfer WHERE kind = 'credit' AND business_key LIKE 'intent:%') t
-- A full join is hashed or merged whatever the planner expects; any other reads all intents once for each credit where it knows nothing.
FULL JOIN (SELECT transfer_id FROM intent WHERE state = 'done' UNION ALL
           SELECT transfer_id FROM above_cap WHERE transfer_id IS NOT NULL) kept ON kept.transfer_id = t.id
WHERE kept.transfer_id IS NULL;

-- As in the first step; a promise that ended as nothing because its member had left, or was put aside, has brought nothing.
CREATE OR REPLACE VIEW reconcile.stay_comes_to_its_last_version AS
WITH version AS (
    SELECT split_part(i.business_key, ':v', 1) AS stay, split_part(i.business_key, ':v', 2)::int AS version,
        (i.payload ->> 'comes_to')::bigint AS comes_to,
        CASE WHEN i.kind = 'correct' THEN -i.amount WHEN i.state = 'nothing' AND i.reason ~ '^(account_closed|put_aside)' THEN 0
            ELSE i.amount END AS amount,
        t.id IS NOT NULL AS is_reversed
    FROM intent i LEFT JOIN transfer t ON t.reverses = i.transfer_id
    WHERE i.business_key LIKE 'attendance:%:v%' AND i.state IN ('pending', 'done', 'nothing')
), last AS (
    SELECT DISTINCT ON (stay) stay, comes_to FROM version ORDER BY stay, version DESC
)
SELECT last.stay AS subject, format('comes to %s, brought %s', last.comes_to, sum(version.amount)) AS detail
FROM last JOIN version USING (stay) WHERE last.comes_to IS NOT NULL
GROUP BY last.stay, last.comes_to HAVING last.comes_to <> sum(version.amount) AND NOT bool_or(version.is_reversed);

-- What went to the pool is a transfer of that amount, under the promise's key.
CREATE VIEW reconcile.above_cap_is_its_transfer AS
SELECT 'intent ' || i.business_key AS subject, format('%s of %s went to the pool, moved %s', o.units, i.amount, coalesce(t.amount, 0)) AS detail
FROM above_cap o JOIN intent i ON i.id = o.intent_id LEFT JOIN transfer t ON t.id = o.transfer_id
WHERE o.account_id <> i.account_id OR (o.units < 0) <> (i.kind = 'correct') OR o.went = 'pool' AND (t.business_key, t.amount)
    IS DISTINCT FROM (format('%s:%s:over', CASE WHEN o.units > 0 THEN 'intent' ELSE 'correct' END, i.business_key), abs(o.units));
CALL pg_temp.allow('SELECT', 'reconcile.above_cap_is_its_transfer');

-- A group serves there: where the policy says so, what its sessions earn goes to the pool. The hours are each member's own.
ALTER TABLE activity ADD COLUMN is_group boolean NOT NULL DEFAULT false;

-- Whoever left, or has died: the person goes in one step, what becomes of the points follows in another that a job repeats until it is
-- done. Hours, movements and this row stay under the member's number.
CREATE TABLE departure (
    member_id      uuid PRIMARY KEY REFERENCES member,
    kind           text NOT NULL CHECK (kind IN ('left', 'died')),
    left_at        timestamptz NOT NULL,
    left_by        uuid NOT NULL REFERENCES member,      -- the member, or a member of staff
    reason         text NOT NULL DEFAULT '',             -- of staff, who have to give one
    heir_id        uuid REFERENCES member,               -- the relative named to have the points, where the rules let them go so
    points_order   text[] NOT NULL,                      -- of the policy on the day of leaving; empty: they wait for a claim
    policy_id      uuid REFERENCES policy,
    settled_at     timestamptz,                          -- the wallet is closed
    erase_at       timestamptz,                          -- none: nobody has asked
    erased_at      timestamptz,
    CHECK (heir_id <> member_id),
    CHECK (kind <> 'died' OR left_by <> member_id),
    CHECK (left_by = member_id OR reason <> ''),
    CHECK (erased_at IS NULL OR erase_at IS NOT NULL),
    CHECK (points_order <@ ARRAY ['beneficiary', 'pool', 'expire'])
);
CREATE INDEX departure_open ON departure (left_at) WHERE settled_at IS NULL;
CREATE INDEX departure_to_erase ON departure (erase_at) WHERE erased_at IS NULL AND erase_at IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (settled_at, erase_at, erased_at)', 'departure');

-- The points of a member who has died: claimed for an heir, or for the pool. Two members of staff say yes.
CREATE TABLE estate_claim (
    id           uuid PRIMARY KEY,
    member_id    uuid NOT NULL REFERENCES departure,     -- who has died
    heir_id      uuid REFERENCES member,                 -- none: the pool
    evidence     text NOT NULL CHECK (evidence <> ''),   -- what was shown, and who asked
    made_by      uuid NOT NULL REFERENCES member,
    made_at      timestamptz NOT NULL,
    first_by     uuid REFERENCES member,
    first_at     timestamptz,
    second_by    uuid REFERENCES member,
    second_at    timestamptz,
    state        text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused')),
    refused_by   uuid REFERENCES member,
    refused_at   timestamptz,
    why_refused  text NOT NULL DEFAULT '',
    CHECK (heir_id <> member_id),
    CHECK (first_by <> second_by),                       -- two people
    CHECK (heir_id NOT IN (first_by, second_by)),        -- neither of whom gains by it
    CHECK ((first_by IS NULL) = (first_at IS NULL)),
    CHECK ((second_by IS NULL) = (second_at IS NULL)),
    CHECK (second_by IS NULL OR first_by IS NOT NULL),
    CHECK ((state = 'approved') = (second_by IS NOT NULL)),
    CHECK ((state = 'refused') = (refused_by IS NOT NULL)),
    CHECK ((refused_by IS NULL) = (refused_at IS NULL)),
    CHECK (state <> 'refused' OR why_refused <> '')
);
-- Of two claims at once one is heard first.
CREATE UNIQUE INDEX estate_claim_open ON estate_claim (member_id) WHERE state <> 'refused';
CALL pg_temp.allow('SELECT, INSERT, UPDATE (first_by, first_at, second_by, second_at, state, refused_by, refused_at, why_refused)',
    'estate_claim');

-- Ends what a wallet still waits for, gives what is in it away in the given order and closes it: once; a repeat does nothing. What no
-- step of the order took expires. With an empty order the points stay where they are, and only an empty wallet is closed. An heir whose
-- own wallet is closed is passed over where the member left, and refused where two have approved it: account_closed.
-- Lock order: intents, holds, every wallet by account_id. Refuses promise_stuck where a promise could not be kept now.
CREATE FUNCTION ledger.close_wallet(
    p_key text, p_owner uuid, p_order text[], p_heir uuid, p_heir_cap bigint, p_pool uuid, p_actor uuid, p_reason text,
    p_at timestamptz DEFAULT NULL
) RETURNS TABLE (went text, units bigint, transfer_id uuid) LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint := ledger.account_of(p_owner);
    v_heir bigint := CASE WHEN 'beneficiary' = ANY (p_order) AND p_heir IS NOT NULL THEN ledger.account_of(p_heir) END;
    v_pool bigint := CASE WHEN 'pool' = ANY (p_order) THEN ledger.account_of(p_pool) END;
    v_at timestamptz;
BEGIN
    PERFORM FROM intent i WHERE i.account_id = v_account AND i.state = 'pending' ORDER BY i.business_key FOR NO KEY UPDATE;
    PERFORM FROM hold h WHERE h.account_id = v_account AND h.state = 'pending' ORDER BY h.id FOR NO KEY UPDATE;
    PERFORM FROM wallet w WHERE w.account_id IN (v_account, v_heir, v_pool) OR w.account_id IN (
        SELECT ledger.pool_of(i.payload) FROM intent i WHERE i.account_id = v_account AND i.state = 'pending'
        UNION ALL
        SELECT ledger.pool_behind(h.scope, h.client_key) FROM hold h WHERE h.account_id = v_account AND h.state = 'pending')
    ORDER BY w.account_id FOR NO KEY UPDATE;
    v_at := coalesce(p_at, clock_timestamp());
    IF EXISTS (SELECT FROM account a WHERE a.id = v_account AND a.closed_at IS NOT NULL) THEN
        RETURN;
    END IF;
    PERFORM ledger.run_intent(i.id, v_at) FROM (
        SELECT p.id FROM intent p WHERE p.account_id = v_account AND p.state = 'pending' ORDER BY p.created_at, p.id) i;
    IF EXISTS (SELECT FROM intent i WHERE i.account_id = v_account AND i.state = 'pending') THEN
        PERFORM ledger.refuse('promise_stuck', jsonb_build_object('key', p_key));
    END IF;
    PERFORM ledger.end_hold(h.id, v_at) FROM hold h WHERE h.account_id = v_account AND h.state = 'pending';
    PERFORM ledger.settle(v_account, v_at);
    PERFORM ledger.repay(v_account, v_at);
    IF v_heir IS NOT NULL AND p_reason = 'died' THEN
        PERFORM ledger.refuse_closed(v_heir);  -- two have said yes to this heir, not to whoever comes next in the order
    END IF;
    IF v_heir IS NOT NULL AND NOT EXISTS (SELECT FROM account a WHERE a.id = v_heir AND a.closed_at IS NOT NULL) THEN
        PERFORM ledger.settle(v_heir, v_at);
    ELSE
        v_heir := NULL;
    END IF;
    IF cardinality(p_order) > 0 THEN
        FOREACH went IN ARRAY p_order || ARRAY ['expire'] LOOP
            SELECT w.posted INTO units FROM wallet w WHERE w.account_id = v_account;
            IF went = 'beneficiary' THEN
                units := CASE WHEN v_heir IS NULL THEN 0 WHEN p_heir_cap IS NULL THEN units ELSE least(units, ledger.room_below(v_heir, p_heir_cap)) END;
            END IF;
            CONTINUE WHEN units = 0;
            transfer_id := CASE went
                WHEN 'beneficiary' THEN ledger.move(p_key || ':heir', 'gift', v_account, v_heir, units, p_actor, p_reason, v_at)
                WHEN 'pool' THEN ledger.move(p_key || ':pool', 'donate', v_account, v_pool, units, p_actor, p_reason, v_at)
                ELSE ledger.let_expire(p_key || ':expire', v_account, units, p_actor, p_reason, v_at) END;
            RETURN NEXT;
        END LOOP;
    END IF;
    -- Nobody asks somebody who has gone for what they owe.
    IF (SELECT w.posted FROM wallet w WHERE w.account_id = v_account) = 0 THEN
        UPDATE debt d SET waived = d.amount - d.paid WHERE d.account_id = v_account AND d.paid + d.waived < d.amount;
        UPDATE account a SET closed_at = v_at WHERE a.id = v_account;
    END IF;
END $$;

-- As in the first step; nobody asks somebody who has gone for what they owe, so on a closed account it is waived at once.
CREATE OR REPLACE FUNCTION ledger.advance(p_account bigint, p_key text, p_amount bigint, p_relates uuid, p_actor uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := ledger.new_id();
BEGIN
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, relates_to)
    VALUES (v_id, p_key, 'advance', ledger.receivable(), p_account, p_amount, p_at, p_at, p_actor, p_relates);
    PERFORM ledger.post(p_account, v_id, p_amount);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining) VALUES (p_account, v_id, 1, p_amount, p_amount);
    INSERT INTO debt (account_id, transfer_id, amount, waived)
    SELECT p_account, v_id, p_amount, CASE WHEN a.closed_at IS NULL THEN 0 ELSE p_amount END FROM account a WHERE a.id = p_account;
END $$;

-- Lets units of a locked and settled wallet go before their date.
CREATE FUNCTION ledger.let_expire(p_key text, p_account bigint, p_amount bigint, p_actor uuid, p_reason text, p_at timestamptz)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := ledger.new_id();
BEGIN
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code)
    VALUES (v_id, p_key, 'expire', p_account, ledger.expired(), p_amount, p_at, p_at, p_actor, p_reason);
    PERFORM ledger.post(p_account, v_id, -p_amount);
    PERFORM ledger.draw(p_account, v_id, p_amount, p_at);
    RETURN v_id;
END $$;

-- As in the first step; nothing comes back to a wallet that was closed, not even from who asked before it was. Lock order: wallets by
-- account_id, that of the pool which paid for it too (ledger.pool_behind, in 70_rules.sql). Refuses account_closed.
CREATE OR REPLACE FUNCTION ledger.undo(
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
    v_at := ledger.lock_wallets(ARRAY [v_old.account_id, ledger.pool_behind(v_old.scope, v_old.client_key)], p_at);
    -- The second of two waited for the wallet above and finds the first one's reversal here.
    SELECT id INTO v_id FROM transfer WHERE reverses = v_old.transfer_id;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    PERFORM ledger.refuse_closed(v_old.account_id);
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
    PERFORM ledger.settle_support(v_old.account_id, v_at);
    RETURN v_id;
END $$;

-- Wallets of those who left are closed and empty; a claim that two have approved has given the points away.
CREATE VIEW reconcile.closed_wallet_is_empty AS
SELECT 'account ' || w.account_id AS subject, format('closed with %s, held %s', w.posted, w.held) AS detail
FROM wallet w JOIN account a ON a.id = w.account_id WHERE a.closed_at IS NOT NULL AND (w.posted <> 0 OR w.held <> 0)
UNION ALL
SELECT 'member ' || d.member_id, 'settled, and the wallet is open'
FROM departure d JOIN account a ON a.owner_id = d.member_id WHERE d.settled_at IS NOT NULL AND a.closed_at IS NULL
UNION ALL
SELECT 'account ' || d.account_id, format('closed, and owes %s', d.amount - d.paid - d.waived)
FROM debt d JOIN account a ON a.id = d.account_id WHERE a.closed_at IS NOT NULL AND d.paid + d.waived < d.amount
UNION ALL
SELECT 'claim ' || c.id, 'approved, and the wallet is open'
FROM estate_claim c JOIN account a ON a.owner_id = c.member_id WHERE c.state = 'approved' AND a.closed_at IS NULL;
CALL pg_temp.allow('SELECT', 'reconcile.closed_wallet_is_empty');

-- Somebody who pays with another's points acts for them: both names stand on the movement (ledger-120). Devices act for nobody.
CREATE FUNCTION ledger.name_helped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT a.owner_id INTO NEW.on_behalf_of FROM account a
    WHERE a.id = NEW.from_account AND a.kind = 'member' AND a.owner_id <> NEW.actor_id
    AND EXISTS (SELECT FROM member WHERE id = NEW.actor_id);
    RETURN NEW;
END $$;
CREATE TRIGGER transfer_names_helped BEFORE INSERT ON transfer FOR EACH ROW
WHEN (NEW.actor_id IS NOT NULL AND NEW.on_behalf_of IS NULL AND NEW.kind IN ('redeem', 'capture')) EXECUTE FUNCTION ledger.name_helped();

-- Erasure: the person's data go, the number stays, under which hours and movements are kept.
CALL pg_temp.allow('DELETE', 'credential');
CALL pg_temp.allow('UPDATE (label)', 'phone_pass');
