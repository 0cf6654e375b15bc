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
CREATE INDEX scan_refused_nonce ON scan (scanner_id, nonce) WHERE reason <> 'ok';
CREATE INDEX scan_session ON scan (session_id, id);
CREATE INDEX scan_person ON scan (person_id, id);
CREATE TRIGGER scan_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON scan EXECUTE FUNCTION refuse_change();

CREATE TABLE attendance (
    id            uuid PRIMARY KEY,
    signup_id     uuid NOT NULL,
    session_id    uuid NOT NULL,
    person_id     uuid NOT NULL,
    entry         int NOT NULL DEFAULT 1 CHECK (entry > 0),     -- first, second ... time in
    in_at         timestamptz NOT NULL,
    out_at        timestamptz,
    in_scan       bigint NOT NULL REFERENCES scan,
    out_scan      bigint REFERENCES scan,                       -- none where a job or a later scan closed it
    minutes       int CHECK (minutes >= 0),                     -- clipped to the session; none while inside
    version       int NOT NULL DEFAULT 0 CHECK (version >= 0),  -- 0 while inside; each account of the minutes has its own
    is_late       boolean NOT NULL DEFAULT false,
    is_self       boolean NOT NULL DEFAULT false,
    is_by_code    boolean NOT NULL,                             -- every scan so far was of the person's own code, none forced: class A
    is_automatic  boolean NOT NULL DEFAULT false,               -- nobody scanned out: closed at the planned end
    state         text NOT NULL DEFAULT 'counts' CHECK (state IN ('counts', 'annulled')),
    UNIQUE (signup_id, entry),
    FOREIGN KEY (signup_id, session_id, person_id) REFERENCES signup (id, session_id, person_id),
    CHECK (out_at >= in_at),
    CHECK ((out_at IS NULL) = (minutes IS NULL)),
    CHECK ((out_at IS NULL) = (version = 0)),
    CHECK (NOT (is_automatic AND is_by_code))
);
-- One person is never in two places.
CREATE UNIQUE INDEX attendance_one_place ON attendance (person_id) WHERE out_at IS NULL AND state = 'counts';
CREATE INDEX attendance_session ON attendance (session_id);
CREATE INDEX attendance_person ON attendance (person_id, in_at);

