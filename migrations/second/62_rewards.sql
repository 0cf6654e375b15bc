-- When a community exchanges points, how much of a reward one person or household takes, and what is ordered to be fetched.

-- What was given, and by whom; nobody pays for it but the one who takes it, in points.
ALTER TABLE reward
    ADD COLUMN category   text NOT NULL DEFAULT 'other' CHECK (category IN ('food', 'home', 'care', 'learning', 'other')),
    ADD COLUMN donor      text NOT NULL DEFAULT '',
    ADD COLUMN donor_en   text NOT NULL DEFAULT '',
    ADD COLUMN value_fen  bigint CHECK (value_fen > 0);         -- of one unit, in 1/100 yuan; none: not said

-- Outside of the windows of the nearest node up the tree that has any, nothing is exchanged; without any, always.
CREATE TABLE redemption_window (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    first_on      date NOT NULL,                                 -- local days, both inclusive
    last_on       date NOT NULL,
    repeats       text NOT NULL CHECK (repeats IN ('never', 'weekly', 'monthly', 'quarterly', 'yearly')),
    from_time     time NOT NULL DEFAULT '00:00',                 -- on the wall of the place, on each of the days
    until_time    time,                                          -- none: until midnight
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    removed_at    timestamptz,
    CHECK (last_on >= first_on),
    CHECK (until_time > from_time)
);
CREATE INDEX redemption_window_community ON redemption_window (community_id) WHERE removed_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'redemption_window');
CALL pg_temp.allow('UPDATE (removed_at)', 'redemption_window');

CREATE TABLE reward_limit (
    reward_id  uuid NOT NULL REFERENCES reward,
    who        text NOT NULL CHECK (who IN ('person', 'household')),
    period     text NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'year', 'ever')),  -- of the calendar on the wall
    units      int NOT NULL CHECK (units > 0),
    PRIMARY KEY (reward_id, who)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE, DELETE', 'reward_limit');

-- Ordered from one's own phone: points and unit are held until it is fetched with this code.
CREATE TABLE pickup (
    hold_id    uuid PRIMARY KEY REFERENCES hold,
    member_id  uuid NOT NULL REFERENCES member,
    code       text NOT NULL UNIQUE
);
CREATE INDEX pickup_member ON pickup (member_id);
CALL pg_temp.allow('SELECT, INSERT', 'pickup');

