-- Help between neighbours: what one offers or wants (posts), what two have agreed under a post (exchanges), the word of each of them
-- about how long it was, and the mediator where the words are apart.

-- One post may lead to several exchanges: one who wants help and several who give it, one who helps several.
CREATE TABLE neighbour_post (
    id            uuid PRIMARY KEY,
    member_id     uuid NOT NULL REFERENCES member,
    community_id  uuid NOT NULL REFERENCES community,     -- its members read it
    kind          text NOT NULL CHECK (kind IN ('help_offered', 'help_wanted')),
    category      text NOT NULL CHECK (category IN ('errands', 'company', 'phones', 'repairs', 'learning', 'care', 'home', 'other')),
    title         text NOT NULL CHECK (title <> ''),
    text          text NOT NULL,
    usual_time    text NOT NULL,                          -- in words: weekday mornings
    area          text NOT NULL,                          -- where, roughly: never an address
    minutes       int NOT NULL CHECK (minutes BETWEEN 15 AND 720),
    places        int NOT NULL CHECK (places BETWEEN 1 AND 50),
    posted_at     timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL CHECK (expires_at > posted_at),
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'taken_down')),
    ended_at      timestamptz,
    ended_by      uuid REFERENCES member,
    reason        text NOT NULL DEFAULT '',               -- of a coordinator who took it down; the owner reads it
    CHECK ((state = 'open') = (ended_at IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK ((state = 'taken_down') = (reason <> ''))
);
CREATE INDEX neighbour_post_open ON neighbour_post (community_id, posted_at, id) WHERE state = 'open';
CREATE INDEX neighbour_post_member ON neighbour_post (member_id, posted_at);
-- The words go when the person's data go.
CALL pg_temp.allow('SELECT, INSERT, UPDATE (state, ended_at, ended_by, reason, title, text, usual_time, area)', 'neighbour_post');

-- A member says that a post should not be there; a coordinator has looked at it from `seen_at` on.
CREATE TABLE neighbour_report (
    post_id      uuid NOT NULL REFERENCES neighbour_post,
    member_id    uuid NOT NULL REFERENCES member,
    reason       text NOT NULL CHECK (reason <> ''),
    reported_at  timestamptz NOT NULL,
    seen_at      timestamptz,
    seen_by      uuid REFERENCES member,
    PRIMARY KEY (post_id, member_id),
    CHECK ((seen_at IS NULL) = (seen_by IS NULL))
);
CREATE INDEX neighbour_report_waiting ON neighbour_report (post_id) WHERE seen_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (seen_at, seen_by, reason)', 'neighbour_report');

-- Who wants nothing to do with whom. The other is not told; neither finds the posts of the other.
CREATE TABLE neighbour_block (
    member_id   uuid NOT NULL REFERENCES member,
    blocked_id  uuid NOT NULL REFERENCES member,
    blocked_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK (member_id <> blocked_id)
);
CREATE UNIQUE INDEX neighbour_block_once ON neighbour_block (member_id, blocked_id) WHERE ended_at IS NULL;
CREATE INDEX neighbour_blocked ON neighbour_block (blocked_id) WHERE ended_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (ended_at)', 'neighbour_block');

-- What two neighbours arrange: asked until both have said yes to the same terms, then agreed with the points held at the one who is
-- helped, then settled by the word of both or by a mediator. No service record comes of it, and nothing is issued.
CREATE TABLE exchange (
    id                uuid PRIMARY KEY,
    post_id           uuid NOT NULL REFERENCES neighbour_post,
    helper_id         uuid NOT NULL REFERENCES member,
    helped_id         uuid NOT NULL REFERENCES member,
    asked_by          uuid NOT NULL,                      -- who answered the post
    starts_at         timestamptz NOT NULL,
    minutes           int NOT NULL CHECK (minutes BETWEEN 15 AND 720),  -- as planned; no more than these are paid
    note              text NOT NULL DEFAULT '',           -- for these two: where they meet
    terms             int NOT NULL DEFAULT 1,             -- counts the proposals: a yes names what it says yes to
    waits_for         uuid,                               -- whose yes, while it is asked
    state             text NOT NULL DEFAULT 'asked' CHECK (state IN (
                      'asked', 'agreed', 'mediation', 'settled', 'declined', 'withdrawn', 'cancelled', 'lapsed', 'timed_out')),
    asked_at          timestamptz NOT NULL,
    agreed_at         timestamptz,
    policy_id         uuid,                               -- whose rate it is: of the day of the agreement
    units             bigint NOT NULL DEFAULT 0 CHECK (units >= 0),  -- 1/100 point; what the planned minutes bring
    hold_id           uuid UNIQUE REFERENCES hold,
    answer_by         timestamptz,                        -- both say how long it was before this
    hold_until        timestamptz,                        -- the first instant at which nothing can be paid any more
    helper_minutes    int CHECK (helper_minutes BETWEEN 0 AND 1440),
    helped_minutes    int CHECK (helped_minutes BETWEEN 0 AND 1440),
    mediation_at      timestamptz,
    mediation_why     text CHECK (mediation_why IN ('apart', 'silent')),
    mediator_id       uuid REFERENCES member,
    decision          text NOT NULL DEFAULT '',           -- the mediator's reason, read by both
    settled_minutes   int CHECK (settled_minutes BETWEEN 0 AND 1440),
    settled_units     bigint CHECK (settled_units BETWEEN 0 AND units),
    transfer_id       uuid UNIQUE REFERENCES transfer,
    ended_at          timestamptz,
    CHECK (helper_id <> helped_id),
    CHECK (asked_by IN (helper_id, helped_id)),
    CHECK ((state = 'asked') = (waits_for IS NOT NULL)),
    CHECK (waits_for IN (helper_id, helped_id)),
    CHECK ((state IN ('asked', 'agreed', 'mediation')) = (ended_at IS NULL)),
    CHECK (state NOT IN ('agreed', 'mediation', 'settled', 'cancelled', 'timed_out') OR agreed_at IS NOT NULL),
    CHECK ((agreed_at IS NULL) = (policy_id IS NULL)),
    CHECK ((agreed_at IS NULL) = (answer_by IS NULL)),
    CHECK ((agreed_at IS NULL) = (hold_until IS NULL)),
    CHECK ((hold_id IS NULL) = (units = 0)),
    CHECK ((mediation_at IS NULL) = (mediation_why IS NULL)),
    CHECK (state <> 'mediation' OR mediation_at IS NOT NULL),
    CHECK ((mediator_id IS NULL) = (decision = '')),
    CHECK (mediator_id IS NULL OR (state = 'settled' AND mediation_at IS NOT NULL AND mediator_id NOT IN (helper_id, helped_id))),
    CHECK ((state = 'settled') = (settled_minutes IS NOT NULL)),
    CHECK ((state = 'settled') = (settled_units IS NOT NULL)),
    CHECK ((transfer_id IS NOT NULL) = (coalesce(settled_units, 0) > 0))
);
-- One who sends an answer twice at once, or has one already, has one.
CREATE UNIQUE INDEX exchange_one_each ON exchange (post_id, asked_by) WHERE ended_at IS NULL;
CREATE INDEX exchange_post ON exchange (post_id);
CREATE INDEX exchange_helper ON exchange (helper_id, asked_at);
CREATE INDEX exchange_helped ON exchange (helped_id, asked_at);
CREATE INDEX exchange_live ON exchange (state, starts_at) WHERE ended_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (starts_at, minutes, note, terms, waits_for, state, agreed_at, policy_id, units, hold_id,
    answer_by, hold_until, helper_minutes, helped_minutes, mediation_at, mediation_why, mediator_id, decision, settled_minutes,
    settled_units, transfer_id, ended_at)', 'exchange');

-- What has ended stays as it is, but for words that go with a person's data; what was agreed is not agreed anew under the same words.
CREATE FUNCTION exchange_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL AND to_jsonb(NEW) - 'note' <> to_jsonb(OLD) - 'note' THEN
        RAISE EXCEPTION 'an exchange that has ended is never changed';
    ELSIF OLD.agreed_at IS NOT NULL AND (NEW.starts_at, NEW.minutes, NEW.units, NEW.hold_id, NEW.policy_id, NEW.agreed_at, NEW.terms)
        IS DISTINCT FROM (OLD.starts_at, OLD.minutes, OLD.units, OLD.hold_id, OLD.policy_id, OLD.agreed_at, OLD.terms) THEN
        RAISE EXCEPTION 'the terms of an agreement are never changed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exchange_is_kept BEFORE UPDATE ON exchange FOR EACH ROW EXECUTE FUNCTION exchange_is_kept();

-- What the two tell the mediator; written once, read by the two and by who mediates. It goes with a person's data.
CREATE TABLE exchange_hearing (
    id           uuid PRIMARY KEY,
    exchange_id  uuid NOT NULL REFERENCES exchange,
    member_id    uuid NOT NULL REFERENCES member,
    text         text NOT NULL CHECK (text <> ''),
    said_at      timestamptz NOT NULL
);
CREATE INDEX exchange_hearing_of ON exchange_hearing (exchange_id, said_at);
CREATE INDEX exchange_hearing_by ON exchange_hearing (member_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (text)', 'exchange_hearing');

-- Pays an exchange from its hold, once: the units that moved and the transfer, none where nothing did. What would lift the helper above
-- p_cap stays with the one who pays. The caller holds the exchange's row. Lock order: hold, wallets by account_id, that of the pool which
-- paid for it too (ledger.pool_behind, in 70_rules.sql). Refuses hold_over where the hold's time is over, account_closed.
CREATE FUNCTION ledger.pay_exchange(p_hold uuid, p_units bigint, p_cap bigint, p_actor uuid, p_at timestamptz DEFAULT NULL)
RETURNS TABLE (moved bigint, moved_by uuid) LANGUAGE plpgsql AS $$
DECLARE
    v_hold hold%ROWTYPE;
    v_at timestamptz;
    v_units bigint;
BEGIN
    SELECT * INTO STRICT v_hold FROM hold WHERE id = p_hold FOR NO KEY UPDATE;
    v_at := ledger.lock_wallets(ARRAY [v_hold.account_id, v_hold.to_account, ledger.pool_behind(v_hold.scope, v_hold.client_key)], p_at);
    IF v_hold.state <> 'pending' OR v_hold.expires_at <= v_at THEN
        PERFORM ledger.refuse('hold_over', jsonb_build_object('state', v_hold.state, 'expires_at', v_hold.expires_at));
    END IF;
    PERFORM ledger.settle(v_hold.to_account, v_at);
    SELECT CASE WHEN p_cap IS NULL THEN p_units ELSE least(p_units, p_cap - b.posted) END INTO v_units
    FROM ledger.balance(v_hold.to_account, v_at) b;
    IF v_units < 1 THEN
        PERFORM ledger.end_hold(p_hold, v_at);
        RETURN QUERY SELECT 0::bigint, NULL::uuid;
        RETURN;
    END IF;
    RETURN QUERY SELECT v_units, ledger.capture(p_hold, v_units, p_actor, v_at);
END $$;

CREATE VIEW reconcile.exchange_is_its_hold AS
SELECT 'exchange ' || x.id AS subject, format('%s of %s units, its hold %s of %s for %s', x.state, x.units, h.state, h.amount, h.purpose) AS detail
FROM exchange x JOIN hold h ON h.id = x.hold_id
JOIN account f ON f.id = h.account_id JOIN account t ON t.id = h.to_account
WHERE (h.purpose, h.amount, f.owner_id, t.owner_id) IS DISTINCT FROM ('exchange', x.units, x.helped_id, x.helper_id)
    OR (h.captured, h.transfer_id) IS DISTINCT FROM (nullif(x.settled_units, 0), x.transfer_id)
    OR (x.ended_at IS NOT NULL AND h.state = 'pending')
    OR (x.ended_at IS NULL AND h.state = 'voided')
UNION ALL
SELECT 'hold ' || h.id, 'held for no exchange' FROM hold h
WHERE h.purpose = 'exchange' AND NOT EXISTS (SELECT FROM exchange x WHERE x.hold_id = h.id);
CALL pg_temp.allow('SELECT', 'reconcile.exchange_is_its_hold');