-- Everything that decides about a scan, in one round trip: decision.Asked is made from it (schedules/scans.py).
-- Plans are kept for as long as a connection lives: one made while the log is empty must not read the whole of it a year later.
CREATE FUNCTION scan_facts(
    a_person uuid, some_activities uuid[], a_place text, a_scanner uuid, a_nonce text, at timestamptz, near interval
) RETURNS json LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE facts json;
BEGIN
    -- Scans of one person queue here, whichever desk they come from. What is read below is read after the wait (pitfall Q1).
    PERFORM FROM session s JOIN signup u ON u.session_id = s.id AND u.person_id = a_person
      WHERE s.activity_id = ANY (some_activities) AND s.opens_at <= at + near AND s.closes_at >= at - near
      ORDER BY u.id FOR NO KEY UPDATE OF u;

    SELECT json_build_object(
        'earlier', coalesce(
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code, 'answer', answer,
                                      'direction', direction, 'session', session_id)
               FROM scan WHERE scanner_id = a_scanner AND nonce = a_nonce AND reason = 'ok'),
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code)
               FROM scan WHERE scanner_id = a_scanner AND nonce = a_nonce AND reason <> 'ok' ORDER BY id DESC LIMIT 1)),
        'inside', (SELECT json_build_object('id', i.id, 'session', i.session_id, 'in_at', i.in_at,
                                            'is_by_code', i.is_by_code, 'starts_at', s.starts_at, 'ends_at', s.ends_at,
                                            'closes_at', s.closes_at, 'tolerance', a.tolerance)
                     FROM attendance i JOIN session s ON s.id = i.session_id JOIN activity a ON a.id = s.activity_id
                    WHERE i.person_id = a_person AND i.out_at IS NULL AND i.state = 'counts'),
        'places', (SELECT coalesce(json_agg(json_build_object(
                              'session', s.id, 'activity_id', a.id, 'signup_id', u.id, 'state', u.state,
                              'starts_at', s.starts_at, 'ends_at', s.ends_at, 'opens_at', s.opens_at, 'closes_at', s.closes_at,
                              'late_after', a.late_after,
                              'is_called_off', s.state = 'cancelled',
                              'allows_reentry', a.allows_reentry, 'allows_many', a.allows_many,
                              'entries', h.entries, 'last_entry', h.last_entry, 'first_at', h.first_at, 'first_scan', h.first_scan,
                              'last', (SELECT json_build_object('id', id, 'in_at', in_at, 'out_at', out_at, 'minutes', minutes)
                                         FROM attendance WHERE signup_id = u.id AND state = 'counts' ORDER BY entry DESC LIMIT 1),
                              'is_service', a.is_service,
                              'title', a.title, 'title_en', a.title_en, 'time_zone', a.time_zone,
                              'place', s.place, 'place_en', coalesce(p.name_en, ''),
                              'role', r.name, 'role_en', r.name_en, 'note', a.staff_note)), '[]')
                     FROM session s JOIN signup u ON u.session_id = s.id AND u.person_id = a_person
                     JOIN activity a ON a.id = s.activity_id JOIN session_role r ON r.id = u.role_id LEFT JOIN space p ON p.id = s.space_id
                     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'counts') AS entries, coalesce(max(entry), 0) AS last_entry,
                                                min(in_at) FILTER (WHERE state = 'counts') AS first_at,
                                                min(in_scan) FILTER (WHERE state = 'counts') AS first_scan
                                           FROM attendance WHERE signup_id = u.id) h
                    WHERE s.activity_id = ANY (some_activities) AND s.opens_at <= at + near AND s.closes_at >= at - near
                      AND (a_place IS NULL OR s.place = a_place))
    ) INTO facts;
    RETURN facts;
END $$;

-- Writes a scan with what follows from it: the attendance that it closes, then the one that it opens. Each is a row as JSON.
CREATE FUNCTION scan_keep(a_scan json, closed json, opened json) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE kept bigint;
BEGIN
    -- Of two accepted scans with one nonce the unique index lets one through.
    INSERT INTO scan (nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
                      received_at, skew_ms, is_late, lacks_entry, force_sent, forced, force_reason, answer)
    SELECT nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
           received_at, skew_ms, is_late, lacks_entry, force_sent, forced, force_reason, answer
      FROM json_populate_record(NULL::scan, a_scan) RETURNING id INTO kept;
    IF closed IS NOT NULL THEN
        UPDATE attendance a
           SET out_at = c.out_at, out_scan = CASE WHEN c.is_automatic THEN NULL ELSE kept END, minutes = c.minutes,
               version = a.version + 1, is_by_code = c.is_by_code, is_automatic = c.is_automatic
          FROM json_populate_record(NULL::attendance, closed) c WHERE a.id = c.id AND a.out_at IS NULL;
        -- A way in somewhere else ends a stay that was left without a scan, under its own sign-up's lock; so a way out may find
        -- the stay ended since it was judged. It is judged anew: what was promised for it here goes with this transaction.
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the stay has ended meanwhile' USING ERRCODE = 'unique_violation', CONSTRAINT = 'attendance_ends_once';
        END IF;
    END IF;
    IF opened IS NOT NULL THEN
        -- A person who is inside somewhere else since a moment ago stops at attendance_one_place.
        INSERT INTO attendance (id, signup_id, session_id, person_id, entry, in_at, in_scan, is_late, is_self, is_by_code)
        SELECT id, signup_id, session_id, person_id, entry, in_at, kept, is_late, is_self, is_by_code
          FROM json_populate_record(NULL::attendance, opened);
    END IF;
    RETURN kept;
END $$;
