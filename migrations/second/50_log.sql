-- The log in full: what a desk uploads after a cut network, undone scans, and what two desks make of one person.

ALTER TABLE scan
    ADD COLUMN counts_at   timestamptz,                  -- of an upload: the desk's time, corrected by its last known skew; see presence
    ADD COLUMN desk_reason text,                         -- of an upload: what the desk itself had answered at the door
    ADD COLUMN passed_over text[],                       -- the refusals that an override overruled
    ADD COLUMN is_own      boolean NOT NULL DEFAULT false;  -- scanned at a desk or phone by the person themselves or their household
-- Of an upload that is sent twice, each refusal and each second admission is kept once; accepted ones stop at scan_accepted_once.
CREATE UNIQUE INDEX scan_uploaded_once ON scan (scanner_id, nonce) WHERE source = 'upload' AND reason <> 'ok';
-- A queue asks for nonces whatever became of them, a desk for its last scans: however long the log, along these.
CREATE INDEX scan_nonce ON scan (scanner_id, nonce);
-- Of these two only the first is for who asks for a nonce: the other is no choice where no time is asked for.
CREATE INDEX scan_lately ON scan (scanner_id, received_at) WHERE received_at IS NOT NULL;
DROP INDEX scan_refused_nonce;

-- An undo is a row that names a scan by its desk and nonce; it may come before the scan does. The desk's own holds for fifteen minutes
-- after the scan, staff name a reason.
CREATE TABLE scan_undo (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce        text NOT NULL,                          -- of the undo itself
    scanner_id   uuid NOT NULL,                          -- whose scan it was
    scan_nonce   text NOT NULL,
    operator_id  uuid,                                   -- who stood at the desk then, as it names them; else who sent it
    also         uuid[] NOT NULL DEFAULT '{}',           -- whoever else had a hand in it: who sent it later, and whom it names
    by_id        uuid,                                   -- staff, afterwards; none: the desk itself
    reason       text NOT NULL DEFAULT '',
    happened_at  timestamptz NOT NULL,                   -- the desk's clock
    received_at  timestamptz NOT NULL,
    counts_at    timestamptz NOT NULL,                   -- the desk's clock, corrected
    CHECK (by_id IS NULL OR reason <> '')
);
-- Staff's nonces are a space of their own: a desk that uses one up in advance blocks nobody.
CREATE UNIQUE INDEX scan_undo_nonce ON scan_undo (scanner_id, nonce, (by_id IS NOT NULL));
-- Staff take a scan back once. Of a desk's undos of one scan there may be several: one that came before its scan turns out to count or
-- not when the scan is there, and one that does not count is not in the way of one that does.
CREATE UNIQUE INDEX scan_undo_once ON scan_undo (scanner_id, scan_nonce) WHERE by_id IS NOT NULL;
CREATE INDEX scan_undo_of ON scan_undo (scanner_id, scan_nonce);
CREATE INDEX scan_undo_lately ON scan_undo (scanner_id, received_at);
CREATE TRIGGER scan_undo_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON scan_undo EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'scan_undo');

