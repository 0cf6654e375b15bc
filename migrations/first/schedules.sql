-- Activities, sessions, roles with places, sign-ups. Persons and communities are opaque here; links.sql ties them.

CREATE TABLE activity (
    id                 uuid PRIMARY KEY,
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
    risks              text NOT NULL DEFAULT '',
    may_endanger       boolean NOT NULL DEFAULT false,
    time_zone          text NOT NULL,
    opens_before       int NOT NULL DEFAULT 30 CHECK (opens_before >= 0),    -- minutes before the start that entry scans are taken
    closes_after       int NOT NULL DEFAULT 30 CHECK (closes_after >= 0),    -- minutes after the end
    late_after         int NOT NULL DEFAULT 15 CHECK (late_after >= 0),      -- minutes after the start that count as late
    tolerance          int NOT NULL DEFAULT 0 CHECK (tolerance >= 0),        -- minutes that count beyond the planned time
    allows_reentry     boolean NOT NULL DEFAULT true,
    allows_many        boolean NOT NULL DEFAULT false,   -- multiple entry: no "already in"
    staff_note         text NOT NULL DEFAULT '',
    state              text NOT NULL CHECK (state IN ('draft', 'published', 'cancelled')),
    made_at            timestamptz NOT NULL,
    CHECK (NOT is_service OR kind NOT IN ('meeting', 'paid', 'duty')),
    CHECK (state <> 'published' OR NOT is_service OR content <> '')
);
CREATE INDEX activity_community ON activity (community_id);

CREATE TABLE session (
    id           uuid PRIMARY KEY,
    activity_id  uuid NOT NULL REFERENCES activity,
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    opens_at     timestamptz NOT NULL,                   -- entry scans are taken from here ...
    closes_at    timestamptz NOT NULL,                   -- ... to here
    place        text NOT NULL CHECK (place <> ''),      -- as people read it
    space_id     uuid,                                   -- the room, where it is one of ours
    state        text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'cancelled', 'closed')),
    sequence     int NOT NULL DEFAULT 0,                 -- rises with every change, for calendars
    changed_at   timestamptz NOT NULL,
    CHECK (isfinite(starts_at) AND isfinite(ends_at) AND starts_at < ends_at),
    CHECK (opens_at <= starts_at AND ends_at <= closes_at)
);
CREATE INDEX session_activity ON session (activity_id);
CREATE INDEX session_time ON session (starts_at);
CREATE INDEX session_open ON session (closes_at);

CREATE TABLE session_role (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session,
    name        text NOT NULL CHECK (name <> ''),
    name_en     text NOT NULL DEFAULT '',
    places      int CHECK (places >= 0),                 -- none: unlimited; 0: none at all
    taken       int NOT NULL DEFAULT 0 CHECK (taken >= 0),
    UNIQUE (session_id, name),
    UNIQUE (id, session_id),
    CHECK (taken <= places)
);

CREATE TABLE signup (
    id          uuid PRIMARY KEY,
    session_id  uuid NOT NULL REFERENCES session,
    role_id     uuid NOT NULL,
    person_id   uuid NOT NULL,
    state       text NOT NULL CHECK (state IN ('requested', 'confirmed', 'waiting', 'offered', 'rejected', 'withdrawn', 'cancelled')),
    made_at     timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    UNIQUE (session_id, person_id),
    UNIQUE (id, session_id, person_id),
    FOREIGN KEY (role_id, session_id) REFERENCES session_role (id, session_id)
);
CREATE INDEX signup_person ON signup (person_id);

-- Who changed a sign-up, when and why: a row for every state it has had.
CREATE TABLE signup_change (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    signup_id  uuid NOT NULL REFERENCES signup,
    state      text NOT NULL,
    at         timestamptz NOT NULL,
    by_id      uuid NOT NULL,
    reason     text NOT NULL DEFAULT ''
);
CREATE INDEX signup_change_signup ON signup_change (signup_id);
CREATE TRIGGER signup_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signup_change EXECUTE FUNCTION refuse_change();
