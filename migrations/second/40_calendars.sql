-- Calendars that other programs fetch by an address which nobody can guess.

CREATE TABLE feed (
    id            uuid PRIMARY KEY,                        -- the address is derived from it and the installation's secret
    token_hash    bytea NOT NULL UNIQUE,                   -- SHA-256 of what stands in the address
    person_id     uuid NOT NULL REFERENCES member,         -- whose subscription it is, and in whose language it speaks
    kind          text NOT NULL CHECK (kind IN ('person', 'space', 'community')),
    space_id      uuid REFERENCES space,
    community_id  uuid REFERENCES community,
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    CHECK ((kind = 'space') = (space_id IS NOT NULL)),
    CHECK ((kind = 'community') = (community_id IS NOT NULL))
);
CREATE INDEX feed_of_person ON feed (person_id) WHERE ended_at IS NULL;
-- One subscription to one thing: a new address replaces the old one.
CREATE UNIQUE INDEX feed_once ON feed (person_id, kind, space_id, community_id) NULLS NOT DISTINCT WHERE ended_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'feed');
CALL pg_temp.allow('UPDATE (ended_at)', 'feed');

-- A calendar of others whose busy times shut a space: read again under the same name, it replaces what it brought before.
CREATE TABLE foreign_calendar (
    id        uuid PRIMARY KEY,
    space_id  uuid NOT NULL REFERENCES space,
    name      text NOT NULL CHECK (name <> ''),              -- what everybody reads as the reason
    read_at   timestamptz NOT NULL,
    read_by   uuid NOT NULL REFERENCES member,
    UNIQUE (space_id, name)
);
ALTER TABLE closure ADD COLUMN foreign_calendar_id uuid REFERENCES foreign_calendar;
CREATE INDEX closure_foreign ON closure (foreign_calendar_id) WHERE foreign_calendar_id IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'foreign_calendar');

-- Calendars ask for all that a space was used for, given back or not; the constraint's own index holds only what is active.
CREATE INDEX occupancy_in_space ON occupancy (space_key, use_until);
