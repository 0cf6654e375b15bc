-- The verbs of the ledger as functions: one round trip, a fresh snapshot per statement. READ COMMITTED; correctness rests on row
-- locks, UNIQUE and CHECK. A function takes the instant as its last argument; where none is given it reads the clock itself, after
-- the lock. Wallets are locked FOR NO KEY UPDATE, which a foreign key's share lock on the same row does not block.
--
-- Lock order: idempotency, earn_day, intent or hold, wallets by account_id, debt, lots, stock. The wallet's lock guards its lots.

CREATE SCHEMA ledger;

CREATE TRIGGER transfer_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer EXECUTE FUNCTION refuse_change();
CREATE TRIGGER posting_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON posting EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lot_use_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON lot_use EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stock_move_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_move EXECUTE FUNCTION refuse_change();
CREATE TRIGGER former_price_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON former_price EXECUTE FUNCTION refuse_change();

CREATE FUNCTION ledger.issuance() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN -1::bigint;
CREATE FUNCTION ledger.redeemed() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN -2::bigint;
CREATE FUNCTION ledger.expired() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN -3::bigint;
CREATE FUNCTION ledger.receivable() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN -4::bigint;

-- Ids that grow with time keep the indexes' warm end small; a server before PostgreSQL 18 makes random ones.
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 180000 THEN
        CREATE FUNCTION ledger.new_id() RETURNS uuid LANGUAGE sql VOLATILE RETURN uuidv7();
    ELSE
        CREATE FUNCTION ledger.new_id() RETURNS uuid LANGUAGE sql VOLATILE RETURN gen_random_uuid();
    END IF;
END $$;

-- A refusal is a fact with data: SQLSTATE TB000, its name as the message, its data as the detail. outbox/functions.py reads it.
CREATE FUNCTION ledger.refuse(p_name text, p_data jsonb DEFAULT '{}') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'TB000', MESSAGE = p_name, DETAIL = p_data::text;
END $$;