-- The opening at p_at, or the next one; opens_at is empty where none will come. Without windows is_limited is false.
CREATE FUNCTION ledger.opening(p_place uuid, p_at timestamptz, OUT is_limited boolean, OUT opens_at timestamptz, OUT closes_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_node uuid;
    v_zone text;
    v_today date;
BEGIN
    SELECT above.id, c.time_zone INTO v_node, v_zone FROM place p JOIN community c ON c.id = p.community_id
    CROSS JOIN unnest(c.ancestor_ids) WITH ORDINALITY AS above (id, depth)
    WHERE p.id = p_place AND EXISTS (SELECT FROM redemption_window w WHERE w.community_id = above.id AND w.removed_at IS NULL)
    ORDER BY above.depth DESC LIMIT 1;
    is_limited := FOUND;
    IF NOT is_limited THEN
        RETURN;
    END IF;
    v_today := (p_at AT TIME ZONE v_zone)::date;
    SELECT o.opens, o.closes INTO opens_at, closes_at
    FROM redemption_window w
    JOIN (VALUES ('never', interval '1 day', 1e9), ('weekly', '7 days', 7), ('monthly', '1 month', 30.44), ('quarterly', '3 months', 91.31),
        ('yearly', '1 year', 365.25)) AS s (repeats, step, days) ON s.repeats = w.repeats
    CROSS JOIN LATERAL (SELECT greatest(0, floor((v_today - w.first_on) / s.days)::int) AS n) k
    CROSS JOIN LATERAL generate_series(greatest(0, k.n - 2), CASE WHEN w.repeats = 'never' THEN 0 ELSE k.n + 2 END) AS turn
    CROSS JOIN LATERAL (SELECT (w.first_on + turn * s.step)::date AS first_on) a
    CROSS JOIN LATERAL (SELECT a.first_on + (w.last_on - w.first_on) AS last_on, greatest(a.first_on, v_today) AS today) b
    -- Whole days are one opening from the first midnight to the last; hours open and close on each day.
    CROSS JOIN LATERAL (
        SELECT a.first_on::timestamp AT TIME ZONE v_zone, (b.last_on + 1)::timestamp AT TIME ZONE v_zone
        WHERE w.from_time = '00:00' AND w.until_time IS NULL
        UNION ALL
        SELECT (day + w.from_time) AT TIME ZONE v_zone, coalesce(day + w.until_time, (day + 1)::timestamp) AT TIME ZONE v_zone
        FROM (VALUES (b.today), (b.today + 1)) AS d (day)
        WHERE (w.from_time <> '00:00' OR w.until_time IS NOT NULL) AND day BETWEEN a.first_on AND b.last_on) AS o (opens, closes)
    WHERE w.community_id = v_node AND w.removed_at IS NULL AND o.closes > p_at
    ORDER BY o.opens, o.closes DESC LIMIT 1;
END $$;

-- Refuses window_closed with the next opening.
CREATE FUNCTION ledger.judge_window(p_place uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    SELECT * INTO v FROM ledger.opening(p_place, p_at);
    IF v.is_limited AND (v.opens_at IS NULL OR v.opens_at > p_at) THEN
        PERFORM ledger.refuse('window_closed', jsonb_build_object('opens_at', v.opens_at, 'closes_at', v.closes_at, 'time_zone',
            (SELECT c.time_zone FROM place p JOIN community c ON c.id = p.community_id WHERE p.id = p_place)));
    END IF;
END $$;

-- What a household takes is counted only under this lock: two of its members have two wallets. It comes before the wallet (section C).
CREATE FUNCTION ledger.lock_household(p_member uuid, p_reward uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reward_limit WHERE reward_id = p_reward AND who = 'household') THEN
        PERFORM FROM household WHERE id = (SELECT household_id FROM member WHERE id = p_member) FOR NO KEY UPDATE;
    END IF;
END $$;

-- How many units of a reward a person or their household has taken, or holds, since an instant; undone ones do not count, and what was
-- ordered counts from the order on.
CREATE FUNCTION ledger.taken(p_member uuid, p_reward uuid, p_who text, p_since timestamptz, p_at timestamptz) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_accounts bigint[];
BEGIN
    SELECT array_agg(a.id) INTO v_accounts FROM account a JOIN member m ON m.id = a.owner_id
    WHERE m.id = p_member OR p_who = 'household' AND m.household_id = (SELECT household_id FROM member WHERE id = p_member);
    RETURN (SELECT count(*) FROM redemption r LEFT JOIN hold h ON h.id = r.hold_id
            WHERE r.account_id = ANY (v_accounts) AND r.reward_id = p_reward AND r.state <> 'undone'
            AND coalesce(h.made_at, r.made_at) >= p_since)
        + (SELECT count(*) FROM hold WHERE account_id = ANY (v_accounts) AND reward_id = p_reward AND state = 'pending'
           AND expires_at > p_at AND made_at >= p_since);
END $$;

-- Refuses limit_reached with who, units, period and the local day on which the next period begins (none: never again).
-- The caller holds the household, where a limit counts it, and the wallet.
CREATE FUNCTION ledger.judge_limits(p_member uuid, p_reward uuid, p_place uuid, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_limit reward_limit%ROWTYPE;
    v_zone text;
    v_begins timestamp;
BEGIN
    FOR v_limit IN SELECT * FROM reward_limit WHERE reward_id = p_reward ORDER BY who DESC LOOP
        IF v_zone IS NULL THEN
            SELECT c.time_zone INTO v_zone FROM place p JOIN community c ON c.id = p.community_id WHERE p.id = p_place;
        END IF;
        v_begins := CASE WHEN v_limit.period <> 'ever' THEN date_trunc(v_limit.period, p_at AT TIME ZONE v_zone) END;
        IF ledger.taken(p_member, p_reward, v_limit.who, coalesce(v_begins AT TIME ZONE v_zone, '-infinity'), p_at) >= v_limit.units THEN
            PERFORM ledger.refuse('limit_reached', jsonb_build_object('who', v_limit.who, 'units', v_limit.units, 'period', v_limit.period,
                'again_on', (v_begins + CASE v_limit.period WHEN 'ever' THEN NULL WHEN 'quarter' THEN interval '3 months'
                    ELSE ('1 ' || v_limit.period)::interval END)::date));
        END IF;
    END LOOP;
END $$;

-- The first candidate that neither a receipt nor an order bears yet.
CREATE OR REPLACE FUNCTION ledger.free_code(p_codes text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_code text;
BEGIN
    FOREACH v_code IN ARRAY p_codes LOOP
        IF NOT EXISTS (SELECT FROM redemption WHERE code = v_code) AND NOT EXISTS (SELECT FROM pickup WHERE code = v_code) THEN
            RETURN v_code;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- As before, and refuses window_closed and limit_reached, both judged under the wallet's lock.
CREATE OR REPLACE FUNCTION ledger.redeem(
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
    PERFORM ledger.lock_household(p_member, p_reward);
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
    PERFORM ledger.judge_window(p_place, v_at);
    PERFORM ledger.judge_limits(p_member, p_reward, p_place, v_at);
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

-- Sets the price of a reward and one unit of it aside, once per (scope, key); a repeat gives the same hold and is not judged again.
-- With p_codes it is an order to be fetched, and bears the first of them that is free. Refuses what redeem and place_hold refuse.
CREATE FUNCTION ledger.set_aside(
    p_scope text, p_key text, p_hash bytea, p_member uuid, p_reward uuid, p_place uuid, p_quoted bigint, p_minutes int, p_actor uuid,
    p_lasts interval, p_codes text[], p_at timestamptz DEFAULT NULL
) RETURNS TABLE (id uuid, expires_at timestamptz, replayed boolean) LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint;
    v_at timestamptz;
    v_price bigint;
BEGIN
    PERFORM ledger.lock_household(p_member, p_reward);
    v_account := ledger.account_of(p_member);
    v_at := ledger.lock_wallet(v_account, p_at);
    IF NOT EXISTS (SELECT FROM hold h WHERE h.scope = p_scope AND h.client_key = p_key) THEN
        IF NOT EXISTS (SELECT FROM member m WHERE m.id = p_member AND m.state = 'active') THEN
            PERFORM ledger.refuse('not_eligible');
        END IF;
        v_price := ledger.price(p_reward, p_quoted, p_minutes, v_at);
        PERFORM ledger.judge_window(p_place, v_at);
        PERFORM ledger.judge_limits(p_member, p_reward, p_place, v_at);
    END IF;
    SELECT * INTO id, expires_at, replayed FROM ledger.place_hold(p_scope, p_key, p_hash, v_account, coalesce(v_price, 1), 'reward',
        ledger.redeemed(), p_actor, p_lasts, p_reward, p_place, v_at);
    IF p_codes IS NOT NULL AND NOT replayed THEN
        INSERT INTO pickup (hold_id, member_id, code) VALUES (id, p_member, ledger.free_code(p_codes));
    END IF;
    RETURN NEXT;
END $$;

-- It was handed over: the hold becomes a redemption that is collected already, under the code of the order where it was one.
-- A repeat gives the same receipt. Refuses hold_over, unknown_hold.
CREATE OR REPLACE FUNCTION ledger.redeem_held(p_hold uuid, p_actor uuid, p_codes text[], p_at timestamptz DEFAULT NULL)
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
            v_hold.account_id, v_member, p_actor, v_hold.amount, t.id, p_hold,
            coalesce((SELECT code FROM pickup WHERE hold_id = p_hold), ledger.free_code(p_codes)), 'collected', t.recorded_at,
            t.recorded_at, p_actor
        FROM transfer t WHERE t.id = v_transfer;
        UPDATE stock SET count = count - 1 WHERE reward_id = v_hold.reward_id AND place_id = v_hold.place_id;
        RETURN QUERY SELECT id, code, reward_id, place_id, member_id, price, balance_after, state, made_at, false
        FROM ledger.receipt_of(v_hold.scope, v_hold.client_key, v_hold.request_hash, v_member);
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM ledger.receipt_of(v_hold.scope, v_hold.client_key, v_hold.request_hash, v_member);
END $$;
