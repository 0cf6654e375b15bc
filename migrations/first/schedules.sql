-- Activities, sessions, roles with places, sign-ups. Persons and communities are opaque here; links.sql ties them.

CREATE TABLE activity (
    id                 uuid PRIMARY KEY,
    number             bigint GENERATED ALWAYS AS IDENTITY UNIQUE,           -- for the short address that people type
    community_id       uuid NOT NULL,
    organiser_id       uuid NOT NULL,                    -- the person who runs it
    kind               text NOT NULL CHECK (kind IN ('service', 'class', 'festival', 'clinic', 'meeting', 'paid', 'duty')),
    is_service         boolean NOT NULL,                 -- may give a service record
    category           text NOT NULL DEFAULT '',         -- for rates by category
    title              text NOT NULL CHECK (title <> ''),
    title_en           text NOT NULL DEFAULT '',
    content            text NOT NULL DEFAULT '',         -- what is done: the record's service content
    content_en         text NOT NULL DEFAULT '',
    organising_unit    text NOT NULL,
    person_in_charge   text NOT NULL,
    risks              text NOT NULL DEFAULT '',         -- said truthfully before anybody signs up
    may_endanger       boolean NOT NULL DEFAULT false,   -- then nothing is published without a cover
    time_zone          text NOT NULL,
    signup_before      int CHECK (signup_before >= 0),   -- minutes before the start that sign-up opens; none: at once
    signup_after       int CHECK (signup_after >= 0),    -- minutes after the start that sign-up closes; none: at the end
    withdraw_before    int NOT NULL DEFAULT 0 CHECK (withdraw_before >= 0),  -- minutes before the start until which a member may withdraw
    grace              int NOT NULL DEFAULT 15 CHECK (grace >= 0),           -- minutes that two sign-ups of one person may overlap
    opens_before       int NOT NULL DEFAULT 30 CHECK (opens_before >= 0),    -- minutes before the start that entry scans are taken
    closes_after       int NOT NULL DEFAULT 30 CHECK (closes_after >= 0),    -- minutes after the end
    late_after         int NOT NULL DEFAULT 15 CHECK (late_after >= 0),      -- minutes after the start that count as late
    tolerance          int NOT NULL DEFAULT 0 CHECK (tolerance >= 0),        -- minutes that count beyond the planned time
    allows_reentry     boolean NOT NULL DEFAULT true,
    allows_many        boolean NOT NULL DEFAULT false,   -- multiple entry: no "already in"
    staff_note         text NOT NULL DEFAULT '',
    state              text NOT NULL CHECK (state IN ('draft', 'published', 'cancelled')),
    call_off_reason    text NOT NULL DEFAULT '',
    made_at            timestamptz NOT NULL,
    CHECK (NOT is_service OR kind NOT IN ('meeting', 'paid', 'duty')),
    CHECK (state <> 'published' OR NOT is_service OR content <> ''),
    CHECK (state <> 'cancelled' OR call_off_reason <> '')
);
CREATE INDEX activity_community ON activity (community_id);
CREATE INDEX activity_organiser ON activity (organiser_id);

-- The accident insurance of an activity that may endanger somebody; a later row replaces an earlier one, and only a draft loses its own.
CREATE TABLE cover (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id    uuid NOT NULL REFERENCES activity,
    insurer        text NOT NULL CHECK (insurer <> ''),
    policy_number  text NOT NULL CHECK (policy_number <> ''),
    valid_from     date NOT NULL,
    valid_until    date NOT NULL CHECK (valid_until >= valid_from),          -- inclusive
    made_by        uuid NOT NULL,
    made_at        timestamptz NOT NULL
);
CREATE INDEX cover_activity ON cover (activity_id, id);

CREATE TABLE session (
    id             uuid PRIMARY KEY,
    activity_id    uuid NOT NULL REFERENCES activity,
    starts_at      timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    skipped_start  timestamp,                            -- the local start that was asked for, where the clocks skip it
    opens_at       timestamptz NOT NULL,                 -- entry scans are taken from here ...
    closes_at      timestamptz NOT NULL,                 -- ... to here
    place          text NOT NULL CHECK (place <> ''),    -- as people read it
    space_id       uuid,                                 -- the room, where it is one of ours
    state          text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'cancelled', 'closed')),
    call_off_reason text NOT NULL DEFAULT '',
    sequence       int NOT NULL DEFAULT 0,               -- rises with every change, for calendars
    changed_at     timestamptz NOT NULL,
    CHECK (isfinite(starts_at) AND isfinite(ends_at) AND starts_at < ends_at),
    CHECK (opens_at <= starts_at AND ends_at <= closes_at)
);
CREATE INDEX session_activity ON session (activity_id, starts_at);
CREATE INDEX session_time ON session (starts_at, id);
CREATE INDEX session_open ON session (closes_at);

CREATE TABLE session_role (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session,
    position    int NOT NULL DEFAULT 0,                  -- the order in which roles are shown
    name        text NOT NULL CHECK (name <> ''),
    name_en     text NOT NULL DEFAULT '',
    places      int CHECK (places >= 0),                 -- none: unlimited; 0: none at all
    taken       int NOT NULL DEFAULT 0 CHECK (taken >= 0),
    beyond      int NOT NULL DEFAULT 0 CHECK (beyond >= 0),  -- places above the plan: an override, or a plan lowered below its sign-ups
    UNIQUE (session_id, name),
    UNIQUE (id, session_id),
    CHECK (taken <= places + beyond)
);

-- The row that is locked before a person's sign-ups are judged: two clashing ones queue here.
CREATE TABLE signup_person (
    person_id  uuid PRIMARY KEY
);

CREATE TABLE signup (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session,
    role_id     uuid NOT NULL,
    person_id   uuid NOT NULL,
    state       text NOT NULL CHECK (state IN ('requested', 'confirmed', 'waiting', 'offered', 'rejected', 'withdrawn', 'cancelled')),
    made_at     timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    sequence    int NOT NULL DEFAULT 0,                  -- rises with every state, for calendars
    UNIQUE (session_id, person_id),
    UNIQUE (id, session_id, person_id),
    FOREIGN KEY (role_id, session_id) REFERENCES session_role (id, session_id)
);
CREATE INDEX signup_person_sessions ON signup (person_id);

-- Who changed a sign-up, when and why: a row for every state it has had.
CREATE TABLE signup_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    signup_id    uuid NOT NULL REFERENCES signup,
    state        text NOT NULL,
    at           timestamptz NOT NULL,
    by_id        uuid NOT NULL,
    reason       text NOT NULL DEFAULT '',
    is_override  boolean NOT NULL DEFAULT false          -- the answer was against it; the reason says why it stands
);
CREATE INDEX signup_change_signup ON signup_change (signup_id);
CREATE TRIGGER signup_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signup_change EXECUTE FUNCTION refuse_change();
