-- Spaces in parts and units, and the rules for booking them.

-- What can be taken: a room that is not divided, or one of its units. Leaves are never deleted, because occupancy names them.
CREATE TABLE leaf (
    key       bigint PRIMARY KEY DEFAULT nextval('space_key_seq'),
    space_id  uuid NOT NULL REFERENCES space,
    place     int NOT NULL CHECK (place > 0),            -- counts the units of a space from 1
    in_use    boolean NOT NULL DEFAULT true,             -- false: the space has fewer units now
    UNIQUE (space_id, place)
);

-- What a space consists of: itself, or its parts. One level: a part consists of itself.
CREATE TABLE space_part (
    space_id  uuid NOT NULL REFERENCES space,
    part_id   uuid NOT NULL REFERENCES space,
    PRIMARY KEY (space_id, part_id)
);
CREATE INDEX space_part_of ON space_part (part_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'leaf');
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'space_part');

ALTER TABLE space ADD COLUMN units int NOT NULL DEFAULT 1 CHECK (units BETWEEN 1 AND 200);  -- alike; a booking takes some of them

INSERT INTO leaf (key, space_id, place) SELECT key, id, 1 FROM space;
INSERT INTO space_part (space_id, part_id) SELECT id, id FROM space;

ALTER TABLE occupancy
    DROP CONSTRAINT occupancy_space_key_fkey,
    ADD CONSTRAINT occupancy_space_key_fkey FOREIGN KEY (space_key) REFERENCES leaf,
    -- Looked at when all is written: the time is taken before the booking is.
    ALTER CONSTRAINT occupancy_booking_id_fkey DEFERRABLE INITIALLY DEFERRED;

