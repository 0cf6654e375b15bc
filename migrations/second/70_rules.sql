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
    PERFORM ledger.lock_wallet(least(v_member, v_pool), p_at);
    v_at := ledger.lock_wallet(greatest(v_member, v_pool), p_at);
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
CREATE FUNCTION ledger.support_due(p_use uuid, p_at timestamptz) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT u.units - greatest(0, coalesce(s.spent, 0) - (u.needed - u.units)) - u.returned - u.kept
    FROM support_use u LEFT JOIN LATERAL (
        SELECT CASE WHEN r.state = 'undone' THEN 0 WHEN h.state = 'captured' THEN h.captured
            WHEN h.state = 'pending' AND h.expires_at > p_at THEN h.amount ELSE 0 END AS spent
        FROM hold h LEFT JOIN redemption r ON r.hold_id = h.id WHERE h.scope = u.scope AND h.client_key = u.client_key
        UNION ALL
        SELECT CASE WHEN r.state = 'undone' THEN 0 ELSE r.price END
        FROM redemption r WHERE r.scope = u.scope AND r.client_key = u.client_key AND r.hold_id IS NULL) s ON true
    WHERE u.id = p_use
$$;

-- Gives back to the pool what an exchange did not take after all; the units. Safe to repeat. What the member has spent again meanwhile, and
-- what a closed account had, stays where it went and counts as used. Lock order: wallets by account_id.
CREATE FUNCTION ledger.return_support(p_use uuid, p_at timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_use support_use%ROWTYPE;
    v_member bigint;
    v_pool bigint;
    v_at timestamptz;
    v_due bigint;
    v_back bigint := 0;
BEGIN
    SELECT ledger.account_of(s.member_id), ledger.account_of(s.community_id) INTO STRICT v_member, v_pool
    FROM support_use u JOIN support s ON s.id = u.support_id WHERE u.id = p_use;
    -- Two that give back at once: the second reads behind the lock what the first has done.
    PERFORM ledger.lock_wallet(least(v_member, v_pool), p_at);
    v_at := ledger.lock_wallet(greatest(v_member, v_pool), p_at);
    SELECT * INTO STRICT v_use FROM support_use WHERE id = p_use;
    v_due := ledger.support_due(p_use, v_at);
    IF v_due <= 0 THEN
        RETURN 0;
    END IF;
    IF NOT EXISTS (SELECT FROM account WHERE id = v_member AND closed_at IS NOT NULL) THEN
        PERFORM ledger.settle(v_member, v_at);
        SELECT least(v_due, posted - held) INTO v_back FROM wallet WHERE account_id = v_member;
    END IF;
    IF v_back > 0 THEN
        PERFORM ledger.move(format('support:%s:back:%s', p_use, v_use.returned + v_use.kept), 'support', v_member, v_pool, v_back, NULL, NULL, v_at);
    END IF;
    UPDATE support_use SET returned = returned + v_back, kept = kept + v_due - v_back WHERE id = p_use;
    RETURN v_back;
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
