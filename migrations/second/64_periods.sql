-- A credit that is taken back belongs to the day of its service, or to another that is named: after a month is closed, to the day on which
-- it is taken back, so that figures of the closed month stay as they were reported. `relates_to` keeps the way to the old date.
DROP FUNCTION ledger.reverse(uuid, uuid, text, text, timestamptz);
DROP FUNCTION ledger.take_back(bigint, text, text, bigint, uuid, uuid, uuid, text, text, timestamptz);

-- The lots of a wallet that hold points of these credits: those that came with the credit, and those that came back where something that
-- they had paid for was taken back. `credit`: the one that the points are of.
CREATE FUNCTION ledger.lots_of(p_account bigint, p_credits uuid[]) RETURNS TABLE (credit uuid, lot_id bigint) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE own AS (
        SELECT l.transfer_id AS credit, l.id, l.expires_at FROM lot l WHERE l.transfer_id = ANY (p_credits) AND l.account_id = p_account
        UNION ALL
        SELECT own.credit, back.id, back.expires_at
        FROM own JOIN lot_use u ON u.lot_id = own.id JOIN transfer r ON r.reverses = u.transfer_id
        -- What comes back has its lines in the order in which it was drawn.
        JOIN lot back ON back.transfer_id = r.id AND back.account_id = p_account AND back.line = (
            SELECT count(*) FROM lot_use v JOIN lot l ON l.id = v.lot_id WHERE v.transfer_id = u.transfer_id
            AND (coalesce(l.expires_at, 'infinity'), l.id) <= (coalesce(own.expires_at, 'infinity'), own.id))
    )
    SELECT own.credit, own.id FROM own
$$;

-- Brings back to a locked and settled wallet, at most p_amount, what expired in it of these credits and was not brought back before: for
-- the taking back that follows, which takes it at once. One movement 'revive' for each credit, the first of the list first. The movements.
CREATE FUNCTION ledger.revive(
    p_account bigint, p_key text, p_amount bigint, p_credits uuid[], p_actor uuid, p_reason text, p_at timestamptz, p_effective_at timestamptz
) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    v_left bigint := p_amount;
    v_gone record;
    v_id uuid;
    v_ids uuid[] := '{}';
BEGIN
    FOR v_gone IN
        SELECT o.credit, sum(u.amount)::bigint - (SELECT coalesce(sum(t.amount), 0)::bigint FROM transfer t
            WHERE t.relates_to = o.credit AND t.kind = 'revive' AND t.to_account = p_account) AS units
        FROM ledger.lots_of(p_account, p_credits) o JOIN lot_use u USING (lot_id) JOIN transfer e ON e.id = u.transfer_id
        WHERE e.kind = 'expire' GROUP BY o.credit ORDER BY array_position(p_credits, o.credit)
    LOOP
        v_gone.units := least(v_gone.units, v_left);
        CONTINUE WHEN v_gone.units <= 0;
        v_id := ledger.new_id();
        INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code,
            relates_to)
        VALUES (v_id, format('revive:%s:%s', p_key, v_gone.credit), 'revive', ledger.expired(), p_account, v_gone.units, p_effective_at, p_at,
            p_actor, p_reason, v_gone.credit);
        PERFORM ledger.post(p_account, v_id, v_gone.units);
        INSERT INTO lot (account_id, transfer_id, line, amount, remaining) VALUES (p_account, v_id, 1, v_gone.units, v_gone.units);
        v_ids := v_ids || v_id;
        v_left := v_left - v_gone.units;
    END LOOP;
    RETURN v_ids;
END $$;