-- A new space is one leaf, and consists of itself.
CREATE FUNCTION space_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leaf (key, space_id, place) VALUES (NEW.key, NEW.id, 1);
    INSERT INTO leaf (space_id, place) SELECT NEW.id, place FROM generate_series(2, NEW.units) AS place;
    INSERT INTO space_part (space_id, part_id) VALUES (NEW.id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER space_made AFTER INSERT ON space FOR EACH ROW EXECUTE FUNCTION space_made();

-- What occupies spaces (by their own keys) within a time, with the name that everybody may see: `units` of each are taken.
-- A part shows what its whole is used for, the whole shows what its parts are used for, each use once.
DROP FUNCTION occupied(bigint[], tstzrange, timestamptz);
CREATE FUNCTION occupied(p_keys bigint[], p_within tstzrange, p_now timestamptz)
RETURNS TABLE (space_id uuid, kind text, starts_at timestamptz, ends_at timestamptz, busy_until timestamptz, label text, label_en text,
               booking_id uuid, household_id uuid, session_id uuid, closure_id uuid, units int) LANGUAGE sql STABLE AS $$
    SELECT s.id, o.kind, o.use_from, o.use_until, o.busy_until, coalesce(a.title, c.reason, ''), coalesce(a.title_en, ''),
           o.booking_id, b.household_id, o.session_id, o.closure_id, count(*)::int
      FROM space s
      JOIN space_part p ON p.space_id = s.id
      JOIN leaf l ON l.space_id = p.part_id
      JOIN occupancy o ON int8range(o.space_key, o.space_key, '[]') = int8range(l.key, l.key, '[]')
      LEFT JOIN booking b ON b.id = o.booking_id
      LEFT JOIN session n ON n.id = o.session_id
      LEFT JOIN activity a ON a.id = n.activity_id
      LEFT JOIN closure c ON c.id = o.closure_id
     WHERE s.key = ANY (p_keys) AND o.active AND o.busy && p_within AND (o.expires_at IS NULL OR o.expires_at > p_now)
     GROUP BY s.key, s.id, o.kind, o.use_from, o.use_until, o.busy_until, a.title, a.title_en, c.reason,
              o.booking_id, b.household_id, o.session_id, o.closure_id
     ORDER BY s.key, o.use_from
$$;

-- The constraint cannot know that a hold or an offer has run out: whoever wants the time of these spaces lets go of it first.
CREATE OR REPLACE FUNCTION expire_occupancy(p_keys bigint[], p_within tstzrange, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE occupancy SET active = false WHERE id IN (
        SELECT id FROM occupancy
         WHERE active AND expires_at <= p_now AND busy && p_within AND space_key IN (
               SELECT l.key FROM space s JOIN space_part p ON p.space_id = s.id JOIN leaf l ON l.space_id = p.part_id WHERE s.key = ANY (p_keys))
         ORDER BY id FOR UPDATE
    )
$$;

-- Puts uses of units, which were let go of, on these units again: by their start, each on the first that is free; that needs no more
-- units than are in use at any moment. Answers the units that are left for a further use, p_wanted of them.
CREATE FUNCTION seat_units(p_uses bigint[], p_keys bigint[], p_within tstzrange, p_wanted int) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    ends timestamptz[] := array_fill('-infinity'::timestamptz, ARRAY[cardinality(p_keys)]);
    kept bigint[] := '{}';
    each record;
BEGIN
    FOR each IN
        SELECT id, use_from, busy_until FROM occupancy WHERE id = ANY (p_uses)
         UNION ALL SELECT NULL, lower(p_within), upper(p_within) FROM generate_series(1, p_wanted)
         ORDER BY use_from, id NULLS LAST
    LOOP
        FOR n IN 1 .. cardinality(p_keys) LOOP
            CONTINUE WHEN ends[n] > each.use_from;
            ends[n] := each.busy_until;
            IF each.id IS NULL THEN
                kept := kept || p_keys[n];
            ELSE
                UPDATE occupancy SET space_key = p_keys[n], active = true WHERE id = each.id;
            END IF;
            EXIT;
        END LOOP;
    END LOOP;
    RETURN kept;
END $$;

-- The most units that are in use at one moment of a time.
CREATE FUNCTION most_units(p_keys bigint[], p_within tstzrange) RETURNS bigint LANGUAGE sql STABLE AS $$
    WITH o AS MATERIALIZED (SELECT use_from, busy FROM occupancy WHERE space_key = ANY (p_keys) AND active AND busy && p_within)
    SELECT coalesce(max((SELECT count(*) FROM o WHERE o.busy @> t.at)), 0)
      FROM (SELECT lower(p_within) AS at UNION SELECT use_from FROM o WHERE use_from > lower(p_within)) t
$$;

-- Free units of a space for a time, by number; none where there are fewer than wanted. Units are alike: where no unit is free all the
-- time but never too few are, other uses move to another unit. Locks the space, because units are counted: two who want the last
-- one are answered one after the other.
CREATE FUNCTION free_units(p_space uuid, p_within tstzrange, p_wanted int) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    keys bigint[];
    wide tstzrange := p_within;
    wider tstzrange;
    moved bigint[];
BEGIN
    PERFORM FROM space WHERE id = p_space FOR NO KEY UPDATE;
    keys := ARRAY(SELECT l.key FROM leaf l WHERE l.space_id = p_space AND l.in_use AND NOT EXISTS (
                      SELECT FROM occupancy o
                       WHERE int8range(o.space_key, o.space_key, '[]') = int8range(l.key, l.key, '[]') AND o.active AND o.busy && p_within)
                   ORDER BY l.key LIMIT p_wanted);
    IF cardinality(keys) = p_wanted THEN
        RETURN keys;
    END IF;
    keys := ARRAY(SELECT key FROM leaf WHERE space_id = p_space AND in_use ORDER BY key);
    IF most_units(keys, p_within) + p_wanted > cardinality(keys) THEN
        RETURN NULL;
    END IF;
    -- The wanted time and everything that hangs together with it.
    LOOP
        SELECT tstzrange(least(min(use_from), lower(wide)), greatest(max(busy_until), upper(wide))) INTO wider
          FROM occupancy WHERE space_key = ANY (keys) AND active AND busy && wide;
        EXIT WHEN wider = wide;
        wide := wider;
    END LOOP;
    moved := ARRAY(SELECT id FROM occupancy WHERE space_key = ANY (keys) AND active AND busy && wide ORDER BY id FOR UPDATE);
    UPDATE occupancy SET active = false WHERE id = ANY (moved);
    RETURN seat_units(moved, keys, p_within, p_wanted);
END $$;

-- Takes a space, or some of its units, for a booking: all that is asked for, or nothing and false (never half a hall). Without
-- p_units the whole space is meant. Everybody who takes several times in one transaction goes by start, then by key: two requests
-- for the same times cannot wait for each other. Expired holds in the time give way before (expire_occupancy).
CREATE FUNCTION take_space(p_space uuid, p_kind text, p_booking uuid, p_from timestamptz, p_until timestamptz, p_busy_until timestamptz,
                           p_expires timestamptz DEFAULT NULL, p_units int DEFAULT 1) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    keys bigint[];
    has int;
    got int;
BEGIN
    -- A space that is being divided at this moment is divided first: its leaves are read after that.
    PERFORM FROM space WHERE id = p_space FOR KEY SHARE;
    SELECT s.units, ARRAY(SELECT l.key FROM space_part p JOIN leaf l ON l.space_id = p.part_id WHERE p.space_id = s.id AND l.in_use ORDER BY l.key)
      INTO has, keys FROM space s WHERE s.id = p_space;
    IF has > 1 AND (p_units IS NOT NULL OR cardinality(keys) > 1) THEN
        keys := free_units(p_space, tstzrange(p_from, p_busy_until), coalesce(p_units, has));
    END IF;
    IF keys IS NULL OR cardinality(keys) = 0 THEN
        RETURN false;
    END IF;
    IF cardinality(keys) = 1 THEN
        INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until, expires_at)
        VALUES (p_booking, keys[1], p_kind, true, p_from, p_until, p_busy_until, p_expires) ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END IF;
    -- DO NOTHING leaves the leaves that were free: the block takes them back (defect 47 of booking.md).
    BEGIN
        INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until, expires_at)
        SELECT p_booking, key, p_kind, true, p_from, p_until, p_busy_until, p_expires FROM unnest(keys) AS key ORDER BY key
            ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS got = ROW_COUNT;
        IF got < cardinality(keys) THEN
            RAISE SQLSTATE 'TB047';
        END IF;
    EXCEPTION WHEN SQLSTATE 'TB047' THEN
        RETURN false;
    END;
    RETURN true;
