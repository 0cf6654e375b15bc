-- Points between members and the pool: gifts that wait to be accepted, donations, issues from the pool.

-- A gift is a hold at the giver until the receiver has said yes; `state` says how it ended, once.
CREATE TABLE gift (
    id           uuid PRIMARY KEY,
    giver_id     uuid NOT NULL REFERENCES member,
    receiver_id  uuid NOT NULL REFERENCES member,
    units        bigint NOT NULL CHECK (units > 0),      -- of 1/100 point
    word         text NOT NULL DEFAULT '' CHECK (length(word) <= 200),  -- the giver's, read by both
    hold_id      uuid NOT NULL UNIQUE REFERENCES hold,
    made_at      timestamptz NOT NULL,
    answer_by    timestamptz NOT NULL,                   -- the hold's end: the first instant at which nobody can accept
    state        text NOT NULL DEFAULT 'waiting'
                 CHECK (state IN ('waiting', 'accepted', 'declined', 'withdrawn', 'timed_out', 'closed')),
    ended_at     timestamptz,
    CHECK (giver_id <> receiver_id),
    CHECK ((state = 'waiting') = (ended_at IS NULL))
);
CREATE INDEX gift_giver ON gift (giver_id, made_at);
CREATE INDEX gift_receiver ON gift (receiver_id, made_at);
CREATE INDEX gift_waiting ON gift (answer_by) WHERE state = 'waiting';
CALL pg_temp.allow('SELECT, INSERT, UPDATE (state, ended_at)', 'gift');

-- Locks several wallets, ascending; what is none of them (a system account, NULL) is passed over. The instant that judges what is done under
-- the locks. For every file from here on.
CREATE FUNCTION ledger.lock_wallets(p_accounts bigint[], p_at timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    v_account bigint;
    v_at timestamptz;
BEGIN
    FOR v_account IN SELECT DISTINCT a FROM unnest(p_accounts) a WHERE a > 0 ORDER BY a LOOP
        v_at := ledger.lock_wallet(v_account, p_at);
    END LOOP;
    RETURN v_at;
END $$;

-- Turns a hold, or a part of it, into a transfer; the rest is released. A repeat with the same amount gives the same transfer.
-- What was held for a gift moves as a gift, what was held for an exchange as an exchange.
-- The oldest points go first, also those past their date: the hold kept them. What is due beyond all holds goes before, so that it does not
-- depend on a job which points were spent and which expired. Lock order: hold, wallets by account_id, that of the pool which paid with them
-- (ledger.pool_behind, in 70_rules.sql).
-- Refuses bad_amount, hold_over, key_conflict.
CREATE OR REPLACE FUNCTION ledger.capture(p_hold uuid, p_amount bigint, p_actor uuid, p_at timestamptz DEFAULT NULL)
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
    v_at := ledger.lock_wallets(ARRAY [v_hold.account_id, v_hold.to_account,
        CASE WHEN p_amount < v_hold.amount THEN ledger.pool_behind(v_hold.scope, v_hold.client_key) END], p_at);
    IF v_hold.state <> 'pending' OR v_hold.expires_at <= v_at THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_hold.state, 'expires_at', v_hold.expires_at));
    END IF;
    PERFORM ledger.refuse_closed(v_hold.to_account);
    PERFORM ledger.settle(v_hold.account_id, v_at);
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id)
    VALUES (v_id, 'capture:' || p_hold, CASE WHEN v_hold.purpose IN ('gift', 'exchange') THEN v_hold.purpose ELSE 'capture' END, v_hold.account_id,
        v_hold.to_account, p_amount, v_at, v_at, p_actor);
    PERFORM ledger.post(v_hold.account_id, v_id, -p_amount, v_hold.amount);
    PERFORM ledger.draw(v_hold.account_id, v_id, p_amount);
    IF v_hold.to_account > 0 THEN
        PERFORM ledger.post(v_hold.to_account, v_id, p_amount);
        PERFORM ledger.pass_on(v_id, v_hold.to_account);
    END IF;
    UPDATE hold SET state = 'captured', captured = p_amount, transfer_id = v_id WHERE id = p_hold;
    IF p_amount < v_hold.amount THEN
        PERFORM ledger.settle_support(v_hold.account_id, v_at);
    END IF;
    RETURN v_id;
END $$;

-- Refuses wallet_full where the amount would lift a wallet above p_cap; none: no cap. What is past its date does not count. Judged for
-- good only where the wallet is locked and settled.
CREATE FUNCTION ledger.refuse_full(p_account bigint, p_amount bigint, p_cap bigint, p_at timestamptz DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT b.posted + p_amount > p_cap FROM ledger.balance(p_account, coalesce(p_at, clock_timestamp())) b) THEN
        PERFORM ledger.refuse('wallet_full', jsonb_build_object('cap', p_cap));
    END IF;
