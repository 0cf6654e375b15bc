-- The community pays for who is in need: what a member exchanges is paid out of the pool, within what two members of staff have agreed
-- and the rules allow. That somebody is in need is sensitive: it stands here and nowhere else, and each reading is kept.

CREATE TABLE support (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,
    community_id  uuid NOT NULL REFERENCES community,     -- whose pool pays
    reason        text NOT NULL CHECK (reason <> ''),     -- read under a log; it goes a year after the end
    agreed        text NOT NULL CHECK (agreed IN ('said', 'paper', 'representative')),  -- how the person agreed that this is kept
    month_units   bigint NOT NULL CHECK (month_units > 0),  -- 1/100 point, the most of a calendar month
    from_on       date NOT NULL,
    until_on      date NOT NULL CHECK (until_on >= from_on),  -- its last day
    proposed_by   uuid NOT NULL REFERENCES member,
    proposed_at   timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused', 'withdrawn', 'ended')),
    decided_by    uuid REFERENCES member,
    decided_at    timestamptz,
    ended_by      uuid REFERENCES member,                 -- none: its last day was over, or the member has left
    ended_at      timestamptz,
    CHECK (proposed_by <> member_id),
    CHECK (decided_by <> member_id OR state = 'withdrawn'),
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state IN ('proposed', 'withdrawn') OR decided_by <> proposed_by),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
);
-- Two who propose for one member at once: the second finds it.
CREATE UNIQUE INDEX support_one ON support (member_id) WHERE state IN ('proposed', 'approved');
CREATE INDEX support_community ON support (community_id, proposed_at);
CREATE INDEX support_member ON support (member_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (state, decided_by, decided_at, ended_by, ended_at, reason)', 'support');

-- Who has looked at it, and when; the member reads this.
CREATE TABLE support_reading (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    support_id  uuid NOT NULL REFERENCES support,
    reader_id   uuid NOT NULL REFERENCES member,
    read_at     timestamptz NOT NULL
);
CREATE INDEX support_reading_of ON support_reading (support_id, read_at);
CALL pg_temp.allow('SELECT, INSERT', 'support_reading');

-- What the pool has put to the member's own points for one exchange, which (scope, client_key) names as its hold or redemption does.
-- `returned` went back to the pool where it came to nothing or to less; `kept` was to go back and had been spent again.
CREATE TABLE support_use (
    id          uuid PRIMARY KEY,
    support_id  uuid NOT NULL REFERENCES support,
    units       bigint NOT NULL CHECK (units > 0),
    needed      bigint NOT NULL CHECK (needed >= units),
    scope       text NOT NULL,
    client_key  text NOT NULL,
    used_at     timestamptz NOT NULL,
    returned    bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    kept        bigint NOT NULL DEFAULT 0 CHECK (kept >= 0),
    UNIQUE (scope, client_key),
    CHECK (returned + kept <= units)
);
CREATE INDEX support_use_of ON support_use (support_id, used_at);
CREATE INDEX support_use_open ON support_use (used_at) WHERE returned + kept < units;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (returned, kept)', 'support_use');

-- What is left of the calendar month, on the wall of the pool's community: no more than the support says, nor than the rules (p_most);
-- none where p_today, the day by which rules are read, is none of its days.
CREATE FUNCTION ledger.support_left(p_support uuid, p_most bigint, p_today date, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT greatest(0, least(s.month_units, p_most) - coalesce((SELECT sum(u.units - u.returned) FROM support_use u
        WHERE u.support_id = s.id AND date_trunc('month', u.used_at AT TIME ZONE c.time_zone) = date_trunc('month', p_at AT TIME ZONE c.time_zone)), 0))
    FROM support s JOIN community c ON c.id = s.community_id
    WHERE s.id = p_support AND s.state = 'approved' AND p_today BETWEEN s.from_on AND s.until_on AND p_most IS NOT NULL
$$;

-- Puts what a member lacks for an exchange of p_needed units to their wallet, out of the pool; the units, 0 where it does not: no support,
-- nothing lacking, less left than is lacking, or the same (scope, key) was there before. The caller places the hold, or redeems, in the same
-- transaction, so that nothing is given where nothing is exchanged. The movement names no actor: it would stand on the statement of a
-- neighbour who said yes. Lock order: wallets by account_id. Refuses account_closed.
CREATE FUNCTION ledger.support(
    p_scope text, p_key text, p_member uuid, p_needed bigint, p_most bigint, p_today date, p_at timestamptz DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_support support%ROWTYPE;
    v_member bigint;
    v_pool bigint;
    v_at timestamptz;
    v_lacks bigint;
    v_has bigint;
    v_use uuid := ledger.new_id();
BEGIN
    SELECT * INTO v_support FROM support WHERE member_id = p_member AND state = 'approved';
    IF NOT FOUND OR p_most IS NULL THEN
        RETURN 0;
    END IF;
    v_member := ledger.account_of(p_member);
    v_pool := ledger.account_of(v_support.community_id);
    -- Two exchanges at two kiosks: what is left of the month, and whether it was ended meanwhile, is read under the member's lock.
    v_at := ledger.lock_wallets(ARRAY [v_member, v_pool], p_at);
    IF EXISTS (SELECT FROM hold h WHERE h.scope = p_scope AND h.client_key = p_key)
        OR EXISTS (SELECT FROM redemption r WHERE r.scope = p_scope AND r.client_key = p_key) THEN
        RETURN 0;
    END IF;
    PERFORM ledger.settle(v_member, v_at);
    PERFORM ledger.settle(v_pool, v_at);
    SELECT p_needed - (posted - held) INTO v_lacks FROM wallet WHERE account_id = v_member;
    SELECT posted - held INTO v_has FROM wallet WHERE account_id = v_pool;
    IF v_lacks <= 0 OR v_lacks > v_has OR v_lacks > coalesce(ledger.support_left(v_support.id, p_most, p_today, v_at), 0) THEN
        RETURN 0;
    END IF;
    PERFORM ledger.move(format('support:%s:out', v_use), 'support', v_pool, v_member, v_lacks, NULL, NULL, v_at);
    INSERT INTO support_use (id, support_id, units, needed, scope, client_key, used_at)
    VALUES (v_use, v_support.id, v_lacks, p_needed, p_scope, p_key, v_at);
    RETURN v_lacks;
END $$;

-- The same for one unit of a reward, at its price. As the exchange that follows it takes the key, the household and then the wallet, this
-- takes them in that order; with p_claims the key is the one that ledger.redeem claims. Refuses what ledger.claim and ledger.price refuse.
CREATE FUNCTION ledger.support_reward(
    p_scope text, p_key text, p_hash bytea, p_claims boolean, p_member uuid, p_reward uuid, p_quoted bigint, p_minutes int, p_most bigint,
    p_today date, p_at timestamptz DEFAULT NULL
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM support WHERE member_id = p_member AND state = 'approved') THEN
        RETURN 0;
    ELSIF p_claims THEN
        PERFORM ledger.claim(p_scope, p_key, p_hash, p_at);
    END IF;
    PERFORM ledger.lock_household(p_member, p_reward);
    RETURN ledger.support(p_scope, p_key, p_member, ledger.price(p_reward, p_quoted, p_minutes, coalesce(p_at, clock_timestamp())), p_most,
        p_today, p_at);
END $$;

-- What has to go back to the pool by now: the member's own points pay first, the pool pays what they lacked of what was really exchanged.
-- Nothing as long as the exchange is not there: it follows in the transaction that pays. Without p_at a hold counts until it was ended.
CREATE FUNCTION ledger.support_due(p_use uuid, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce((
        SELECT u.units - greatest(0, s.spent - (u.needed - u.units)) - u.returned - u.kept
        FROM support_use u CROSS JOIN LATERAL (
            SELECT CASE WHEN r.state = 'undone' THEN 0 WHEN h.state = 'captured' THEN h.captured
                WHEN h.state = 'pending' AND (p_at IS NULL OR h.expires_at > p_at) THEN h.amount ELSE 0 END AS spent
            FROM hold h LEFT JOIN redemption r ON r.hold_id = h.id WHERE h.scope = u.scope AND h.client_key = u.client_key
            UNION ALL
            SELECT CASE WHEN r.state = 'undone' THEN 0 ELSE r.price END
            FROM redemption r WHERE r.scope = u.scope AND r.client_key = u.client_key AND r.hold_id IS NULL) s
        WHERE u.id = p_use), 0)
$$;

-- The lots in the member's wallet that came from the pool for one use, or came back from what they paid for.
CREATE FUNCTION ledger.support_lots(p_use uuid) RETURNS SETOF lot LANGUAGE sql STABLE AS $$
    WITH given AS (
        SELECT x.id, x.to_account FROM transfer x WHERE x.business_key = format('support:%s:out', p_use)
    ), back AS (
        SELECT t.id, t.reverses FROM support_use u JOIN redemption r ON r.scope = u.scope AND r.client_key = u.client_key
        JOIN transfer t ON t.reverses = r.transfer_id WHERE u.id = p_use
    )
    SELECT l.* FROM given g JOIN lot l ON l.transfer_id = g.id AND l.account_id = g.to_account
    UNION ALL
    -- ledger.undo gives them back line by line as they were drawn.
    SELECT n.* FROM back b CROSS JOIN LATERAL (
        SELECT row_number() OVER (ORDER BY l.expires_at, l.id) AS line, l.transfer_id
        FROM lot_use v JOIN lot l ON l.id = v.lot_id WHERE v.transfer_id = b.reverses) d
    JOIN given g ON g.id = d.transfer_id JOIN lot n ON n.transfer_id = b.id AND n.line = d.line
$$;

-- The pool whose points are in the exchange that (scope, key) names; none: no pool paid for it. Whoever ends the exchange, or makes it
-- less, locks that pool with the member's wallet, since it gets its part back in the same step.
CREATE FUNCTION ledger.pool_behind(p_scope text, p_key text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT a.id FROM support_use u JOIN support s ON s.id = u.support_id JOIN account a ON a.owner_id = s.community_id
    WHERE u.scope = p_scope AND u.client_key = p_key AND u.returned + u.kept < u.units
$$;

-- Gives back to the pools what exchanges of a locked and settled wallet did not take after all, the points that came from there before
-- others; the units. What of them has expired meanwhile, and what a closed account had, stays where it went and counts as used.
CREATE FUNCTION ledger.return_supports(p_account bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_use record;
    v_lot record;
    v_back bigint;
    v_left bigint;
    v_take bigint;
    v_id uuid;
    v_sum bigint := 0;
BEGIN
    FOR v_use IN
        SELECT u.id, u.returned, u.kept, ledger.account_of(s.community_id) AS pool, ledger.support_due(u.id, NULL) AS due
        FROM account a JOIN support s ON s.member_id = a.owner_id JOIN support_use u ON u.support_id = s.id
        WHERE a.id = p_account AND u.returned + u.kept < u.units AND ledger.support_due(u.id, NULL) > 0 ORDER BY u.used_at, u.id
    LOOP
        -- SKIP LOCKED: locked above by whoever ended the exchange; of others, against the order, it waits for nobody.
        PERFORM FROM wallet WHERE account_id = v_use.pool FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT greatest(0, least(w.posted - w.held, v_use.due - least(v_use.due, greatest(0, e.units - v_use.kept)))) INTO v_back
        FROM wallet w CROSS JOIN LATERAL (
            SELECT coalesce(sum(v.amount), 0) AS units FROM ledger.support_lots(v_use.id) l
            JOIN lot_use v ON v.lot_id = l.id JOIN transfer t ON t.id = v.transfer_id WHERE t.kind = 'expire') e
        WHERE w.account_id = p_account;
        UPDATE support_use SET returned = returned + v_back, kept = kept + v_use.due - v_back WHERE id = v_use.id;
        CONTINUE WHEN v_back = 0;
        v_id := ledger.new_id();
        INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at)
        VALUES (v_id, format('support:%s:back:%s', v_use.id, v_use.returned + v_use.kept), 'support', p_account, v_use.pool, v_back, p_at, p_at);
        PERFORM ledger.post(p_account, v_id, -v_back);
        v_left := v_back;
        FOR v_lot IN
            SELECT l.id, l.remaining FROM ledger.support_lots(v_use.id) l
            WHERE l.remaining > 0 AND (l.expires_at IS NULL OR l.expires_at > p_at) ORDER BY l.expires_at, l.id
        LOOP
            EXIT WHEN v_left = 0;
            v_take := least(v_left, v_lot.remaining);
            UPDATE lot SET remaining = remaining - v_take WHERE id = v_lot.id;
            INSERT INTO lot_use (lot_id, transfer_id, amount) VALUES (v_lot.id, v_id, v_take);
            v_left := v_left - v_take;
        END LOOP;
        PERFORM ledger.draw(p_account, v_id, v_left, p_at);
        PERFORM ledger.post(v_use.pool, v_id, v_back);
        PERFORM ledger.pass_on(v_id, v_use.pool);
        v_sum := v_sum + v_back;
    END LOOP;
    RETURN v_sum;
END $$;

-- The same for one use, from outside of the wallet; the units. Safe to repeat. Lock order: wallets by account_id.
CREATE FUNCTION ledger.return_support(p_use uuid, p_at timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_member bigint;
    v_pool bigint;
    v_at timestamptz;
    v_before bigint;
BEGIN
    SELECT ledger.account_of(s.member_id), ledger.account_of(s.community_id) INTO STRICT v_member, v_pool
    FROM support_use u JOIN support s ON s.id = u.support_id WHERE u.id = p_use;
    -- Two that give back at once: the second reads behind the lock what the first has done.
    v_at := ledger.lock_wallets(ARRAY [v_member, v_pool], p_at);
    SELECT returned INTO STRICT v_before FROM support_use WHERE id = p_use;
    PERFORM ledger.settle(v_member, v_at);
    RETURN (SELECT returned - v_before FROM support_use WHERE id = p_use);
END $$;

-- Ends due holds, expires due lots of a locked wallet, and gives back to a pool what it paid for nothing: so nobody spends that, gives it
-- away or leaves it to an heir, whether or not a job has run. A hold keeps the oldest points, so only what is due beyond all holds goes.
-- Where somebody has that pool at this moment its hold stays for the next touch. True where there was anything to do.
CREATE OR REPLACE FUNCTION ledger.settle(p_account bigint, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_pools bigint[];
    v_ended bigint := 0;
    v_due bigint;
    v_take bigint;
    v_lot record;
    v_transfer uuid;
BEGIN
    IF EXISTS (SELECT FROM hold WHERE account_id = p_account AND state = 'pending' AND expires_at <= p_at) THEN
        -- SKIP LOCKED: pools and holds are locked against the order, so it waits for nobody; a hold that somebody is capturing, or whose
        -- pool somebody has, still counts as held. 0: no pool stands behind it.
        v_pools := ARRAY (SELECT w.account_id FROM wallet w WHERE w.account_id IN (
            SELECT ledger.pool_behind(h.scope, h.client_key) FROM hold h
            WHERE h.account_id = p_account AND h.state = 'pending' AND h.expires_at <= p_at) FOR NO KEY UPDATE SKIP LOCKED);
        WITH due AS (
            SELECT id FROM hold WHERE account_id = p_account AND state = 'pending' AND expires_at <= p_at
            AND coalesce(ledger.pool_behind(scope, client_key), 0) = ANY (0 || v_pools) FOR NO KEY UPDATE SKIP LOCKED
        ), ended AS (
            UPDATE hold SET state = 'expired' FROM due WHERE hold.id = due.id RETURNING hold.amount
        )
        SELECT coalesce(sum(amount), 0) INTO v_ended FROM ended;
        UPDATE wallet SET held = held - v_ended WHERE account_id = p_account;
    END IF;
    SELECT sum(remaining) INTO v_due FROM lot WHERE account_id = p_account AND remaining > 0 AND expires_at <= p_at;
    IF v_due IS NOT NULL THEN
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
    END IF;
    IF EXISTS (SELECT FROM account a JOIN support s ON s.member_id = a.owner_id WHERE a.id = p_account) THEN
        v_ended := v_ended + ledger.return_supports(p_account, p_at);
    END IF;
    RETURN v_ended > 0;
END $$;

-- Settles a locked wallet where a pool has paid for something that has just come to nothing, or to less.
CREATE FUNCTION ledger.settle_support(p_account bigint, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM account a JOIN support s ON s.member_id = a.owner_id WHERE a.id = p_account) THEN
        PERFORM ledger.settle(p_account, p_at);
    END IF;
END $$;

-- As in the first step; what the pool had put to it goes back at once. Lock order: hold, wallets by account_id.
CREATE OR REPLACE FUNCTION ledger.end_hold(p_hold uuid, p_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
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
    v_at := ledger.lock_wallets(ARRAY [v_hold.account_id, ledger.pool_behind(v_hold.scope, v_hold.client_key)], p_at);
    UPDATE hold SET state = CASE WHEN expires_at <= v_at THEN 'expired' ELSE 'voided' END WHERE id = p_hold RETURNING state INTO v_hold.state;
    UPDATE wallet SET held = held - v_hold.amount WHERE account_id = v_hold.account_id;
    PERFORM ledger.settle_support(v_hold.account_id, v_at);
    RETURN v_hold.state;
END $$;

CREATE VIEW reconcile.support_is_its_moves AS
SELECT 'support use ' || coalesce(u.id, t.use_id) AS subject,
    format('%s given and %s returned, moved %s and %s', u.units, u.returned, t.given, t.back) AS detail
FROM support_use u FULL JOIN (
    SELECT split_part(x.business_key, ':', 2)::uuid AS use_id, sum(x.amount) FILTER (WHERE f.kind = 'pool') AS given,
        coalesce(sum(x.amount) FILTER (WHERE f.kind = 'member'), 0) AS back
    FROM transfer x JOIN account f ON f.id = x.from_account WHERE x.kind = 'support' GROUP BY 1) t ON t.use_id = u.id
WHERE (u.units, u.returned) IS DISTINCT FROM (t.given, t.back);
CALL pg_temp.allow('SELECT', 'reconcile.support_is_its_moves');

-- A guardian's yes to a member under 18 taking part. Under 14 nothing is kept without one (PIPL 31); from 14 on nobody signs up without.
CREATE TABLE guardian_consent (
    id             uuid PRIMARY KEY,
    member_id      uuid NOT NULL REFERENCES member,       -- who is under age
    guardian_id    uuid REFERENCES member,                -- where the guardian is a member
    guardian_name  text NOT NULL,                         -- else the name; it goes with either person's data
    relation       text NOT NULL CHECK (relation IN ('parent', 'grandparent', 'other')),
    how            text NOT NULL CHECK (how IN ('paper', 'present')),
    paper_at       text NOT NULL DEFAULT '',              -- where the signed paper lies
    given_on       date NOT NULL,                         -- the day of the guardian's yes
    recorded_by    uuid NOT NULL REFERENCES member,
    recorded_at    timestamptz NOT NULL,
    ended_at       timestamptz,                           -- taken back
    ended_by       uuid REFERENCES member,
    CHECK (guardian_id <> member_id),
    CHECK (recorded_by <> member_id),
    CHECK (recorded_by <> guardian_id),
    CHECK ((guardian_id IS NULL) = (guardian_name <> '')),
    CHECK ((how = 'paper') = (paper_at <> '')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- Two of staff who record it at once: one of the two stands.
CREATE UNIQUE INDEX guardian_consent_one ON guardian_consent (member_id) WHERE ended_at IS NULL;
CREATE INDEX guardian_consent_of ON guardian_consent (member_id, recorded_at);
CREATE INDEX guardian_consent_by ON guardian_consent (guardian_id) WHERE guardian_id IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (ended_at, ended_by, guardian_name, paper_at)', 'guardian_consent');

-- What came of a talk with two neighbours who exchanged much help with each other and with nobody else in a month. It changes nothing else.
CREATE TABLE pair_note (
    id        uuid PRIMARY KEY,
    one_id    uuid NOT NULL REFERENCES member,
    other_id  uuid NOT NULL REFERENCES member,
    month     date NOT NULL CHECK (extract(day FROM month) = 1),
    note      text NOT NULL CHECK (note <> ''),
    noted_by  uuid NOT NULL REFERENCES member,
    noted_at  timestamptz NOT NULL,
    CHECK (one_id < other_id),
    CHECK (noted_by NOT IN (one_id, other_id))
);
CREATE INDEX pair_note_of ON pair_note (month, one_id, other_id);
CALL pg_temp.allow('SELECT, INSERT', 'pair_note');

-- Of an identity document that somebody gives for one sheet: what is printed, never the whole number. It goes when the sheet holds no more,
-- with the person's data, and after some months; the sheet itself is never changed.
CREATE TABLE certificate_identity (
    certificate_id  uuid PRIMARY KEY REFERENCES certificate,
    kind            text NOT NULL CHECK (kind IN ('resident_id', 'passport', 'other')),
    shown           text NOT NULL CHECK (shown ~ '\*{3}'),
    given_at        timestamptz NOT NULL
);
CREATE INDEX certificate_identity_old ON certificate_identity (given_at);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'certificate_identity');

-- Before a certificate the unit may be told for some days that somebody asks for one: members there read it with a masked name; it ends by itself.
CREATE TABLE certificate_notice (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,
    community_id  uuid NOT NULL REFERENCES community,     -- the recording unit
    first_on      date NOT NULL,
    last_on       date NOT NULL CHECK (last_on >= first_on),
    minutes       int NOT NULL CHECK (minutes > 0),
    put_up_by     uuid NOT NULL REFERENCES member,
    put_up_at     timestamptz NOT NULL,
    until_at      timestamptz NOT NULL CHECK (until_at > put_up_at),  -- the first instant at which it is up no more
    stopped_at    timestamptz,
    stopped_by    uuid REFERENCES member,
    CHECK ((stopped_at IS NULL) = (stopped_by IS NULL))
);
-- Asked for twice at once: it is put up once.
CREATE UNIQUE INDEX certificate_notice_once ON certificate_notice (member_id, first_on, last_on) WHERE stopped_at IS NULL;
CREATE INDEX certificate_notice_up ON certificate_notice (community_id, until_at);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (stopped_at, stopped_by)', 'certificate_notice');

-- Who brought a new member along, and what the rules of that day pay for it once the new member has served a confirmed hour. Where the rules
-- pay nothing nobody is asked, and no row is written.
CREATE TABLE recruit (
    member_id     uuid PRIMARY KEY REFERENCES member,     -- who joined
    recruiter_id  uuid NOT NULL REFERENCES member,
    units         bigint NOT NULL CHECK (units > 0),      -- 1/100 point
    policy_id     uuid NOT NULL REFERENCES policy,
    recorded_by   uuid NOT NULL REFERENCES member,
    recorded_at   timestamptz NOT NULL,
    outcome       text CHECK (outcome IN ('promised', 'lapsed')),
    settled_at    timestamptz,
    CHECK (recruiter_id <> member_id),
    CHECK (recorded_by NOT IN (recruiter_id, member_id)),
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);
CREATE INDEX recruit_waiting ON recruit (recorded_at) WHERE settled_at IS NULL;
CREATE INDEX recruit_by ON recruit (recruiter_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (outcome, settled_at)', 'recruit');