END $$;

-- What a space consists of from now on: these parts, or itself. Its own uses to come move along; answers the start of the first that
-- would not find its time free there, and then the caller rolls back. Waits for whoever takes the space or a part at this moment.
CREATE FUNCTION divide_space(p_space uuid, p_parts uuid[], p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moved bigint[];
    clash timestamptz;
BEGIN
    PERFORM FROM space WHERE id = p_space OR id = ANY (p_parts) ORDER BY key FOR UPDATE;
    moved := ARRAY(
        SELECT o.id FROM space_part p JOIN leaf l ON l.space_id = p.part_id JOIN occupancy o ON o.space_key = l.key
          LEFT JOIN booking b ON b.id = o.booking_id LEFT JOIN session n ON n.id = o.session_id LEFT JOIN closure c ON c.id = o.closure_id
         WHERE p.space_id = p_space AND o.active AND o.busy_until > p_now AND p_space IN (b.space_id, n.space_id, c.space_id)
         ORDER BY o.id);
    UPDATE occupancy SET active = false WHERE id = ANY (moved);
    DELETE FROM space_part WHERE space_id = p_space;
    INSERT INTO space_part (space_id, part_id) SELECT p_space, unnest(CASE WHEN p_parts = '{}' THEN ARRAY[p_space] ELSE p_parts END);
    WITH u AS (
        SELECT DISTINCT booking_id, session_id, closure_id, kind, use_from, use_until, busy_until, expires_at
          FROM occupancy WHERE id = ANY (moved)),
    wanted AS (SELECT u.*, l.key FROM u, space_part p JOIN leaf l ON l.space_id = p.part_id AND l.in_use WHERE p.space_id = p_space),
    got AS (
        INSERT INTO occupancy (booking_id, session_id, closure_id, space_key, kind, active, use_from, use_until, busy_until, expires_at)
        SELECT booking_id, session_id, closure_id, key, kind, true, use_from, use_until, busy_until, expires_at FROM wanted
         ORDER BY use_from, key ON CONFLICT DO NOTHING RETURNING space_key, use_from)
    SELECT min(use_from) INTO clash FROM wanted WHERE (key, use_from) NOT IN (SELECT space_key, use_from FROM got);
    RETURN clash;
END $$;

-- How many units a space has from now on; answers an instant at which more are in use, and then the caller rolls back. Sessions and
-- closures, which have the whole, have all the new units as well; bookings move to those that stay.
CREATE FUNCTION set_units(p_space uuid, p_units int, p_now timestamptz) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    had int;
    keys bigint[];
    moved bigint[];
    clash timestamptz;
BEGIN
    SELECT units INTO had FROM space WHERE id = p_space FOR UPDATE;
    INSERT INTO leaf (space_id, place) SELECT p_space, place FROM generate_series(1, p_units) AS place ON CONFLICT DO NOTHING;
    UPDATE leaf SET in_use = place <= p_units WHERE space_id = p_space AND in_use <> (place <= p_units);
    UPDATE space SET units = p_units WHERE id = p_space;
    moved := ARRAY(SELECT o.id FROM leaf l JOIN occupancy o ON o.space_key = l.key
                    WHERE l.space_id = p_space AND o.active AND o.busy_until > p_now ORDER BY o.id FOR UPDATE OF o);
    UPDATE occupancy SET active = false WHERE id = ANY (moved);
    -- Of what has the whole, one row for each unit that there is now.
    moved := ARRAY(SELECT id FROM (
        SELECT id, booking_id, row_number() OVER (PARTITION BY session_id, closure_id, booking_id, use_from ORDER BY id) AS nth
          FROM occupancy WHERE id = ANY (moved)) t WHERE booking_id IS NOT NULL OR nth <= p_units ORDER BY id);
    WITH whole AS (
        SELECT session_id, closure_id, kind, use_from, use_until, busy_until FROM occupancy
         WHERE id = ANY (moved) AND booking_id IS NULL GROUP BY 1, 2, 3, 4, 5, 6 HAVING count(*) = had),
    more AS (
        INSERT INTO occupancy (session_id, closure_id, space_key, kind, active, use_from, use_until, busy_until)
        SELECT session_id, closure_id, (SELECT min(key) FROM leaf WHERE space_id = p_space), kind, false, use_from, use_until, busy_until
          FROM whole, generate_series(had + 1, p_units) RETURNING id)
    SELECT moved || coalesce(array_agg(id), '{}') INTO moved FROM more;
    SELECT min(t.use_from) INTO clash FROM occupancy t WHERE t.id = ANY (moved) AND p_units < (
        SELECT count(*) FROM occupancy o WHERE o.id = ANY (moved) AND o.busy @> t.use_from);
    IF clash IS NULL THEN
        keys := ARRAY(SELECT key FROM leaf WHERE space_id = p_space AND in_use ORDER BY key);
        PERFORM seat_units(moved, keys, tstzrange(p_now, p_now, '[]'), 0);
    END IF;
    RETURN clash;
END $$;

-- Hours of one day instead of the weekly ones: `day` is set; or none, with a reason that all read.
ALTER TABLE opening
    ADD COLUMN day      date,
    ADD COLUMN is_shut  boolean NOT NULL DEFAULT false,
    ADD COLUMN reason   text NOT NULL DEFAULT '',
    ADD CHECK (NOT is_shut OR day IS NOT NULL);

ALTER TABLE space ADD COLUMN chain_gap int NOT NULL DEFAULT 0 CHECK (chain_gap BETWEEN 0 AND 1440);
-- Minutes: bookings of one household with less between them count together against the longest; 0: each counts alone.

-- Who may book earlier, longer or more: partners and named groups, in a published order.
CREATE TABLE person_group (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    priority      int NOT NULL CHECK (priority > 0),     -- 1 comes first; residents without a group come last
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    UNIQUE (community_id, name)
);
CREATE TABLE person_group_member (
    group_id   uuid NOT NULL REFERENCES person_group,
    person_id  uuid NOT NULL REFERENCES member,
    added_by   uuid NOT NULL REFERENCES member,
    added_at   timestamptz NOT NULL,
    PRIMARY KEY (group_id, person_id)
);
CREATE INDEX person_group_of ON person_group_member (person_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'person_group');
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'person_group_member');

