-- The rest of the service record: training, honours and evaluation; objections; the calendar of working days; and what it is
-- certified with.

-- What stands on a record beside the hours (Order 67 art. 8 to 10). Never changed; what is wrong is taken back by a row of its own.
CREATE TABLE record_note (
    id           uuid PRIMARY KEY,
    member_id    uuid NOT NULL REFERENCES member,
    kind         text NOT NULL CHECK (kind IN ('training', 'honour', 'evaluation')),
    record_id    uuid REFERENCES service_record,         -- of an evaluation: the service
    name         text NOT NULL,                          -- of the training or the honour; none for an evaluation
    content      text NOT NULL,                          -- main content; what proves the honour; the evaluation in words
    given_by     text NOT NULL,                          -- who held the training, granted the honour, evaluated
    happened_on  date NOT NULL,
    minutes      int CHECK (minutes > 0),                -- of learning
    quality      int CHECK (quality BETWEEN 1 AND 5),
    entered_by   uuid NOT NULL REFERENCES member,
    entered_at   timestamptz NOT NULL,
    CHECK ((kind = 'training') = (minutes IS NOT NULL)),
    CHECK ((kind = 'evaluation') = (quality IS NOT NULL)),
    CHECK ((kind = 'evaluation') = (record_id IS NOT NULL)),
    CHECK ((kind = 'evaluation') = (name = '')),
    CHECK (content <> '' AND given_by <> '' AND entered_by <> member_id)
);
CREATE INDEX record_note_member ON record_note (member_id, happened_on);
CREATE TRIGGER record_note_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON record_note EXECUTE FUNCTION refuse_change();
CREATE TABLE record_note_end (
    note_id   uuid PRIMARY KEY REFERENCES record_note,
    reason    text NOT NULL CHECK (reason <> ''),
    ended_by  uuid NOT NULL REFERENCES member,
    ended_at  timestamptz NOT NULL
);
CREATE TRIGGER record_note_end_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON record_note_end EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'record_note', 'record_note_end');

-- Days that are not what their weekday says: public holidays, and Sundays that are worked. A year without any row is provisional.
CREATE TABLE calendar_day (
    on_day      date PRIMARY KEY,
    is_working  boolean NOT NULL,
    name        text NOT NULL DEFAULT '',
    entered_by  uuid REFERENCES member,
    entered_at  timestamptz NOT NULL
);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'calendar_day');

-- The p_days-th working day after a day, the following day being the first (rules.md 4). Provisional where a year on the way was not entered.
CREATE FUNCTION working_day_after(p_day date, p_days int, OUT due_on date, OUT is_provisional boolean) LANGUAGE sql STABLE AS $$
    SELECT w.day, EXISTS (
        SELECT FROM generate_series(extract(year FROM p_day + 1)::int, extract(year FROM w.day)::int) AS y
        WHERE NOT EXISTS (SELECT FROM calendar_day c WHERE extract(year FROM c.on_day) = y))
    FROM (
        SELECT d.day, row_number() OVER (ORDER BY d.day) AS place
        FROM (SELECT p_day + n AS day FROM generate_series(1, p_days * 3 + 30) AS n) d
        LEFT JOIN calendar_day c ON c.on_day = d.day
        WHERE coalesce(c.is_working, extract(isodow FROM d.day) < 6)) w
    WHERE w.place = p_days
$$;

-- A member says that a record is wrong (Order 67 art. 13); somebody else answers, once. A correction is a further version of the record.
CREATE TABLE record_objection (
    id           uuid PRIMARY KEY,
    record_id    uuid NOT NULL REFERENCES service_record,  -- the version that the member saw
    member_id    uuid NOT NULL REFERENCES member,
    words        text NOT NULL CHECK (words <> ''),
    filed_at     timestamptz NOT NULL,
    outcome      text CHECK (outcome IN ('corrected', 'stands')),
    answer       text NOT NULL DEFAULT '',
    answered_by  uuid REFERENCES member,
    answered_at  timestamptz,
    CHECK (num_nonnulls(outcome, answered_by, answered_at) IN (0, 3)),
    CHECK ((outcome IS NULL) = (answer = '')),
    CHECK (answered_by <> member_id)
);
-- Two of one member at once are one.
CREATE UNIQUE INDEX record_objection_open ON record_objection (record_id) WHERE answered_at IS NULL;
CREATE INDEX record_objection_member ON record_objection (member_id, filed_at);
CALL pg_temp.allow('SELECT, INSERT, UPDATE (outcome, answer, answered_by, answered_at)', 'record_objection');

-- What was issued about somebody's hours (Order 67 art. 14 to 17): versions of records, as they stood on that day. Never changed.
CREATE TABLE certificate (
    id              uuid PRIMARY KEY,
    number          text NOT NULL UNIQUE CHECK (number ~ '^[0-9]{4}(-[0-9A-Z]{4}){3}$'),
    member_id       uuid NOT NULL REFERENCES member,
    community_id    uuid NOT NULL REFERENCES community,  -- the recording unit
    unit            text NOT NULL CHECK (unit <> ''),    -- its names on that day
    unit_en         text NOT NULL,
    is_certificate  boolean NOT NULL,                    -- the unit may certify; else it is a sheet of the record
    first_on        date NOT NULL,
    last_on         date NOT NULL CHECK (last_on >= first_on),
    issued_by       uuid NOT NULL REFERENCES member,     -- the member, or who helped
    issued_at       timestamptz NOT NULL,
    replaces        uuid UNIQUE REFERENCES certificate   -- one follows one
);
CREATE INDEX certificate_member ON certificate (member_id, issued_at);
CREATE TABLE certificate_line (
    certificate_id  uuid NOT NULL REFERENCES certificate,
    record_id       uuid NOT NULL REFERENCES service_record,
    PRIMARY KEY (certificate_id, record_id)
);
CREATE TABLE certificate_revocation (
    certificate_id  uuid PRIMARY KEY REFERENCES certificate,
    reason          text NOT NULL CHECK (reason <> ''),  -- for the member, never for the public
    revoked_by      uuid NOT NULL REFERENCES member,
    revoked_at      timestamptz NOT NULL
);
CREATE TRIGGER certificate_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificate_line_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate_line EXECUTE FUNCTION refuse_change();
CREATE TRIGGER certificate_revocation_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON certificate_revocation EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'certificate', 'certificate_line', 'certificate_revocation');