END $$;

-- The receiver says yes: the gift's hold becomes a transfer, once; a repeat gives the same one. p_cap is the most that the receiver's
-- wallet takes. Lock order: gift, hold, wallets by account_id. Refuses hold_over, wallet_full, account_closed.
CREATE FUNCTION ledger.accept_gift(p_gift uuid, p_cap bigint, p_actor uuid, p_at timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_gift gift%ROWTYPE;
    v_hold hold%ROWTYPE;
    v_at timestamptz;
    v_transfer uuid;
BEGIN
    -- Accept, decline, withdraw and the job may come at once: the first of them ends it, the others find it ended.
    SELECT * INTO STRICT v_gift FROM gift WHERE id = p_gift FOR NO KEY UPDATE;
    SELECT * INTO STRICT v_hold FROM hold WHERE id = v_gift.hold_id FOR NO KEY UPDATE;
    IF v_gift.state = 'accepted' THEN
        RETURN v_hold.transfer_id;
    ELSIF v_gift.state <> 'waiting' THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_gift.state, 'expires_at', v_gift.answer_by));
    END IF;
    v_at := ledger.lock_wallets(ARRAY [v_hold.account_id, v_hold.to_account], p_at);
    PERFORM ledger.refuse_closed(v_hold.to_account);
    PERFORM ledger.settle(v_hold.to_account, v_at);
    PERFORM ledger.refuse_full(v_hold.to_account, v_hold.amount, p_cap, v_at);
    v_transfer := ledger.capture(v_gift.hold_id, v_hold.amount, p_actor, v_at);
    UPDATE gift SET state = 'accepted', ended_at = v_at WHERE id = p_gift;
    RETURN v_transfer;
END $$;

-- Gives a gift back to the giver, once; a repeat with the same end changes nothing. 'declined', 'withdrawn' and 'closed' (the receiver's
-- account takes nothing any more) become 'timed_out' where its time was over before; nothing else can end it then.
-- Lock order: gift, hold, wallet. Refuses hold_over where it ended another way, or where its time is not over.
CREATE FUNCTION ledger.end_gift(p_gift uuid, p_state text, p_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_gift gift%ROWTYPE;
    v_state text := p_state;
BEGIN
    SELECT * INTO STRICT v_gift FROM gift WHERE id = p_gift FOR NO KEY UPDATE;
    IF v_gift.state <> 'waiting' AND v_gift.state IN (p_state, 'timed_out') THEN
        RETURN v_gift.state;
    ELSIF v_gift.state <> 'waiting' OR (p_state = 'timed_out' AND v_gift.answer_by > coalesce(p_at, clock_timestamp())) THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_gift.state, 'expires_at', v_gift.answer_by));
    END IF;
    -- A hold past its time may have been ended by any touch of the giver's wallet already.
    IF ledger.end_hold(v_gift.hold_id, p_at) = 'expired' THEN
        v_state := 'timed_out';
    END IF;
    UPDATE gift SET state = v_state, ended_at = coalesce(p_at, clock_timestamp()) WHERE id = p_gift;
    RETURN v_state;
END $$;

CREATE VIEW reconcile.gift_is_its_hold AS
SELECT 'gift ' || g.id AS subject, format('%s, its hold %s of %s for %s', g.state, h.state, h.amount, h.purpose) AS detail
FROM gift g JOIN hold h ON h.id = g.hold_id
JOIN account f ON f.id = h.account_id JOIN account t ON t.id = h.to_account
WHERE (h.purpose, h.amount, f.owner_id, t.owner_id) IS DISTINCT FROM ('gift', g.units, g.giver_id, g.receiver_id)
    OR (g.state = 'accepted') <> (h.state = 'captured')
    OR (g.state NOT IN ('waiting', 'accepted') AND h.state NOT IN ('voided', 'expired'))
    OR (g.state = 'waiting' AND h.state = 'voided');
CALL pg_temp.allow('SELECT', 'reconcile.gift_is_its_hold');