-- Rules beside the figures of the space itself: for a space, for those of a community that count together, or for all of a community
-- and below; for everybody or for a group; at all times or in a window of weekdays, clock and season.
CREATE TABLE space_rule (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    space_id      uuid REFERENCES space,                 -- this space alone
    quota_group   text NOT NULL DEFAULT '',              -- else those with this word; empty: all
    group_id      uuid REFERENCES person_group,          -- none: everybody
    kind          text NOT NULL CHECK (kind IN ('longest', 'notice', 'horizon', 'bookings', 'minutes', 'at_once')),
    amount        int CHECK (amount BETWEEN 0 AND 1000000),  -- minutes, days or bookings; none: no limit, zero: zero
    per           text CHECK (per IN ('person', 'household', 'team')),
    period        text CHECK (period IN ('day', 'week', 'month', 'year', 'rolling', 'coming')),
    days          int CHECK (days BETWEEN 1 AND 730),    -- of a rolling period
    weekdays      int[] NOT NULL DEFAULT '{}' CHECK (weekdays <@ '{0,1,2,3,4,5,6}'),  -- Monday is 0; empty: all
    opens         time,                                  -- the window of a day, local; closing at or before opening is after midnight
    closes        time,
    valid_from    date,
    valid_until   date,                                  -- inclusive
    name          text NOT NULL DEFAULT '',
    name_en       text NOT NULL DEFAULT '',
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    ended_by      uuid REFERENCES member,
    ended_at      timestamptz,
    CHECK ((per IS NOT NULL) = (kind IN ('bookings', 'minutes', 'at_once'))),
    CHECK ((period IS NOT NULL) = (kind IN ('bookings', 'minutes'))),
    CHECK ((days IS NOT NULL) = coalesce(period = 'rolling', false)),
    CHECK ((opens IS NULL) = (closes IS NULL)),
    CHECK (valid_from <= valid_until),
    CHECK (space_id IS NULL OR quota_group = '')
);
CREATE INDEX space_rule_holds ON space_rule (community_id) WHERE ended_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'space_rule');
CALL pg_temp.allow('UPDATE (ended_by, ended_at)', 'space_rule');

