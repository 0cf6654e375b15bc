-- Taking over what was kept elsewhere: members, balances of an old scheme, past service; its undoing; and taking everything along.

-- One file. `state` goes checking > ready > applying > done > undoing > undone; dropped: never applied.
CREATE TABLE import (
    id             uuid PRIMARY KEY,
    community_id   uuid NOT NULL REFERENCES community,   -- whose members it is about: this node and those below
    kind           text NOT NULL CHECK (kind IN ('members', 'balances', 'records')),
    source         text NOT NULL DEFAULT '',             -- the old scheme, as people call it
    vouched_by     text NOT NULL DEFAULT '',             -- who stands for what is written there
    file_name      text NOT NULL,
    file_hash      bytea NOT NULL CHECK (length(file_hash) = 32),
    left_heads     text[] NOT NULL DEFAULT '{}',         -- headings that nobody knew; their cells were not read
    rows           int NOT NULL CHECK (rows > 0),
    state          text NOT NULL DEFAULT 'checking'
                   CHECK (state IN ('checking', 'ready', 'applying', 'done', 'undoing', 'undone', 'dropped')),
    uploaded_by    uuid NOT NULL REFERENCES member,
    uploaded_at    timestamptz NOT NULL,
    leaves_out     boolean NOT NULL DEFAULT false,       -- faulty rows stay out; else nothing is applied while there is one
    applied_by     uuid REFERENCES member,
    applied_at     timestamptz,                          -- when it was confirmed; rows follow in batches
    finished_at    timestamptz,
    undo_by        uuid REFERENCES member,               -- who asks for its undoing, and why
    undo_at        timestamptz,
    undo_reason    text NOT NULL DEFAULT '',
    undone_by      uuid REFERENCES member,               -- who confirmed that
    undone_at      timestamptz,
    CHECK ((source = '') = (kind = 'members')),
    CHECK ((vouched_by = '') = (kind = 'members')),
    CHECK ((applied_by IS NULL) = (applied_at IS NULL)),
    CHECK ((applied_by IS NULL) = (state IN ('checking', 'ready', 'dropped'))),
    CHECK ((undo_by IS NULL) = (undo_reason = '')),
    CHECK ((undone_by IS NULL) = (state NOT IN ('undoing', 'undone'))),
    -- Points and hours need a second person, to come and to go.
    CHECK (kind = 'members' OR applied_by <> uploaded_by),
    CHECK (kind = 'members' OR undone_by <> undo_by)
);
-- One file sent twice at once, or again before it is applied, is one import.
CREATE UNIQUE INDEX import_open ON import (community_id, kind, source, file_hash) WHERE state IN ('checking', 'ready', 'applying');
CREATE INDEX import_community ON import (community_id, uploaded_at);
CREATE INDEX import_working ON import (uploaded_at) WHERE state IN ('checking', 'applying', 'undoing');
CALL pg_temp.allow('SELECT, INSERT, UPDATE (state, leaves_out, applied_by, applied_at, finished_at, undo_by, undo_at, undo_reason, undone_by, undone_at)', 'import');

-- One row of the file: what it said, what it would do, what it did, what became of that when the import was undone.
CREATE TABLE import_line (
    import_id  uuid NOT NULL REFERENCES import,
    line       int NOT NULL CHECK (line > 0),            -- as a spreadsheet numbers it
    said       jsonb NOT NULL,                           -- emptied when what it says is no longer needed
    faults     jsonb NOT NULL DEFAULT '[]',
    verdict    text CHECK (verdict IN ('new', 'same', 'changed', 'faulty')),
    member_id  uuid REFERENCES member,                   -- whom it is about, or whom it made
    made_id    uuid,                                     -- the member, transfer or service record that it made
    before     jsonb,                                    -- of a member that it changed: the values before
    outcome    text CHECK (outcome IN ('made', 'changed', 'nothing', 'failed')),
    undone     text CHECK (undone IN ('taken_back', 'kept', 'nothing')),
    kept_for   text NOT NULL DEFAULT '',                 -- why it was kept
    PRIMARY KEY (import_id, line),
    CHECK ((verdict = 'faulty') <= (faults <> '[]')),
    CHECK (outcome IS NULL OR verdict IS NOT NULL),
    CHECK (undone IS NULL OR outcome IS NOT NULL)
);
CREATE INDEX import_line_waiting ON import_line (import_id, line) WHERE verdict IS NULL;
CREATE INDEX import_line_to_apply ON import_line (import_id, line) WHERE outcome IS NULL;
CREATE INDEX import_line_to_undo ON import_line (import_id, line) WHERE undone IS NULL;
CREATE INDEX import_line_said ON import_line (import_id) WHERE said <> '{}';
CREATE INDEX import_line_member ON import_line (member_id) WHERE member_id IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (said, faults, verdict, member_id, made_id, before, outcome, undone, kept_for)', 'import_line');

