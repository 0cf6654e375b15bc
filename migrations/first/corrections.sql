-- What a stay comes to when its hours are corrected: the difference is booked, linked to the first credit. Nothing is edited.

-- Books the difference between what the versions of a stay have brought so far and p_total, once per version; a repeat gives the first
-- answer. More is a promise like any other; less is taken back at once, and what was spent is owed or refused. Promises of earlier
-- versions are kept first. `amount` is signed.
-- Refuses reason_missing, four_eyes, promise_stuck, already_spent, key_conflict, unknown_owner.
CREATE FUNCTION ledger.correct(
    p_stay text, p_version int, p_owner uuid, p_total bigint, p_expires_at timestamptz, p_earned_at timestamptz, p_policy uuid,
    p_payload jsonb, p_actor uuid, p_reason text, p_spent text, p_at timestamptz, p_day_cap bigint DEFAULT NULL, p_service_on date DEFAULT NULL
) RETURNS TABLE (id uuid, amount bigint, state text, reason text) LANGUAGE plpgsql AS $$
DECLARE
    v_key text := format('%s:v%s', p_stay, p_version);
    v_account bigint := ledger.account_of(p_owner);
    v_granted bigint;
    v_old intent%ROWTYPE;
    v_first uuid;
    v_back uuid;
    v_paid bigint;
    v_at timestamptz;
BEGIN
    PERFORM ledger.refuse_unfounded(v_account, p_actor, p_reason);
    IF p_day_cap IS NOT NULL THEN
        INSERT INTO earn_day AS d (account_id, service_on, granted) VALUES (v_account, p_service_on, 0)
        ON CONFLICT (account_id, service_on) DO UPDATE SET granted = d.granted RETURNING d.granted INTO v_granted;
    END IF;
    -- Waits for a worker that has one of them, and for another correction: the two follow each other.
    PERFORM FROM intent i WHERE i.business_key LIKE p_stay || ':v%' ORDER BY i.business_key FOR NO KEY UPDATE;
    SELECT * INTO v_old FROM intent i WHERE i.business_key = v_key;
    IF FOUND THEN
        IF v_old.account_id <> v_account OR (v_old.payload ->> 'asked')::bigint IS DISTINCT FROM p_total THEN
            PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));
        END IF;
        RETURN QUERY SELECT v_old.id, CASE WHEN v_old.kind = 'correct' THEN -v_old.amount ELSE v_old.amount END, v_old.state, v_old.reason;
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM intent i WHERE i.business_key LIKE p_stay || ':v%' AND split_part(i.business_key, ':v', 2)::int > p_version) THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));  -- a later version overtook this one
    END IF;
    PERFORM ledger.run_intent(i.id, p_at) FROM intent i WHERE i.business_key LIKE p_stay || ':v%' AND i.state = 'pending';
    IF EXISTS (SELECT FROM intent i WHERE i.business_key LIKE p_stay || ':v%' AND i.state IN ('pending', 'dead') AND i.amount > 0) THEN
        PERFORM ledger.refuse('promise_stuck', jsonb_build_object('key', p_stay));
    END IF;
    v_at := ledger.lock_wallet(v_account, p_at);
    PERFORM ledger.settle(v_account, v_at);
    SELECT t.id INTO v_first FROM intent i JOIN transfer t ON t.id = i.transfer_id
    WHERE i.business_key LIKE p_stay || ':v%' AND t.kind = 'credit' ORDER BY t.amount DESC, i.created_at LIMIT 1;
    SELECT coalesce(sum(CASE WHEN t.kind = 'credit' THEN t.amount ELSE -t.amount END), 0) INTO v_paid
    FROM intent i JOIN transfer t ON t.id = i.transfer_id OR t.reverses = i.transfer_id WHERE i.business_key LIKE p_stay || ':v%';
    amount := p_total - v_paid;
    IF amount > 0 AND p_day_cap IS NOT NULL THEN
        amount := least(amount, greatest(0, p_day_cap - v_granted));
    END IF;
    UPDATE earn_day d SET granted = greatest(0, v_granted + correct.amount)
    WHERE p_day_cap IS NOT NULL AND d.account_id = v_account AND d.service_on = p_service_on;
    IF amount < 0 THEN
        v_back := ledger.take_back(v_account, 'correct:' || v_key, 'correct', -amount, v_first, NULL, p_actor, p_reason, p_spent, v_at);
    END IF;
    id := ledger.new_id();
    state := CASE sign(amount) WHEN 1 THEN 'pending' WHEN 0 THEN 'nothing' ELSE 'done' END;
    reason := CASE WHEN amount = 0 THEN CASE WHEN p_total = v_paid THEN 'unchanged' ELSE 'day_cap' END END;
    INSERT INTO intent (id, business_key, kind, account_id, amount, expires_at, earned_at, policy_id, payload, state, reason, next_at,
        transfer_id, created_at)
    VALUES (id, v_key, CASE WHEN amount < 0 THEN 'correct' ELSE 'credit' END, v_account, abs(amount), p_expires_at, p_earned_at, p_policy,
        p_payload || jsonb_build_object('asked', p_total, 'comes_to', v_paid + amount), state, reason, clock_timestamp(),
        v_back, p_at)
    ON CONFLICT (business_key) DO NOTHING;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', v_key));  -- the first of all versions came at this moment
    END IF;
    RETURN NEXT;
END $$;