-- People whom a closure lets in.
CREATE TABLE closure_exempt (
    closure_id  uuid NOT NULL REFERENCES closure,
    person_id   uuid REFERENCES member,
    group_id    uuid REFERENCES person_group,
    CHECK (num_nonnulls(person_id, group_id) = 1),
    UNIQUE NULLS NOT DISTINCT (closure_id, person_id, group_id)
);
-- What a booking of theirs cut out of it: closed again when the booking does not use it any more.
CREATE TABLE closure_cut (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    closure_id  uuid NOT NULL REFERENCES closure,
    booking_id  uuid NOT NULL,
    space_key   bigint NOT NULL REFERENCES leaf,
    cut         tstzrange NOT NULL
);
CREATE INDEX closure_cut_booking ON closure_cut (booking_id);
CALL pg_temp.allow('SELECT, INSERT', 'closure_exempt', 'closure_cut');

-- What can be borrowed with a room: so many chairs, counted per community or kept in one room.
CREATE TABLE accessory (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    space_id      uuid REFERENCES space,                 -- only with this room
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    quantity      int NOT NULL CHECK (quantity >= 0),
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz
);
CREATE INDEX accessory_of_community ON accessory (community_id) WHERE ended_at IS NULL;
CREATE TABLE booking_accessory (
    booking_id    uuid NOT NULL REFERENCES booking,
    accessory_id  uuid NOT NULL REFERENCES accessory,
    quantity      int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (booking_id, accessory_id)
);
CREATE INDEX booking_accessory_of ON booking_accessory (accessory_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'accessory');
CALL pg_temp.allow('SELECT, INSERT, UPDATE, DELETE', 'booking_accessory');

