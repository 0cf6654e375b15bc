-- The append-only scan log and the attendance derived from it.

CREATE TABLE scan (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce          text NOT NULL,                        -- chosen by the desk or phone, the same on every retry
    scanner_id     uuid NOT NULL,                        -- the desk, or the member at self check-in
    operator_id    uuid,                                 -- the person at the desk, where known
    source         text NOT NULL CHECK (source IN ('desk', 'self', 'manual', 'upload', 'job')),
    direction      text NOT NULL CHECK (direction IN ('in', 'out')),
    raw_code       text NOT NULL,                        -- text, or binary: and base64
    reason         text NOT NULL,                        -- ok, or why not
    session_id     uuid,
    signup_id      uuid,
    person_id      uuid,
    happened_at    timestamptz NOT NULL,                 -- the scanner's clock, corrected
    received_at    timestamptz NOT NULL,                 -- the server's clock
    skew_ms        int NOT NULL DEFAULT 0,
    is_late        boolean NOT NULL DEFAULT false,
    lacks_entry    boolean NOT NULL DEFAULT false,
    force_sent     boolean NOT NULL DEFAULT false,
    forced         boolean NOT NULL DEFAULT false,
    force_reason   text NOT NULL DEFAULT '',
    answer         jsonb                                 -- what an accepted scan was told, for the repeat
);
CREATE UNIQUE INDEX scan_accepted_once ON scan (scanner_id, nonce) WHERE reason = 'ok';
CREATE INDEX scan_session ON scan (session_id, id);
CREATE INDEX scan_person ON scan (person_id, id);
CREATE TRIGGER scan_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON scan EXECUTE FUNCTION refuse_change();

CREATE TABLE attendance (
    id          uuid PRIMARY KEY,
    signup_id   uuid NOT NULL,
    session_id  uuid NOT NULL,
    person_id   uuid NOT NULL,
    entry       int NOT NULL DEFAULT 1 CHECK (entry > 0),       -- first, second ... time in
    in_at       timestamptz NOT NULL,
    out_at      timestamptz,
    in_scan     bigint NOT NULL REFERENCES scan,
    out_scan    bigint REFERENCES scan,
    minutes     int CHECK (minutes >= 0),                       -- clipped to the session; none while inside
    version     int NOT NULL DEFAULT 0 CHECK (version >= 0),    -- 0 while inside; each account of the minutes has its own
    is_late     boolean NOT NULL DEFAULT false,
    is_self     boolean NOT NULL DEFAULT false,
    is_automatic boolean NOT NULL DEFAULT false,                -- closed by the job
    state       text NOT NULL DEFAULT 'counts' CHECK (state IN ('counts', 'annulled')),
    UNIQUE (signup_id, entry),
    FOREIGN KEY (signup_id, session_id, person_id) REFERENCES signup (id, session_id, person_id),
    CHECK (out_at >= in_at),
    CHECK ((out_at IS NULL) = (minutes IS NULL)),
    CHECK ((out_at IS NULL) = (version = 0))
);
-- One person is never in two places.
CREATE UNIQUE INDEX attendance_one_place ON attendance (person_id) WHERE out_at IS NULL AND state = 'counts';
CREATE INDEX attendance_session ON attendance (session_id);
CREATE INDEX attendance_person ON attendance (person_id, in_at);