-- The instant that counts of a row of the log: of an upload and of somebody's word the time that they tell, of a tick of the roll and of
-- a job the time that they set, else when the server had it.
CREATE FUNCTION instant_of(counts_at timestamptz, source text, raw_code text, happened_at timestamptz, received_at timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(counts_at, CASE WHEN source = 'job' OR (source = 'manual' AND raw_code = 'roll') THEN happened_at ELSE received_at END)
$$;

-- The log with what follows from a row and its undo, said here and nowhere else.
-- `may_undo`: by the scanner itself; not what people did for themselves, nor an organiser's word, which is taken back with a reason.
-- `undo_id` names the undo that holds: staff's, or within fifteen minutes that of the scanner, never by whom the scan is about.
CREATE VIEW passage AS
SELECT c.id, c.nonce, c.scanner_id, c.operator_id, c.source, c.direction, c.raw_code, c.reason, c.session_id, c.signup_id, c.person_id,
       c.happened_at, c.received_at, c.skew_ms, c.is_late, c.lacks_entry, c.force_sent, c.forced, c.force_reason, c.passed_over,
       c.is_own, c.desk_reason, k.is_roll, i.at, m.may_undo, x.id AS undo_id
  FROM scan c
  CROSS JOIN LATERAL (SELECT c.source = 'manual' AND c.raw_code = 'roll' AS is_roll) k
  CROSS JOIN LATERAL (SELECT instant_of(c.counts_at, c.source, c.raw_code, c.happened_at, c.received_at) AS at) i
  CROSS JOIN LATERAL (SELECT (c.source IN ('desk', 'upload') OR (c.source = 'manual' AND c.raw_code NOT IN ('roll', 'word')))
                             AND c.person_id IS DISTINCT FROM c.scanner_id AS may_undo) m
  LEFT JOIN LATERAL (SELECT x.id FROM scan_undo x WHERE x.scanner_id = c.scanner_id AND x.scan_nonce = c.nonce
                        AND (x.by_id IS NOT NULL
                             OR (m.may_undo AND x.operator_id IS DISTINCT FROM c.person_id AND coalesce(c.person_id <> ALL (x.also), true)
                                 AND x.counts_at <= i.at + interval '15 minutes'))
                      ORDER BY x.id LIMIT 1) x ON true;

-- What says that somebody stood at a door, with the instant that counts. Attendance is derived from these rows and from nothing else
-- (schedules/presence.py): who was told "already in" stood there too. The way out that a job sets is no evidence.
CREATE VIEW presence AS
SELECT c.id AS scan_id, c.scanner_id, c.nonce, c.person_id, c.signup_id, c.session_id, c.direction, c.source, c.reason, c.at,
       c.force_sent, c.forced, c.passed_over, c.is_own, c.is_roll
  FROM passage c
 WHERE c.signup_id IS NOT NULL AND c.source <> 'job' AND c.reason IN ('ok', 'duplicate_offline', 'already_in') AND c.undo_id IS NULL;
CALL pg_temp.allow('SELECT', 'passage', 'presence');

-- Writes what a set of scans made of attendance, where it differs from what stood there: a stay that never was is annulled, others
-- change with their version, further ones begin. In this order, so that nobody is in two places on the way.
CREATE FUNCTION attendance_settle(annulled uuid[], changed json, opened json) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE attendance SET state = 'annulled' WHERE id = ANY (annulled);
    UPDATE attendance a
       SET in_at = c.in_at, out_at = c.out_at, in_scan = c.in_scan, out_scan = c.out_scan, minutes = c.minutes, version = c.version,
           is_late = c.is_late, is_self = c.is_self, is_by_code = c.is_by_code, is_automatic = c.is_automatic
      FROM json_populate_recordset(NULL::attendance, changed) c WHERE a.id = c.id;
    INSERT INTO attendance (id, signup_id, session_id, person_id, entry, in_at, out_at, in_scan, out_scan, minutes, version, is_late,
                            is_self, is_by_code, is_automatic)
    SELECT id, signup_id, session_id, person_id, entry, in_at, out_at, in_scan, out_scan, minutes, version, is_late, is_self, is_by_code,
           is_automatic
      FROM json_populate_recordset(NULL::attendance, opened);
END $$;

-- What an organiser should look at: two desks that let one person in, a desk and the server that disagree, a way in at a second place,
-- hours that a person had decided and that scans would change, points that could not be taken back.
CREATE TABLE door_conflict (
    id             uuid PRIMARY KEY,
    key            text NOT NULL UNIQUE,                 -- once per thing, however often it is uploaded
    kind           text NOT NULL CHECK (kind IN ('two_desks', 'disputed', 'refused_upload', 'two_places', 'hours_kept', 'points_owed',
                                                 'points_not_taken', 'late_undo')),
    activity_id    uuid NOT NULL REFERENCES activity,    -- whose organisers see it
    session_id     uuid,
    person_id      uuid,
    attendance_id  uuid REFERENCES attendance,
    scan_id        bigint REFERENCES scan,
    other_scan     bigint REFERENCES scan,
    detail         jsonb NOT NULL DEFAULT '{}',
    noted_at       timestamptz NOT NULL,
    pile           uuid REFERENCES door_conflict,        -- codes that lead to nobody, of one scanner and session: the first, for all of them
    is_open        boolean NOT NULL DEFAULT true         -- nobody has looked; of a pile its first says so
);
-- A page shows lines: what stands alone, and the first of each pile. However many there have ever been, along these.
CREATE INDEX door_conflict_line ON door_conflict (is_open, noted_at, id) WHERE pile IS NULL;
CREATE INDEX door_conflict_session ON door_conflict (session_id, is_open, noted_at, id) WHERE pile IS NULL;
CREATE INDEX door_conflict_activity ON door_conflict (activity_id, is_open, noted_at, id) WHERE pile IS NULL AND session_id IS NULL;
CREATE INDEX door_conflict_pile ON door_conflict (pile) WHERE pile IS NOT NULL;
CREATE INDEX door_conflict_nobody ON door_conflict (activity_id, kind) WHERE pile IS NULL AND is_open AND person_id IS NULL;
CREATE INDEX door_conflict_scan ON door_conflict (scan_id);
CREATE INDEX door_conflict_stay ON door_conflict (attendance_id);
CREATE TRIGGER door_conflict_is_kept BEFORE UPDATE OF id, key, kind, activity_id, session_id, person_id, attendance_id, scan_id, other_scan,
                                                      detail, noted_at, pile OR DELETE OR TRUNCATE
    ON door_conflict EXECUTE FUNCTION refuse_change();
CREATE TABLE door_conflict_seen (
    conflict_id  uuid PRIMARY KEY REFERENCES door_conflict,
    by_id        uuid NOT NULL REFERENCES member,
    at           timestamptz NOT NULL,
    note         text NOT NULL DEFAULT ''
);
CREATE TRIGGER door_conflict_seen_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON door_conflict_seen EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'door_conflict', 'door_conflict_seen');
CALL pg_temp.allow('UPDATE (is_open)', 'door_conflict');

-- How many codes that led to nobody a scanner brought lately.
CREATE INDEX scan_nobody ON scan (scanner_id, received_at) WHERE person_id IS NULL;