-- A booking by a team counts for the household of who made it, and for the team.
ALTER TABLE booking ADD COLUMN team_id uuid REFERENCES team;
CREATE INDEX booking_of_team ON booking (team_id, starts_at) WHERE team_id IS NOT NULL;
CREATE TABLE booking_team (
    team_id  uuid PRIMARY KEY
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'booking_team');

-- What the community knows and the rules ask for by opaque ids: a node's branch, a person's groups.
CREATE FUNCTION branch_of(p_community uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT ancestor_ids FROM community WHERE id = p_community
$$;
CREATE FUNCTION groups_of(p_person uuid) RETURNS uuid[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(g.id), '{}') FROM person_group_member m JOIN person_group g ON g.id = m.group_id
     WHERE m.person_id = p_person AND g.ended_at IS NULL
$$;

-- Whether a rule is for a space.
CREATE FUNCTION rule_is_for(r space_rule, p_space uuid, p_branch uuid[], p_quota_group text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN r.space_id IS NOT NULL THEN r.space_id = p_space
                ELSE r.community_id = ANY (p_branch) AND r.quota_group IN ('', p_quota_group) END
$$;

-- All that the rules look at, as one document: schedules.wishes.Document. Of the bookings of the household, the person and the team,
-- where a rule asks for them, those that may touch its period around the time. Without p_groups the person's own; p_without is a
-- booking that is about to be changed and is judged as though it did not exist.
DROP FUNCTION booking_facts(uuid, uuid, tstzrange, timestamptz);
CREATE FUNCTION booking_facts(p_space uuid, p_household uuid, p_within tstzrange, p_now timestamptz, p_person uuid DEFAULT NULL,
                              p_groups uuid[] DEFAULT NULL, p_team uuid DEFAULT NULL, p_accessories uuid[] DEFAULT '{}',
                              p_without uuid DEFAULT NULL) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
    s space;
    branch uuid[];
    groups uuid[] := coalesce(p_groups, groups_of(p_person));
    limits json;
    ids uuid[];
    reach int;
    has_coming boolean;
    since timestamptz;
    own json := '[]';
BEGIN
    SELECT * INTO s FROM space WHERE id = p_space AND state = 'open';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    branch := branch_of(s.community_id);
    SELECT json_agg(r), array_agg(r.id), coalesce(bool_or(r.period = 'coming'), false),
           max(CASE WHEN r.kind = 'at_once' THEN 2 WHEN r.kind NOT IN ('bookings', 'minutes') THEN NULL
                    ELSE CASE r.period WHEN 'rolling' THEN r.days + 1 WHEN 'year' THEN 367 WHEN 'month' THEN 32 ELSE 8 END END)
      INTO limits, ids, has_coming, reach
      FROM space_rule r
     WHERE r.ended_at IS NULL AND rule_is_for(r, s.id, branch, s.quota_group) AND (r.group_id IS NULL OR r.group_id = ANY (groups));
    reach := greatest(reach, CASE WHEN s.week_quota IS NOT NULL THEN 8 WHEN s.one_at_a_time THEN 2 END,
                      CASE WHEN s.chain_gap > 0 THEN s.longest / 1440 + 2 END);
    IF reach IS NOT NULL AND (p_household IS NOT NULL OR p_person IS NOT NULL OR p_team IS NOT NULL) THEN
        since := lower(p_within) - make_interval(days => reach);
        IF has_coming THEN
            since := least(since, p_now);
        END IF;
        SELECT coalesce(json_agg(h), '[]') INTO own FROM (
            SELECT b.id, b.space_id, t.name, t.name_en, b.person_id, b.starts_at, b.counts, b.team_id,
                   CASE WHEN b.state IN ('cancelled_by_user', 'cancelled_by_house') THEN least(b.ends_at, b.changed_at) ELSE b.ends_at END AS ends_at,
                   t.id = s.id OR (s.quota_group <> '' AND t.quota_group = s.quota_group AND t.community_id = s.community_id) AS shares_quota,
                   b.household_id IS NOT DISTINCT FROM p_household AS of_household,
                   b.state IN ('pending', 'confirmed', 'in_use') AND b.ends_at > p_now AS is_coming,
                   ARRAY(SELECT r.id FROM space_rule r
                          WHERE r.id = ANY (ids) AND rule_is_for(r, t.id, branch_of(t.community_id), t.quota_group)) AS rules
              FROM booking b JOIN space t ON t.id = b.space_id
             WHERE (b.household_id = p_household OR b.person_id = p_person OR b.team_id = p_team) AND b.id IS DISTINCT FROM p_without
               AND b.starts_at > since - interval '80 days' AND b.ends_at > since
               AND (has_coming OR b.starts_at < upper(p_within) + make_interval(days => reach))
               -- Cancelled after it began, a booking counts for the part that was used.
               AND b.state NOT IN ('offered', 'rejected', 'lapsed') AND (b.state <> 'pending' OR b.decide_by > p_now)
               AND (b.state NOT IN ('cancelled_by_user', 'cancelled_by_house') OR b.changed_at > b.starts_at)
             ORDER BY b.starts_at) h;
    END IF;
    RETURN json_build_object(
        'space', to_json(s),
        'limits', coalesce(limits, '[]'),
        'windows', (SELECT coalesce(json_agg(w), '[]') FROM (
            SELECT weekday, opens, closes, valid_from, valid_until, day, is_shut, reason FROM opening WHERE space_id = s.id) w),
        'taken', (SELECT coalesce(json_agg(t), '[]') FROM (
            SELECT o.*, o.closure_id IS NOT NULL AND EXISTS (
                       SELECT FROM closure_exempt e WHERE e.closure_id = o.closure_id AND (e.person_id = p_person OR e.group_id = ANY (groups))) AS is_exempt
              FROM occupied(ARRAY[s.key], tstzrange(lower(p_within), upper(p_within) + make_interval(mins => s.turnaround)), p_now) o
             WHERE o.booking_id IS NULL OR o.booking_id IS DISTINCT FROM p_without) t),
        'own', own,
        'lent', CASE WHEN p_accessories = '{}' THEN '[]' ELSE (SELECT coalesce(json_agg(l), '[]') FROM (
            SELECT a.id, a.name, a.name_en, a.quantity, (SELECT coalesce(json_agg(u), '[]') FROM (
                       SELECT b.starts_at, b.ends_at, n.quantity
                         FROM booking_accessory n JOIN booking b ON b.id = n.booking_id
                        WHERE n.accessory_id = a.id AND b.id IS DISTINCT FROM p_without AND b.starts_at < upper(p_within) AND b.ends_at > lower(p_within)
                          AND (b.state IN ('confirmed', 'in_use') OR b.state = 'pending' AND b.decide_by > p_now)) u) AS uses
              FROM accessory a
             WHERE a.id = ANY (p_accessories) AND a.ended_at IS NULL AND a.community_id = ANY (branch)
               AND (a.space_id IS NULL OR a.space_id = s.id)) l) END);
END $$;

CREATE FUNCTION lock_booking_team(p_team uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO booking_team (team_id) VALUES (p_team) ON CONFLICT DO NOTHING;
    PERFORM FROM booking_team WHERE team_id = p_team FOR NO KEY UPDATE;
END $$;

-- The same for a booking that is about to be made: household locked (its members' own limits with it, because a person has one
-- household), then the team, then what is borrowed, always in this order; then expired holds gone, then a look with fresh eyes.
DROP FUNCTION lock_booking_facts(uuid, uuid, tstzrange, timestamptz);
CREATE FUNCTION lock_booking_facts(p_space uuid, p_household uuid, p_within tstzrange, p_now timestamptz, p_person uuid DEFAULT NULL,
                                   p_groups uuid[] DEFAULT NULL, p_team uuid DEFAULT NULL, p_accessories uuid[] DEFAULT '{}',
                                   p_without uuid DEFAULT NULL) RETURNS json LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_booking_household(p_household);
    IF p_team IS NOT NULL THEN
        PERFORM lock_booking_team(p_team);
    END IF;
    IF p_accessories <> '{}' THEN
        PERFORM FROM accessory WHERE id = ANY (p_accessories) ORDER BY id FOR NO KEY UPDATE;
    END IF;
    -- IS NOT NULL, so that the planner takes the short index of what expires: without it it expects one row in three and reads the table.
    IF EXISTS (SELECT FROM occupancy WHERE active AND expires_at IS NOT NULL AND expires_at <= p_now) THEN
        PERFORM expire_occupancy(ARRAY[key], tstzrange(lower(p_within), upper(p_within) + make_interval(mins => turnaround)), p_now)
           FROM space WHERE id = p_space;
    END IF;
    RETURN booking_facts(p_space, p_household, p_within, p_now, p_person, p_groups, p_team, p_accessories, p_without);
END $$;

-- A booking by somebody whom closures let in cuts their rows, before it takes the time; what it cut is remembered.
CREATE FUNCTION cut_closures(p_closures uuid[], p_space uuid, p_booking uuid, p_cut tstzrange, p_units int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    WITH keys AS (
        SELECT l.key FROM space s JOIN space_part p ON p.space_id = s.id JOIN leaf l ON l.space_id = p.part_id AND l.in_use
         WHERE s.id = p_space AND (s.units = 1 OR NOT EXISTS (
               SELECT FROM occupancy b WHERE b.space_key = l.key AND b.active AND b.closure_id IS NULL AND b.busy && p_cut))
         -- Of units only as many as are booked: the others stay shut.
         ORDER BY l.key LIMIT (SELECT CASE WHEN units > 1 THEN p_units END FROM space WHERE id = p_space)),
    o AS (
        UPDATE occupancy SET active = false
         WHERE active AND closure_id = ANY (p_closures) AND busy && p_cut AND space_key IN (SELECT key FROM keys)
        RETURNING closure_id, space_key, busy),
    kept AS (
        INSERT INTO closure_cut (closure_id, booking_id, space_key, cut) SELECT closure_id, p_booking, space_key, busy * p_cut FROM o)
    INSERT INTO occupancy (closure_id, space_key, kind, active, use_from, use_until, busy_until)
    SELECT o.closure_id, o.space_key, 'closure', true, lower(r), upper(r), upper(r)
      FROM o, unnest(tstzmultirange(o.busy) - tstzmultirange(p_cut)) AS r ORDER BY lower(r), o.space_key;
END $$;

-- What a booking has cut out of closures and does not use any more when the transaction ends is closed again.
CREATE FUNCTION heal_closures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS (
        SELECT k.id, k.closure_id, k.space_key,
               tstzmultirange(k.cut) - coalesce((SELECT range_agg(o.busy) FROM occupancy o
                                                  WHERE o.booking_id = k.booking_id AND o.space_key = k.space_key AND o.active), '{}') AS rest
          FROM closure_cut k JOIN closure c ON c.id = k.closure_id AND c.ended_at IS NULL WHERE k.booking_id = OLD.booking_id)
    INSERT INTO occupancy (closure_id, space_key, kind, active, use_from, use_until, busy_until)
    SELECT closure_id, space_key, 'closure', true, lower(r), upper(r), upper(r) FROM gone, unnest(rest) AS r ORDER BY lower(r), space_key
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER heal_closures AFTER UPDATE ON occupancy DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.booking_id IS NOT NULL AND OLD.active AND (NOT NEW.active OR NEW.busy_until < OLD.busy_until))
    EXECUTE FUNCTION heal_closures();
