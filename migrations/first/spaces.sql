-- Rooms, their hours, residents' bookings, and the one table that cannot overlap.

CREATE TABLE space (
    id                uuid PRIMARY KEY,
    key               bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    community_id      uuid NOT NULL,
    name              text NOT NULL CHECK (name <> ''),
    name_en           text NOT NULL DEFAULT '',
    about             text NOT NULL DEFAULT '',
    about_en          text NOT NULL DEFAULT '',
    seats             int NOT NULL CHECK (seats > 0),
    time_zone         text NOT NULL,
    grid              int NOT NULL DEFAULT 30 CHECK (grid BETWEEN 5 AND 1440),                 -- minutes
    shortest          int NOT NULL DEFAULT 30 CHECK (shortest > 0),                            -- minutes
    longest           int NOT NULL DEFAULT 240 CHECK (longest >= shortest),                    -- minutes
    notice            int NOT NULL DEFAULT 0 CHECK (notice >= 0),                              -- minutes
    horizon           int NOT NULL DEFAULT 14 CHECK (horizon > 0),                             -- days, inclusive, to the end of the use
    turnaround        int NOT NULL DEFAULT 0 CHECK (turnaround >= 0),                          -- minutes after the use
    may_overrun       boolean NOT NULL DEFAULT true,                                           -- turnaround may run past closing
    week_quota        int CHECK (week_quota >= 0),                                             -- bookings a household and week; none: no limit
    state             text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retired')),
    UNIQUE (community_id, name)
);

-- A window that closes at or before it opens runs past midnight. A space without rows is never open.
CREATE TABLE opening (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space_id     uuid NOT NULL REFERENCES space,
    weekday      int NOT NULL CHECK (weekday BETWEEN 0 AND 6),                                 -- Monday is 0
    opens        time NOT NULL,
    closes       time NOT NULL,
    valid_from   date,
    valid_until  date                                                                          -- inclusive
);
CREATE INDEX opening_space ON opening (space_id, weekday);

CREATE TABLE closure (
    id         uuid PRIMARY KEY,
    space_id   uuid NOT NULL REFERENCES space,
    starts_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL CHECK (starts_at < ends_at),
    reason     text NOT NULL CHECK (reason <> ''),
    made_by    uuid NOT NULL,
    made_at    timestamptz NOT NULL,
    ended_at   timestamptz
);

CREATE TABLE booking (
    id            uuid PRIMARY KEY,
    space_id      uuid NOT NULL REFERENCES space,
    person_id     uuid NOT NULL,
    household_id  uuid NOT NULL,
    made_by       uuid NOT NULL,                                                               -- the person, or who helped
    purpose       text NOT NULL DEFAULT '',
    people        int NOT NULL DEFAULT 1 CHECK (people > 0),
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz NOT NULL,
    counts        boolean NOT NULL DEFAULT true,                                               -- counts against the quota
    terms         jsonb NOT NULL,                                                              -- the rules as they were when it was made
    state         text NOT NULL CHECK (state IN ('confirmed', 'in_use', 'done', 'cancelled_by_user', 'cancelled_by_house', 'released', 'ended_early')),
    sequence      int NOT NULL DEFAULT 0,
    made_at       timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    CHECK (isfinite(starts_at) AND isfinite(ends_at) AND starts_at < ends_at)
);
CREATE INDEX booking_of_household ON booking (household_id, starts_at);
CREATE INDEX booking_of_person ON booking (person_id, starts_at);
CREATE INDEX booking_in_space ON booking (space_id, starts_at);

-- The row that is locked before a household's bookings are counted.
CREATE TABLE booking_household (
    household_id  uuid PRIMARY KEY
);

CREATE TABLE occupancy (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id  uuid REFERENCES booking,
    session_id  uuid REFERENCES session,
    closure_id  uuid REFERENCES closure,
    space_key   bigint NOT NULL REFERENCES space (key),
    kind        text NOT NULL CHECK (kind IN ('booking', 'hold', 'offer', 'closure', 'session')),
    active      boolean NOT NULL,
    use_from    timestamptz NOT NULL,
    use_until   timestamptz NOT NULL,                    -- what people are shown
    busy_until  timestamptz NOT NULL,                    -- use_until and the turnaround
    expires_at  timestamptz,                             -- holds and offers only
    busy        tstzrange GENERATED ALWAYS AS (tstzrange(use_from, busy_until, '[)')) STORED,
    CHECK (num_nonnulls(booking_id, session_id, closure_id) = 1),
    CHECK (isfinite(use_from) AND isfinite(busy_until)),
    CHECK (use_from < use_until AND use_until <= busy_until),
    CHECK (NOT isempty(busy) AND NOT lower_inf(busy) AND NOT upper_inf(busy)),
    CHECK ((expires_at IS NOT NULL) = (kind IN ('hold', 'offer'))),
    CONSTRAINT occupancy_no_overlap EXCLUDE USING gist
        (int8range(space_key, space_key, '[]') WITH =, busy WITH &&) WHERE (active)
);
CREATE INDEX occupancy_booking ON occupancy (booking_id);
CREATE INDEX occupancy_session ON occupancy (session_id);
CREATE INDEX occupancy_closure ON occupancy (closure_id);
