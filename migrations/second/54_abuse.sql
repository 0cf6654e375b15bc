-- Signs of misuse, for people to look at. Nothing here changes a stay, an hour or a point.

-- Beside a self check-in, for some days: from which browser and which network it came. Fingerprints under the installation's own
-- key that can be compared within one local day (browser) or one session (network), and never beyond.
CREATE TABLE scan_origin (
    scan_id     bigint PRIMARY KEY REFERENCES scan,
    session_id  uuid NOT NULL,
    step        bigint,                                  -- of the venue code; none: another code
    browser     bytea,                                   -- none: a program, or a browser without cookies
    network     bytea,
    forget_at   timestamptz NOT NULL                     -- wiped from here on, as the policy of its day said
);
CREATE INDEX scan_origin_browser ON scan_origin (browser);
CREATE INDEX scan_origin_code ON scan_origin (session_id, step);
CREATE INDEX scan_origin_forget ON scan_origin (forget_at);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'scan_origin');

-- A ticket for a venue code belongs to the first member who uses it; wiped when its time is long over.
CREATE TABLE venue_ticket (
    mark       bytea PRIMARY KEY,                        -- SHA-256 of the ticket
    member_id  uuid NOT NULL REFERENCES member,
    used_at    timestamptz NOT NULL
);
CREATE INDEX venue_ticket_used ON venue_ticket (used_at);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'venue_ticket');

-- One thing that looks odd: what it is and whom it is about, once. `about` names the person, desk or code, and the day or month.
CREATE TABLE finding (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL,
    about         text NOT NULL,
    community_id  uuid NOT NULL REFERENCES community,    -- who looks at it
    state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'explained', 'spoken_with', 'handed_on')),
    people        uuid[] NOT NULL,                       -- whose codes and stays
    operators     uuid[] NOT NULL,                       -- who stood at the desks
    desks         uuid[] NOT NULL,
    sessions      uuid[] NOT NULL,
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL CHECK (last_at >= first_at),
    size          int NOT NULL CHECK (size > 0),         -- rows of the log that show it
    looked_size   int NOT NULL DEFAULT 0,                -- as many when somebody last looked
    found_at      timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    UNIQUE (kind, about)
);
CREATE INDEX finding_of ON finding (community_id, state, changed_at);
CALL pg_temp.allow('SELECT, INSERT', 'finding');
CALL pg_temp.allow('UPDATE (state, people, operators, desks, sessions, first_at, last_at, size, looked_size, changed_at)', 'finding');

CREATE TABLE finding_scan (
    finding_id  uuid NOT NULL REFERENCES finding,
    scan_id     bigint NOT NULL REFERENCES scan,
    PRIMARY KEY (finding_id, scan_id)
);
CREATE TRIGGER finding_scan_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_scan EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'finding_scan');

CREATE TABLE finding_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    finding_id  uuid NOT NULL REFERENCES finding,
    state       text NOT NULL CHECK (state IN ('open', 'explained', 'spoken_with', 'handed_on')),
    at          timestamptz NOT NULL,
    by_id       uuid REFERENCES member,                  -- none: found, or found again because it went on
    note        text NOT NULL DEFAULT '',
    size        int NOT NULL,
    CHECK ((by_id IS NULL) = (state = 'open') AND (by_id IS NULL) = (note = ''))
);
CREATE INDEX finding_change_of ON finding_change (finding_id);
CREATE TRIGGER finding_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON finding_change EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'finding_change');

-- Nobody judges what is about themselves or their household, whatever their role.
CREATE FUNCTION refuse_own_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM finding f JOIN member a ON a.id = ANY (f.people || f.operators)
                 JOIN member b ON b.household_id = a.household_id AND b.id = NEW.by_id WHERE f.id = NEW.finding_id) THEN
        RAISE EXCEPTION 'somebody else looks at this' USING ERRCODE = 'check_violation', CONSTRAINT = 'finding_of_ones_own';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finding_of_ones_own BEFORE INSERT ON finding_change FOR EACH ROW WHEN (NEW.by_id IS NOT NULL)
    EXECUTE FUNCTION refuse_own_finding();

-- Up to which row the log was looked through.
CREATE TABLE review_mark (
    name     text PRIMARY KEY,
    scan_id  bigint NOT NULL
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'review_mark');

-- Whether a desk, or a member who scans with a phone, let in more than one household in a local month.
CREATE TABLE desk_month (
    scanner_id    uuid NOT NULL,
    month         text NOT NULL,                         -- 2026-11
    household_id  uuid REFERENCES household,             -- the only one so far; none: several, as it should be
    PRIMARY KEY (scanner_id, month)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'desk_month');

-- What is rare in the log is found without reading it. An ordinary scan is in none of them.
CREATE INDEX scan_unreadable ON scan (scanner_id, id) WHERE reason IN ('bad_signature', 'unknown_pass', 'foreign_pass');
CREATE INDEX scan_told_late ON scan (scanner_id, id) WHERE source = 'upload' AND received_at - counts_at > interval '1 hour';
CREATE INDEX scan_forced ON scan (operator_id, id) WHERE forced;
CREATE INDEX scan_by_name ON scan (operator_id, id) WHERE source = 'manual' OR is_own;
CREATE INDEX scan_undo_by ON scan_undo ((coalesce(by_id, operator_id, scanner_id)));
