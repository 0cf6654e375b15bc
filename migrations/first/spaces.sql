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
    grid              int NOT NULL DEFAULT 30 CHECK (grid BETWEEN 5 AND 1440 AND 1440 % grid = 0),  -- minutes, from local midnight
    shortest          int NOT NULL DEFAULT 30 CHECK (shortest > 0),                            -- minutes
    longest           int NOT NULL DEFAULT 240 CHECK (longest >= shortest),                    -- minutes
    notice            int NOT NULL DEFAULT 0 CHECK (notice >= 0),                              -- minutes
    horizon           int NOT NULL DEFAULT 14 CHECK (horizon > 0),                             -- days, inclusive, to the end of the use
    turnaround        int NOT NULL DEFAULT 0 CHECK (turnaround >= 0),                          -- minutes after the use
    may_overrun       boolean NOT NULL DEFAULT true,                                           -- turnaround may run past closing
    week_quota        int CHECK (week_quota >= 0),                                             -- bookings a household and week; none: no limit
    quota_group       text NOT NULL DEFAULT '',                                                -- spaces that count together; empty: this one alone
    one_at_a_time     boolean NOT NULL DEFAULT false,                                          -- not for who has another booking at that time
    state             text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retired')),
    made_at           timestamptz NOT NULL DEFAULT now(),
    changed_at        timestamptz NOT NULL DEFAULT now(),
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
    valid_until  date,                                                                         -- inclusive
    CHECK (valid_from <= valid_until)
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
    counts        boolean NOT NULL DEFAULT true,                                               -- false: for the house, no quota
    terms         jsonb NOT NULL,                                                              -- the rules as they were when it was made
    state         text NOT NULL CHECK (state IN ('confirmed', 'in_use', 'done', 'cancelled_by_user', 'cancelled_by_house', 'released', 'ended_early')),
    sequence      int NOT NULL DEFAULT 0,
    made_at       timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    changed_by    uuid NOT NULL,
    reason        text NOT NULL DEFAULT '',                                                    -- of a cancellation by the house
    CHECK (isfinite(starts_at) AND isfinite(ends_at) AND starts_at < ends_at),
    CHECK (state <> 'cancelled_by_house' OR reason <> '')
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
CREATE INDEX occupancy_booking ON occupancy (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX occupancy_session ON occupancy (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX occupancy_closure ON occupancy (closure_id) WHERE closure_id IS NOT NULL;
CREATE INDEX occupancy_expiry ON occupancy (expires_at) WHERE active AND expires_at IS NOT NULL;

-- A household's bookings are counted only under this lock: two of its members who book at once are judged one after the other.
CREATE FUNCTION lock_booking_household(p_household uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM booking_household WHERE household_id = p_household FOR NO KEY UPDATE;
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO booking_household (household_id) VALUES (p_household) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM FROM booking_household WHERE household_id = p_household FOR NO KEY UPDATE;
    END IF;
END $$;

-- The constraint cannot know that a hold or an offer has run out: whoever wants the time lets go of it first.
CREATE FUNCTION expire_occupancy(p_keys bigint[], p_within tstzrange, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE occupancy SET active = false WHERE id IN (
        SELECT id FROM occupancy
         WHERE active AND expires_at <= p_now AND space_key = ANY (p_keys) AND busy && p_within
         ORDER BY id FOR UPDATE
    )
$$;

-- What occupies spaces within a time, with the name that everybody may see.
CREATE FUNCTION occupied(p_keys bigint[], p_within tstzrange, p_now timestamptz)
RETURNS TABLE (space_id uuid, kind text, starts_at timestamptz, ends_at timestamptz, busy_until timestamptz, label text, label_en text,
               booking_id uuid, household_id uuid, session_id uuid, closure_id uuid) LANGUAGE sql STABLE AS $$
    SELECT s.id, o.kind, o.use_from, o.use_until, o.busy_until, coalesce(a.title, c.reason, ''), coalesce(a.title_en, ''),
           o.booking_id, b.household_id, o.session_id, o.closure_id
      FROM space s
      JOIN occupancy o ON int8range(o.space_key, o.space_key, '[]') = int8range(s.key, s.key, '[]')
      LEFT JOIN booking b ON b.id = o.booking_id
      LEFT JOIN session n ON n.id = o.session_id
      LEFT JOIN activity a ON a.id = n.activity_id
      LEFT JOIN closure c ON c.id = o.closure_id
     WHERE s.key = ANY (p_keys) AND o.active AND o.busy && p_within AND (o.expires_at IS NULL OR o.expires_at > p_now)
     ORDER BY s.key, o.use_from
$$;

-- All that the rules look at, as one document: schedules.wishes.Document. Of the household's bookings, where a rule asks for them,
-- those that may touch the weeks around the time.
CREATE FUNCTION booking_facts(p_space uuid, p_household uuid, p_within tstzrange, p_now timestamptz) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'space', to_json(s),
        'windows', (SELECT coalesce(json_agg(w), '[]') FROM (
            SELECT weekday, opens, closes, valid_from, valid_until FROM opening WHERE space_id = s.id) w),
        'taken', (SELECT coalesce(json_agg(o), '[]') FROM occupied(
            ARRAY[s.key], tstzrange(lower(p_within), upper(p_within) + make_interval(mins => s.turnaround)), p_now) o),
        'own', (SELECT coalesce(json_agg(h), '[]') FROM (
            SELECT b.id, b.space_id, t.name, t.name_en, b.person_id, b.starts_at, b.ends_at, b.counts,
                   t.id = s.id OR (s.quota_group <> '' AND t.quota_group = s.quota_group AND t.community_id = s.community_id) AS shares_quota
              FROM booking b JOIN space t ON t.id = b.space_id
             WHERE (s.week_quota IS NOT NULL OR s.one_at_a_time) AND b.household_id = p_household AND b.state NOT IN ('cancelled_by_user', 'cancelled_by_house')
               AND b.starts_at BETWEEN lower(p_within) - interval '80 days' AND upper(p_within) + interval '8 days'
               AND b.ends_at > lower(p_within) - interval '8 days') h))
      FROM space s WHERE s.id = p_space AND s.state = 'open'
$$;

-- The same for a booking that is about to be made: household locked, then expired holds gone, then a look with fresh eyes.
CREATE FUNCTION lock_booking_facts(p_space uuid, p_household uuid, p_within tstzrange, p_now timestamptz) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_booking_household(p_household);
    -- IS NOT NULL, so that the planner takes the short index of what expires: without it it expects one row in three and reads the table.
    IF EXISTS (SELECT FROM occupancy WHERE active AND expires_at IS NOT NULL AND expires_at <= p_now) THEN
        PERFORM expire_occupancy(ARRAY[key], tstzrange(lower(p_within), upper(p_within) + make_interval(mins => turnaround)), p_now)
           FROM space WHERE id = p_space;
    END IF;
    RETURN booking_facts(p_space, p_household, p_within, p_now);
END $$;