-- Takes units back to issuance from a locked and settled wallet, in this order (decision 39): what is left and free of the credits that
-- are taken back, what expired of them, what a hold keeps of them, any other points. What is missing then was spent: it is advanced and
-- owed, so that the wallet never goes below its floor; or, with p_spent = 'refuse', refused: already_spent.
-- `p_effective_at`: the instant that it belongs to, else that of p_first; `p_credits`: what is taken back, where it is more than p_first;
-- `p_stay`: the credits of which what expired stands in, these first, where they are more than that.
CREATE FUNCTION ledger.take_back(
    p_account bigint, p_key text, p_kind text, p_amount bigint, p_first uuid, p_reverses uuid, p_actor uuid, p_reason text, p_spent text,
    p_at timestamptz, p_effective_at timestamptz DEFAULT NULL, p_credits uuid[] DEFAULT NULL, p_stay uuid[] DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_credits uuid[] := coalesce(p_credits, ARRAY [p_first]);
    v_effective_at timestamptz;
    v_wallet wallet%ROWTYPE;
    v_unspent bigint;
    v_back uuid[];
    v_short bigint;
    v_left bigint := p_amount;
    v_lot record;
    v_id uuid := ledger.new_id();
BEGIN
    SELECT coalesce(p_effective_at, effective_at) INTO STRICT v_effective_at FROM transfer WHERE id = p_first;
    SELECT * INTO STRICT v_wallet FROM wallet WHERE account_id = p_account;
    SELECT coalesce(sum(l.remaining), 0) INTO v_unspent FROM ledger.lots_of(p_account, v_credits) o JOIN lot l ON l.id = o.lot_id
    WHERE l.expires_at IS NULL OR l.expires_at > p_at;
    v_back := ledger.revive(p_account, p_key, p_amount - least(p_amount, v_unspent, v_wallet.posted - v_wallet.held),
        coalesce(p_stay, v_credits), p_actor, p_reason, p_at, v_effective_at);
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
    SELECT v_id, p_key, p_kind, p_account, ledger.issuance(), p_amount, v_effective_at, p_at, p_actor, p_reason, policy_id, p_reverses, p_first
    FROM transfer WHERE id = p_first;
    PERFORM ledger.post(p_account, v_id, -p_amount);
    FOR v_lot IN
        SELECT l.id, l.remaining FROM ledger.lots_of(p_account, v_back || v_credits) o JOIN lot l ON l.id = o.lot_id WHERE l.remaining > 0
        ORDER BY o.credit = ANY (v_back) DESC, coalesce(l.expires_at <= p_at, false), l.expires_at, l.id
    LOOP
        EXIT WHEN v_left = 0;
        v_lot.remaining := least(v_lot.remaining, v_left);
        UPDATE lot SET remaining = remaining - v_lot.remaining WHERE id = v_lot.id;
        INSERT INTO lot_use (lot_id, transfer_id, amount) VALUES (v_lot.id, v_id, v_lot.remaining);
        v_left := v_left - v_lot.remaining;
    END LOOP;
    PERFORM ledger.draw(p_account, v_id, v_left, p_at);
    RETURN v_id;
END $$;

-- What came back of a credit had expired of it, and was taken at once.
CREATE VIEW reconcile.revived_had_expired AS
SELECT coalesce('credit ' || t.relates_to, 'account ' || t.to_account) AS subject,
    format('came back %s, expired %s', sum(t.amount), coalesce(max(e.units), 0)) AS detail
FROM transfer t LEFT JOIN LATERAL (
    SELECT sum(u.amount) AS units FROM ledger.lots_of(t.to_account, ARRAY [t.relates_to]) o JOIN lot_use u USING (lot_id)
    JOIN transfer x ON x.id = u.transfer_id AND x.kind = 'expire') e ON true
WHERE t.kind = 'revive' GROUP BY t.to_account, t.relates_to HAVING sum(t.amount) > coalesce(max(e.units), 0)
UNION ALL
SELECT 'transfer ' || t.id, format('%s are left of what came back to be taken', l.remaining)
FROM transfer t JOIN lot l ON l.transfer_id = t.id WHERE t.kind = 'revive' AND l.remaining > 0;
CALL pg_temp.allow('SELECT', 'reconcile.revived_had_expired');
