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