-- Relatives outside of the household, by the word of both; who shares a door is one without a row.
CREATE TABLE relative (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,       -- who named the other
    relative_id   uuid NOT NULL REFERENCES member,
    named_at      timestamptz NOT NULL,
    confirmed_at  timestamptz,                           -- none: the other has not said yes
    ended_at      timestamptz,
    ended_by      uuid REFERENCES member,
    CHECK (member_id <> relative_id),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- Two who name each other at once are one pair.
CREATE UNIQUE INDEX relative_pair ON relative (least(member_id, relative_id), greatest(member_id, relative_id)) WHERE ended_at IS NULL;
CREATE INDEX relative_member ON relative (member_id) WHERE ended_at IS NULL;
CREATE INDEX relative_other ON relative (relative_id) WHERE ended_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (confirmed_at, ended_at, ended_by)', 'relative');

-- Points that the pool of a community gives out: one proposes the whole list, a second person carries it out, all or nothing.
CREATE TABLE pool_issue (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,    -- whose pool
    reason        text NOT NULL CHECK (reason <> ''),    -- read by everybody who is given points
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    state         text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'done', 'refused', 'withdrawn')),
    decided_by    uuid REFERENCES member,
    decided_at    timestamptz,
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state NOT IN ('done', 'refused') OR decided_by <> made_by),
    CHECK (state <> 'withdrawn' OR decided_by = made_by)
);
CREATE INDEX pool_issue_community ON pool_issue (community_id, made_at);
CREATE TABLE pool_issue_line (
    issue_id   uuid NOT NULL REFERENCES pool_issue,
    line       int NOT NULL,
    member_id  uuid NOT NULL REFERENCES member,
    units      bigint NOT NULL CHECK (units > 0),        -- of 1/100 point
    PRIMARY KEY (issue_id, line),
    UNIQUE (issue_id, member_id)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (state, decided_by, decided_at)', 'pool_issue');
CALL pg_temp.allow('SELECT, INSERT', 'pool_issue_line');

-- Carries a proposed list out, all or nothing, once; a repeat changes nothing. The units moved. Who proposed it, or stands on it, cannot
-- be the second person. Lock order: pool_issue, then every wallet by account_id. Refuses four_eyes, issue_over, insufficient_points,
-- account_closed.
CREATE FUNCTION ledger.issue_batch(p_issue uuid, p_actor uuid, p_at timestamptz DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_issue pool_issue%ROWTYPE;
    v_pool bigint;
    v_total bigint;
    v_at timestamptz;
    v_line record;
BEGIN
    -- Two who carry it out at once: the second finds it done.
    SELECT * INTO STRICT v_issue FROM pool_issue WHERE id = p_issue FOR NO KEY UPDATE;
    SELECT sum(units) INTO STRICT v_total FROM pool_issue_line WHERE issue_id = p_issue;
    IF v_issue.made_by = p_actor OR EXISTS (SELECT FROM pool_issue_line WHERE issue_id = p_issue AND member_id = p_actor) THEN
        PERFORM ledger.refuse('four_eyes');
    ELSIF v_issue.state = 'done' THEN
        RETURN v_total;
    ELSIF v_issue.state <> 'proposed' THEN
        PERFORM ledger.refuse('issue_over', jsonb_build_object('state', v_issue.state));
    END IF;
    v_pool := ledger.account_of(v_issue.community_id);
    PERFORM ledger.account_of(member_id) FROM pool_issue_line WHERE issue_id = p_issue ORDER BY member_id;
    -- All of them first, ascending: the moves below lock the pool and one member each, in whatever order.
    PERFORM FROM wallet WHERE account_id = v_pool OR account_id IN (
        SELECT a.id FROM pool_issue_line l JOIN account a ON a.owner_id = l.member_id WHERE l.issue_id = p_issue)
    ORDER BY account_id FOR NO KEY UPDATE;
    v_at := coalesce(p_at, clock_timestamp());
    PERFORM ledger.settle(v_pool, v_at);
    PERFORM ledger.refuse_beyond(v_pool, v_total);
    FOR v_line IN
        SELECT l.line, l.units, a.id AS account_id FROM pool_issue_line l JOIN account a ON a.owner_id = l.member_id
        WHERE l.issue_id = p_issue ORDER BY l.line
    LOOP
        PERFORM ledger.move(format('issue:%s:%s', p_issue, v_line.line), 'issue', v_pool, v_line.account_id, v_line.units, p_actor,
            v_issue.reason, v_at);
    END LOOP;
    UPDATE pool_issue SET state = 'done', decided_by = p_actor, decided_at = v_at WHERE id = p_issue;
    RETURN v_total;
END $$;

CREATE VIEW reconcile.issue_is_its_moves AS
SELECT format('issue %s line %s', l.issue_id, l.line) AS subject, format('%s, moved %s of %s', i.state, coalesce(t.amount, 0), l.units) AS detail
FROM pool_issue i JOIN pool_issue_line l ON l.issue_id = i.id
LEFT JOIN transfer t ON t.business_key = format('issue:%s:%s', l.issue_id, l.line)
WHERE coalesce(t.amount, 0) <> CASE WHEN i.state = 'done' THEN l.units ELSE 0 END;
CALL pg_temp.allow('SELECT', 'reconcile.issue_is_its_moves');