-- The number of a member in an old list, by which later files name them.
CREATE TABLE old_number (
    community_id  uuid NOT NULL REFERENCES community,    -- the import's
    number        text NOT NULL CHECK (number <> ''),
    member_id     uuid NOT NULL REFERENCES member,
    ended_at      timestamptz
);
CREATE UNIQUE INDEX old_number_once ON old_number (community_id, number) WHERE ended_at IS NULL;
CREATE INDEX old_number_member ON old_number (member_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (ended_at), DELETE', 'old_number');

-- A balance of an old scheme: one for a member, scheme and reference, however many files name it.
CREATE TABLE opening_balance (
    transfer_id  uuid PRIMARY KEY REFERENCES transfer,
    member_id    uuid NOT NULL REFERENCES member,
    source       text NOT NULL,
    reference    text NOT NULL DEFAULT '',               -- tells several of one member apart
    units        bigint NOT NULL CHECK (units > 0),      -- of 1/100 point
    import_id    uuid NOT NULL,
    line         int NOT NULL,
    undone_at    timestamptz,
    FOREIGN KEY (import_id, line) REFERENCES import_line
);
CREATE UNIQUE INDEX opening_balance_once ON opening_balance (member_id, lower(source), lower(reference)) WHERE undone_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (undone_at)', 'opening_balance');

-- Service that another scheme recorded: a record of class C with who vouches for it.
CREATE TABLE taken_over_record (
    record_id   uuid PRIMARY KEY REFERENCES service_record,
    member_id   uuid NOT NULL REFERENCES member,
    source      text NOT NULL,
    vouched_by  text NOT NULL CHECK (vouched_by <> ''),
    likeness    bytea NOT NULL,                          -- SHA-256 of all that the row says: what it says twice is one record
    import_id   uuid NOT NULL,
    line        int NOT NULL,
    undone_at   timestamptz,
    FOREIGN KEY (import_id, line) REFERENCES import_line
);
CREATE UNIQUE INDEX taken_over_once ON taken_over_record (member_id, lower(source), likeness) WHERE undone_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE (undone_at)', 'taken_over_record');

-- Issues the balance of an old scheme, once per line of an import; a repeat gives the same transfer. Open debts are repaid in the same step, as by a credit. Refuses account_closed, key_conflict, four_eyes, reason_missing.
CREATE FUNCTION ledger.open_balance(
    p_import uuid, p_line int, p_owner uuid, p_amount bigint, p_source text, p_reference text, p_expires_at timestamptz, p_policy uuid,
    p_actor uuid, p_at timestamptz DEFAULT NULL
) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_to bigint := ledger.account_of(p_owner);
    v_key text := format('opening:%s:%s', p_import, p_line);
    v_id uuid := ledger.new_id();
    v_at timestamptz;
BEGIN
    PERFORM ledger.refuse_unfounded(v_to, p_actor, p_source);
    v_at := ledger.lock_wallet(v_to, p_at);
    INSERT INTO transfer (id, business_key, kind, from_account, to_account, amount, effective_at, recorded_at, actor_id, reason_code, policy_id)
    VALUES (v_id, v_key, 'opening', ledger.issuance(), v_to, p_amount, v_at, v_at, p_actor, p_source, p_policy)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN ledger.replayed(v_key, ledger.issuance(), v_to, p_amount);
    END IF;
    PERFORM ledger.refuse_closed(v_to);
    PERFORM ledger.post(v_to, v_id, p_amount);
    INSERT INTO lot (account_id, transfer_id, line, amount, remaining, expires_at) VALUES (v_to, v_id, 1, p_amount, p_amount, p_expires_at);
    PERFORM ledger.settle(v_to, v_at);
    PERFORM ledger.repay(v_to, v_at);
    -- Two imports with one balance: the key lets one of them through, and the other's batch begins anew.
    INSERT INTO opening_balance (transfer_id, member_id, source, reference, units, import_id, line)
    VALUES (v_id, p_owner, p_source, p_reference, p_amount, p_import, p_line);
    RETURN v_id;
END $$;

-- Takes the balance of an old scheme back in full, once; a repeat gives the same transfer. What was spent meanwhile is owed, or refused.
-- Refuses unknown_transfer, four_eyes, reason_missing, already_spent.
CREATE FUNCTION ledger.close_opening(p_transfer uuid, p_actor uuid, p_reason text, p_spent text, p_at timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_old transfer%ROWTYPE;
    v_at timestamptz;
    v_id uuid;
BEGIN
    SELECT * INTO v_old FROM transfer WHERE id = p_transfer AND kind = 'opening';
    IF NOT FOUND THEN
        PERFORM ledger.refuse('unknown_transfer');
    END IF;
    PERFORM ledger.refuse_unfounded(v_old.to_account, p_actor, p_reason);
    v_at := ledger.lock_wallet(v_old.to_account, p_at);
    SELECT id INTO v_id FROM transfer WHERE reverses = p_transfer;
    IF FOUND THEN
        RETURN v_id;
    END IF;
    PERFORM ledger.settle(v_old.to_account, v_at);
    v_id := ledger.take_back(v_old.to_account, 'reverse:' || p_transfer, 'reverse', v_old.amount, p_transfer, p_transfer, p_actor, p_reason,
        p_spent, v_at, v_at);
    UPDATE opening_balance SET undone_at = v_at WHERE transfer_id = p_transfer;
    RETURN v_id;
END $$;

-- Which of these members have done anything, or had it done to them, since they were taken over: a row of any table that names them,
-- but for what the taking over itself made. A table added later counts without further ado.
CREATE FUNCTION import_traces(p_members uuid[]) RETURNS TABLE (member_id uuid, table_name text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_column record;
BEGIN
    FOR v_column IN
        SELECT c.conrelid::regclass AS place, a.attname AS name
        FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
        WHERE c.contype = 'f' AND c.confrelid = 'member'::regclass AND cardinality(c.conkey) = 1
        AND c.conrelid::regclass::text NOT IN ('pass', 'old_number', 'import_line', 'held_skill', 'held_skill_change', 'relative', 'message')
        UNION SELECT 'attendance'::regclass, 'person_id'
    LOOP
        RETURN QUERY EXECUTE format('SELECT DISTINCT %I, %L FROM %s WHERE %1$I = ANY ($1)', v_column.name, v_column.place, v_column.place)
            USING p_members;
    END LOOP;
    RETURN QUERY SELECT DISTINCT a.owner_id, 'transfer' FROM account a JOIN posting p ON p.account_id = a.id WHERE a.owner_id = ANY (p_members);
    RETURN QUERY SELECT DISTINCT r.relative_id, 'relative' FROM relative r WHERE r.relative_id = ANY (p_members)
        UNION SELECT r.member_id, 'relative' FROM relative r WHERE r.member_id = ANY (p_members) AND r.confirmed_at IS NOT NULL;
END $$;

-- What grows without end is looked up by its member: here for each batch of an import that is taken back, and for a member's own data.
CREATE INDEX redemption_member ON redemption (member_id);

-- Every balance that was taken over is one movement of its amount to its member.
CREATE VIEW reconcile.opening_is_its_balance AS
SELECT 'transfer ' || t.id AS subject, 'an opening balance without its row, or with another amount or member' AS detail
FROM transfer t LEFT JOIN opening_balance b ON b.transfer_id = t.id LEFT JOIN account a ON a.id = t.to_account
WHERE t.kind = 'opening' AND (b.units, b.member_id) IS DISTINCT FROM (t.amount, a.owner_id)
UNION ALL
SELECT 'transfer ' || t.id, 'taken back in one place only'
FROM opening_balance b JOIN transfer t ON t.id = b.transfer_id
WHERE (b.undone_at IS NULL) = EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id);
CALL pg_temp.allow('SELECT', 'reconcile.opening_is_its_balance');

-- Everything of a community, or of one member, as one file. The job makes it; only who asked may fetch it, and only for a while.
CREATE TABLE export (
    id            uuid PRIMARY KEY,
    community_id  uuid REFERENCES community,             -- none: the member's own data
    asked_by      uuid NOT NULL REFERENCES member,
    asked_at      timestamptz NOT NULL,
    made_at       timestamptz,
    bytes         bigint,
    gone_at       timestamptz NOT NULL,                  -- the first instant at which nobody can fetch it
    CHECK ((made_at IS NULL) = (bytes IS NULL))
);
CREATE INDEX export_asked ON export (asked_by, asked_at);
CREATE INDEX export_waiting ON export (asked_at) WHERE made_at IS NULL;
-- Asked for twice at once is asked for once.
CREATE UNIQUE INDEX export_once ON export (asked_by, coalesce(community_id, asked_by)) WHERE made_at IS NULL;
CREATE TABLE export_part (
    export_id  uuid NOT NULL REFERENCES export,
    part       int NOT NULL CHECK (part > 0),
    content    bytea NOT NULL,
    PRIMARY KEY (export_id, part)
);
ALTER TABLE export_part ALTER COLUMN content SET STORAGE EXTERNAL;  -- compressed already
CALL pg_temp.allow('SELECT, INSERT, UPDATE (made_at, bytes, gone_at)', 'export');
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'export_part');
