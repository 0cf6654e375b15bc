-- Bookings that come again: the pattern, and the dates of it that could not be had.

CREATE TABLE booking_series (
    id            uuid PRIMARY KEY,
    follows_id    uuid REFERENCES booking_series,          -- the series that it was split from
    space_id      uuid NOT NULL REFERENCES space,
    person_id     uuid NOT NULL REFERENCES member,
    household_id  uuid NOT NULL REFERENCES household,
    made_by       uuid NOT NULL REFERENCES member,
    rule          text NOT NULL,                           -- RFC 5545; it always has an end
    first_on      date NOT NULL,                           -- local, as all that follows
    starts        time NOT NULL,
    ends          time NOT NULL,                           -- at or before the start: on the next day
    purpose       text NOT NULL DEFAULT '',
    people        int NOT NULL CHECK (people > 0),
    units         int NOT NULL DEFAULT 1 CHECK (units > 0),
    counts        boolean NOT NULL DEFAULT true,
    team_id       uuid REFERENCES team,
    made_at       timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL
);
CREATE INDEX booking_series_of_person ON booking_series (person_id);
ALTER TABLE booking ADD CONSTRAINT booking_series_fkey FOREIGN KEY (series_id) REFERENCES booking_series;

-- A date that the series means and does not have. It stays visible, is looked at again, and is told when it can be had.
CREATE TABLE booking_skip (
    series_id   uuid NOT NULL REFERENCES booking_series,
    day         date NOT NULL,
    broken      jsonb NOT NULL,                            -- why not: the rules that it broke
    state       text NOT NULL CHECK (state IN ('watched', 'free', 'booked', 'dropped')),
    changed_at  timestamptz NOT NULL,
    looked_at   timestamptz,                               -- by the job, which comes to each in turn
    PRIMARY KEY (series_id, day)
);
CREATE INDEX booking_skip_watched ON booking_skip (looked_at NULLS FIRST) WHERE state = 'watched';
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'booking_series', 'booking_skip');

-- What stood on the clock of the room when a booking was made: should the rules of the zone change, it stands there still.
ALTER TABLE booking ADD COLUMN wall_starts timestamp, ADD COLUMN wall_ends timestamp;
CREATE FUNCTION booking_wall() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT NEW.starts_at AT TIME ZONE time_zone, NEW.ends_at AT TIME ZONE time_zone INTO NEW.wall_starts, NEW.wall_ends
      FROM space WHERE id = NEW.space_id;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_wall BEFORE INSERT OR UPDATE OF starts_at, ends_at, space_id ON booking FOR EACH ROW EXECUTE FUNCTION booking_wall();
UPDATE booking b SET wall_starts = b.starts_at AT TIME ZONE s.time_zone, wall_ends = b.ends_at AT TIME ZONE s.time_zone
  FROM space s WHERE s.id = b.space_id;
CREATE INDEX booking_to_come ON booking (starts_at) WHERE state IN ('pending', 'confirmed');
