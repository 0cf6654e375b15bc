-- Seals: a chain of hash blocks over the movements, made after them and never in their transaction; and what proofs found.

-- The transaction that wrote a movement. What was there before this step counts as written by it. `ledger.seal` looks from a horizon on,
-- below which every transaction had ended when it was taken: no instant and no id says that, since both are made before the commit.
ALTER TABLE transfer ADD COLUMN written_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
-- Rows lie in the order in which they were written: a few bytes for each stretch of them, and next to nothing for each credit.
CREATE INDEX transfer_written ON transfer USING brin (written_in) WITH (pages_per_range = 16, autosummarize = on);

-- hash = SHA-256 of "<seq> <previous hash> <count> <sealed_at in microseconds>" and, a line each, the hashes of its movements.
CREATE TABLE seal (
    seq        bigint PRIMARY KEY CHECK (seq > 0),
    prev_hash  bytea NOT NULL CHECK (length(prev_hash) = 32),   -- of the block before; of the first: zeros
    hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    count      int NOT NULL CHECK (count > 0),
    sealed_at  timestamptz NOT NULL,
    seen_from  bigint NOT NULL                                  -- the next block looks for movements written in this transaction or later
);

-- hash = SHA-256 of the movement's row as JSON, without its empty fields and `written_in`, instants in UTC.
CREATE TABLE seal_line (
    seal_seq     bigint NOT NULL REFERENCES seal,
    position     int NOT NULL CHECK (position > 0),
    transfer_id  uuid NOT NULL UNIQUE REFERENCES transfer,
    hash         bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (seal_seq, position)
);
CREATE TRIGGER seal_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON seal EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_line_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON seal_line EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'seal', 'seal_line');

-- Seals up to p_most movements that no block has yet, in the order in which they were recorded: how many. None where somebody else is
-- at it. What a transaction commits late is in no block before, and in the next one after: "not yet sealed" decides, not a time mark.
CREATE FUNCTION ledger.seal(p_most int, p_at timestamptz DEFAULT NULL) RETURNS int LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
    v_last seal%ROWTYPE;
    v_own bigint := pg_current_xact_id()::text::bigint;
    v_from bigint;
    v_until bigint;
    v_horizon bigint;
    v_at timestamptz;
    v_count int;
    v_ids uuid[];
    v_hashes bytea[];
    v_text text;
BEGIN
    -- Two who seal at once would take the same movements: the second finds nothing to do. The keys of seal_line would refuse it as well.
    IF NOT pg_try_advisory_xact_lock(hashtext('ledger.seal')) THEN
        RETURN 0;
    END IF;
    SELECT * INTO v_last FROM seal ORDER BY seq DESC LIMIT 1;
    -- Taken by a statement before the one that reads: whoever had not ended here is found from the horizon on by the next block.
    SELECT pg_snapshot_xmin(s)::text::bigint, greatest(pg_snapshot_xmax(s)::text::bigint, v_own + 1) INTO v_horizon, v_until
    FROM pg_current_snapshot() s;
    v_from := coalesce(v_last.seen_from, 0);
    -- Rows of another server, restored from a dump, carry its numbers: once, everything that no block has. Not bounded above without
    -- need, so that they do not come along every time.
    IF v_from > v_until THEN
        v_from := 0;
        v_until := 9223372036854775807;
    END IF;
    v_at := coalesce(p_at, clock_timestamp());
    SELECT count(*), array_agg(id ORDER BY n), array_agg(sha256(convert_to(line, 'UTF8')) ORDER BY n)
    INTO v_count, v_ids, v_hashes
    FROM (
        SELECT t.id, row_number() OVER (ORDER BY t.recorded_at, t.id) AS n, jsonb_strip_nulls(to_jsonb(t) - 'written_in')::text AS line
        FROM transfer t WHERE t.written_in >= v_from AND t.written_in < v_until
        AND NOT EXISTS (SELECT FROM seal_line l WHERE l.transfer_id = t.id)
        ORDER BY t.recorded_at, t.id LIMIT p_most) found;
    IF v_count = 0 THEN
        RETURN 0;
    END IF;
    v_last.seq := coalesce(v_last.seq, 0) + 1;
    v_last.prev_hash := coalesce(v_last.hash, decode(repeat('00', 32), 'hex'));
    SELECT format(E'%s %s %s %s\n', v_last.seq, encode(v_last.prev_hash, 'hex'), v_count, (extract(epoch FROM v_at) * 1000000)::bigint)
        || string_agg(encode(h, 'hex'), E'\n' ORDER BY n) INTO v_text
    FROM unnest(v_hashes) WITH ORDINALITY AS s (h, n);
    -- A full block may have left some behind below the horizon: the next one looks from the same place.
    INSERT INTO seal (seq, prev_hash, hash, count, sealed_at, seen_from)
    VALUES (v_last.seq, v_last.prev_hash, sha256(convert_to(v_text, 'UTF8')), v_count, v_at,
        CASE WHEN v_count < p_most THEN v_horizon ELSE v_from END);
    INSERT INTO seal_line (seal_seq, position, transfer_id, hash)
    SELECT v_last.seq, n, id, h FROM unnest(v_ids, v_hashes) WITH ORDINALITY AS s (id, h, n);
    RETURN v_count;
END $$;

-- Every movement that was there when a block was made is in a block.
CREATE VIEW reconcile.transfer_is_sealed AS
SELECT 'transfer ' || t.id AS subject, 'no block has it' AS detail
FROM transfer t, (SELECT seen_from FROM seal ORDER BY seq DESC LIMIT 1) last
WHERE t.written_in < last.seen_from AND NOT EXISTS (SELECT FROM seal_line l WHERE l.transfer_id = t.id);

CREATE VIEW reconcile.seals_follow_each_other AS
SELECT 'block ' || seq AS subject, 'does not follow the one before it' AS detail
FROM (SELECT seq, prev_hash, lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS seq_before,
        lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY seq) AS hash_before FROM seal) blocks
WHERE seq <> seq_before + 1 OR prev_hash <> hash_before
UNION ALL
SELECT 'block ' || s.seq, format('says %s movements, has %s', s.count, count(l.position))
FROM seal s LEFT JOIN seal_line l ON l.seal_seq = s.seq GROUP BY s.seq, s.count HAVING s.count <> count(l.position);
CALL pg_temp.allow('SELECT', 'reconcile.transfer_is_sealed', 'reconcile.seals_follow_each_other');

-- What a proof of the books found: each reconciliation, each verification of the seals, and those that somebody asked for.
CREATE TABLE proof (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('reconcile', 'seals')),
    asked_by     uuid REFERENCES member,                 -- none: the job or the command
    asked_at     timestamptz NOT NULL,
    finished_at  timestamptz,                            -- none: waits for the job
    wrong        int CHECK (wrong >= 0),
    result       jsonb,
    CHECK ((finished_at IS NULL) = (wrong IS NULL)),
    CHECK ((finished_at IS NULL) = (result IS NULL))
);
CREATE INDEX proof_waiting ON proof (kind) WHERE finished_at IS NULL;
CREATE INDEX proof_latest ON proof (kind, id) WHERE finished_at IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'proof');