-- The account of a member or community; opened with its wallet the first time it is asked for.
CREATE FUNCTION ledger.account_of(p_owner uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint;
BEGIN
    SELECT id INTO v_account FROM account WHERE owner_id = p_owner;
    IF FOUND THEN
        RETURN v_account;
    END IF;
    INSERT INTO account (kind, owner_id)
    SELECT 'member', id FROM member WHERE id = p_owner UNION ALL SELECT 'pool', id FROM community WHERE id = p_owner
    ON CONFLICT (owner_id) DO NOTHING RETURNING id INTO v_account;
    IF FOUND THEN
        INSERT INTO wallet (account_id) VALUES (v_account);
        RETURN v_account;
    END IF;
    -- A twin opened it meanwhile; the snapshot of the INSERT may not see the winner, a statement of its own does.
    SELECT id INTO v_account FROM account WHERE owner_id = p_owner;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_owner', jsonb_build_object('owner_id', p_owner));
    END IF;
    RETURN v_account;
END $$;

-- Locks a wallet and hands back the instant that judges everything done under the lock.
CREATE FUNCTION ledger.lock_wallet(p_account bigint, p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM wallet WHERE account_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger.refuse('no_wallet', jsonb_build_object('account_id', p_account));
    END IF;
    RETURN coalesce(p_at, clock_timestamp());
END $$;

CREATE FUNCTION ledger.refuse_closed(p_account bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account WHERE id = p_account AND closed_at IS NOT NULL) THEN
        PERFORM ledger.refuse('account_closed', jsonb_build_object('account_id', p_account));
    END IF;
END $$;

-- One line on a wallet; the balance after it. `p_released` units of its holds end in the same step.
CREATE FUNCTION ledger.post(p_account bigint, p_transfer uuid, p_change bigint, p_released bigint DEFAULT 0)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_posted bigint;
    v_seq bigint;
BEGIN
    UPDATE wallet SET posted = posted + p_change, held = held - p_released, seq = seq + 1
    WHERE account_id = p_account RETURNING posted, seq INTO STRICT v_posted, v_seq;
    INSERT INTO posting (account_id, seq, transfer_id, amount, balance_after)
    VALUES (p_account, v_seq, p_transfer, p_change, v_posted);
    RETURN v_posted;
END $$;

-- Takes units from the lots of a locked wallet, first to expire first. With `p_after`, only from lots that live beyond it: a spend
-- leaves what is due to the holds. A statement after the lock, never the one that waits for it (pitfall Q1).
CREATE FUNCTION ledger.draw(p_account bigint, p_transfer uuid, p_amount bigint, p_after timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_left bigint := p_amount;
    v_take bigint;
    v_lot record;
BEGIN
    FOR v_lot IN
        SELECT id, remaining FROM lot
        WHERE account_id = p_account AND remaining > 0 AND (p_after IS NULL OR expires_at IS NULL OR expires_at > p_after)
        ORDER BY expires_at, id
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_lot.remaining);
        UPDATE lot SET remaining = remaining - v_take WHERE id = v_lot.id;
        INSERT INTO lot_use (lot_id, transfer_id, amount) VALUES (v_lot.id, p_transfer, v_take);
        v_left := v_left - v_take;
    END LOOP;
    IF v_left > 0 THEN
        RAISE EXCEPTION 'the lots of account % are % units short', p_account, v_left;
    END IF;
END $$;

-- Ends due holds and expires due lots of a locked wallet. A hold keeps the oldest points, so only what is due beyond all holds goes.
-- True where there was anything to do.
CREATE FUNCTION ledger.settle(p_account bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_ended bigint := 0;
    v_due bigint;
    v_take bigint;
    v_lot record;
    v_transfer uuid;
BEGIN
    IF EXISTS (SELECT FROM hold WHERE account_id = p_account AND state = 'pending' AND expires_at <= p_at) THEN
        -- SKIP LOCKED: locks against the order, so it waits for nobody; a hold that somebody is capturing still counts as held.
        WITH due AS (
            SELECT id FROM hold WHERE account_id = p_account AND state = 'pending' AND expires_at <= p_at FOR NO KEY UPDATE SKIP LOCKED
        ), ended AS (
            UPDATE hold SET state = 'expired' FROM due WHERE hold.id = due.id RETURNING hold.amount
        )
        SELECT coalesce(sum(amount), 0) INTO v_ended FROM ended;
        UPDATE wallet SET held = held - v_ended WHERE account_id = p_account;
    END IF;
    SELECT sum(remaining) INTO v_due FROM lot WHERE account_id = p_account AND remaining > 0 AND expires_at <= p_at;
    IF v_due IS NULL THEN
        RETURN v_ended > 0;
    END IF;
    SELECT v_due - held INTO v_due FROM wallet WHERE account_id = p_account;
    v_ended := v_ended + greatest(0, v_due);
    FOR v_lot IN
        SELECT id, remaining, expires_at FROM lot WHERE account_id = p_account AND remaining > 0 AND expires_at <= p_at
        ORDER BY expires_at, id
    LOOP
        EXIT WHEN v_due <= 0;
        v_take := least(v_due, v_lot.remaining);
        INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at)
        SELECT ledger.new_id(), format('expire:%s:%s', v_lot.id, seq), 'expire', p_account, ledger.expired(), v_take,
            v_lot.expires_at, p_at
        FROM wallet WHERE account_id = p_account
        RETURNING id INTO v_transfer;
        PERFORM ledger.post(p_account, v_transfer, -v_take);
        UPDATE lot SET remaining = remaining - v_take WHERE id = v_lot.id;
        INSERT INTO lot_use (lot_id, transfer_id, amount) VALUES (v_lot.id, v_transfer, v_take);
        v_due := v_due - v_take;
    END LOOP;
    RETURN v_ended > 0;
END $$;

-- The transfer that stands under a key already: the same movement is a replay, another is a conflict. A statement of its own,
-- because the snapshot of an INSERT that did nothing may not see the winner (pitfall Q2).
CREATE FUNCTION ledger.replayed(p_key text, p_from bigint, p_to bigint, p_amount bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_old transfer%ROWTYPE;
BEGIN
    SELECT * INTO STRICT v_old FROM transfer WHERE business_key = p_key;
    IF (v_old.from_account, v_old.to_account, v_old.amount) IS DISTINCT FROM (p_from, p_to, p_amount) THEN
        PERFORM ledger.refuse('key_conflict', jsonb_build_object('key', p_key));
    END IF;
    RETURN v_old.id;
END $$;

-- Pays open debts, oldest first, from what is available. The wallet is locked and settled.
CREATE FUNCTION ledger.repay(p_account bigint, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_wallet wallet%ROWTYPE;
    v_debt debt%ROWTYPE;
    v_pay bigint;
    v_transfer uuid;
BEGIN
    FOR v_debt IN SELECT * FROM debt WHERE account_id = p_account AND paid + waived < amount ORDER BY id FOR NO KEY UPDATE
    LOOP
        SELECT * INTO v_wallet FROM wallet WHERE account_id = p_account;
        v_pay := least(v_debt.amount - v_debt.paid - v_debt.waived, v_wallet.posted - v_wallet.held);
        EXIT WHEN v_pay <= 0;
        INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, relates_to)
        VALUES (ledger.new_id(), format('repay:%s:%s', v_debt.id, v_wallet.seq), 'repay', p_account, ledger.receivable(), v_pay,
            p_at, p_at, v_debt.transfer_id)
        RETURNING id INTO v_transfer;
        PERFORM ledger.post(p_account, v_transfer, -v_pay);
        PERFORM ledger.draw(p_account, v_transfer, v_pay, p_at);
        UPDATE debt SET paid = paid + v_pay WHERE id = v_debt.id;
    END LOOP;
END $$;

-- Issues points to a wallet, once per key; a repeat gives the same transfer. ledger.run_batch writes the same rows for many at once:
-- change both. Open debts are repaid in the same step.
-- Refuses no_wallet, account_closed, key_conflict.
CREATE FUNCTION ledger.credit(
    p_key text, p_id uuid, p_to bigint, p_amount bigint, p_expires_at timestamptz, p_earned_at timestamptz,
    p_policy uuid DEFAULT NULL, p_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz := ledger.lock_wallet(p_to, p_at);
    v_owes boolean := EXISTS (SELECT FROM debt WHERE account_id = p_to AND paid + waived < amount);
BEGIN
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, policy_id)
    VALUES (p_id, p_key, 'credit', ledger.issuance(), p_to, p_amount, p_earned_at, v_at, p_policy)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN ledger.replayed(p_key, ledger.issuance(), p_to, p_amount);
    END IF;
    PERFORM ledger.refuse_closed(p_to);
    PERFORM ledger.post(p_to, p_id, p_amount);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
    VALUES (p_to, p_id, 1, p_amount, p_amount, p_expires_at);
    IF v_owes OR p_expires_at <= v_at THEN
        PERFORM ledger.settle(p_to, v_at);
        PERFORM ledger.repay(p_to, v_at);
    END IF;
    RETURN p_id;
END $$;

-- Moves points from wallet to wallet, once per key; what is drawn keeps its expiry. For gifts, donations and issues from a pool.
-- Refuses insufficient_points, account_closed, key_conflict, no_wallet, bad_amount.
CREATE FUNCTION ledger.move(
    p_key text, p_kind text, p_from bigint, p_to bigint, p_amount bigint, p_actor uuid, p_reason text DEFAULT NULL,
    p_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_at timestamptz;
    v_id uuid := ledger.new_id();
BEGIN
    IF p_amount <= 0 OR p_from = p_to THEN
        PERFORM ledger.refuse('bad_amount', jsonb_build_object('amount', p_amount));
    END IF;
    -- Ascending, whoever gives: two gifts crossing each other cannot deadlock.
    PERFORM ledger.lock_wallet(least(p_from, p_to), p_at);
    v_at := ledger.lock_wallet(greatest(p_from, p_to), p_at);
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code)
    VALUES (v_id, p_key, p_kind, p_from, p_to, p_amount, v_at, v_at, p_actor, p_reason)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN ledger.replayed(p_key, p_from, p_to, p_amount);
    END IF;
    PERFORM ledger.refuse_closed(p_from);
    PERFORM ledger.refuse_closed(p_to);
    PERFORM ledger.settle(p_from, v_at);
    PERFORM ledger.refuse_beyond(p_from, p_amount);
    PERFORM ledger.post(p_from, v_id, -p_amount);
    PERFORM ledger.draw(p_from, v_id, p_amount, v_at);
    PERFORM ledger.post(p_to, v_id, p_amount);
    PERFORM ledger.pass_on(v_id, p_to);
    RETURN v_id;
END $$;

-- What a transfer drew becomes lots of the one who gets it, with the same expiry.
CREATE FUNCTION ledger.pass_on(p_transfer uuid, p_to bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at)
    SELECT p_to, p_transfer, row_number() OVER (ORDER BY l.expires_at, l.id), u.amount, u.amount, l.expires_at
    FROM lot_use u JOIN lot l ON l.id = u.lot_id WHERE u.transfer_id = p_transfer
$$;

-- Refuses insufficient_points where a locked and settled wallet cannot give the amount.
CREATE FUNCTION ledger.refuse_beyond(p_account bigint, p_amount bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_wallet wallet%ROWTYPE;
BEGIN
    SELECT * INTO STRICT v_wallet FROM wallet WHERE account_id = p_account;
    IF v_wallet.posted - v_wallet.held - p_amount < v_wallet.floor THEN
        PERFORM ledger.refuse('insufficient_points', jsonb_build_object(
            'available', v_wallet.posted - v_wallet.held - v_wallet.floor, 'held', v_wallet.held, 'needed', p_amount));
    END IF;
END $$;

-- Takes units back to issuance from a locked and settled wallet, the lots of p_first before the others. What was spent meanwhile is
-- advanced and owed, so that the wallet never goes below its floor; or, with p_spent = 'refuse', refused: already_spent.
CREATE FUNCTION ledger.take_back(
    p_account bigint, p_key text, p_kind text, p_amount bigint, p_first uuid, p_reverses uuid, p_actor uuid, p_reason text, p_spent text,
    p_at timestamptz
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
    SELECT v_id, p_key, p_kind, p_account, ledger.issuance(), p_amount, effective_at, p_at, p_actor, p_reason, policy_id, p_reverses, p_first
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

-- Lends a locked wallet what it lacks, and notes the debt; later credits repay it.
CREATE FUNCTION ledger.advance(p_account bigint, p_key text, p_amount bigint, p_relates uuid, p_actor uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := ledger.new_id();
BEGIN
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, relates_to)
    VALUES (v_id, p_key, 'advance', ledger.receivable(), p_account, p_amount, p_at, p_at, p_actor, p_relates);
    PERFORM ledger.post(p_account, v_id, p_amount);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining) VALUES (p_account, v_id, 1, p_amount, p_amount);
    INSERT INTO debt (account_id, transfer_id, amount) VALUES (p_account, v_id, p_amount);
END $$;

-- Takes a credit back in full, once; a repeat gives the same transfer. What was spent meanwhile is owed, or refused.
-- Refuses unknown_transfer, not_reversible, four_eyes, reason_missing, already_spent.
CREATE FUNCTION ledger.reverse(
    p_transfer uuid, p_actor uuid, p_reason text, p_spent text DEFAULT 'owe', p_at timestamptz DEFAULT NULL
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
        p_spent, v_at);
END $$;

-- What goes on record needs a reason, and somebody else than the one who gains or loses by it.
CREATE FUNCTION ledger.refuse_unfounded(p_account bigint, p_actor uuid, p_reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(p_reason, '') = '' THEN
        PERFORM ledger.refuse('reason_missing');
    ELSIF EXISTS (SELECT FROM account WHERE id = p_account AND owner_id = p_actor) THEN
        PERFORM ledger.refuse('four_eyes');
    END IF;
END $$;

-- What a wallet is worth at an instant, as the next debit would find it: due holds ended, due points gone. Locks nothing.
CREATE FUNCTION ledger.balance(p_account bigint, p_at timestamptz DEFAULT clock_timestamp())
RETURNS TABLE (posted bigint, held bigint, available bigint, owed bigint, on_the_way bigint) LANGUAGE sql STABLE AS $$
    SELECT w.posted - gone, live, w.posted - gone - live - w.floor, owed, way
    FROM wallet w
    CROSS JOIN LATERAL (
        SELECT w.held - coalesce(sum(amount), 0)::bigint AS live
        FROM hold WHERE account_id = w.account_id AND state = 'pending' AND expires_at <= p_at) h
    CROSS JOIN LATERAL (
        SELECT greatest(0, coalesce(sum(remaining), 0)::bigint - live) AS gone
        FROM lot WHERE account_id = w.account_id AND remaining > 0 AND expires_at <= p_at) l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount - paid - waived), 0)::bigint AS owed
        FROM debt WHERE account_id = w.account_id AND paid + waived < amount) d
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(amount), 0)::bigint AS way
        FROM intent WHERE account_id = w.account_id AND state = 'pending') i
    WHERE w.account_id = p_account
$$;
