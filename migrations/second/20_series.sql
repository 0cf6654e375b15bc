-- Activities that come again, sessions edited one by one, tasks without a fixed hour.

-- A rule and what each of its sessions is like. `starts` and `ends` are wall times of the activity's zone.
CREATE TABLE series (
    id           uuid PRIMARY KEY,
    activity_id  uuid NOT NULL REFERENCES activity,
    follows_id   uuid REFERENCES series,                 -- the one of which it is the continuation, after a split
    rule         text NOT NULL CHECK (rule <> ''),       -- as schedules.rrules writes it
    first_on     date NOT NULL,
    starts       time NOT NULL,
    ends         time NOT NULL,                          -- at or before the start: the next day
    space_id     uuid REFERENCES space,
    place        text NOT NULL DEFAULT '',               -- in words, where it is no room of ours
    roles        jsonb NOT NULL,                         -- schedules.plans.RolePlan, in their order
    note         text NOT NULL DEFAULT '',
    note_en      text NOT NULL DEFAULT '',
    weeks_ahead  int NOT NULL DEFAULT 8 CHECK (weeks_ahead BETWEEN 1 AND 52),
    ended_on     date,                                   -- no session from this day on
    made_until   date,                                   -- how far its sessions were made; none: look again
    made_by      uuid NOT NULL REFERENCES member,
    made_at      timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    CHECK (space_id IS NOT NULL OR place <> '')
);
CREATE INDEX series_activity ON series (activity_id);
CREATE INDEX series_due ON series (made_until) WHERE ended_on IS NULL OR made_until IS NULL OR made_until < ended_on;
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'series');

ALTER TABLE session
    ADD COLUMN series_id      uuid REFERENCES series,
    ADD COLUMN original_start timestamp,                 -- the wall time at which the rule has it, wherever it was moved
    ADD COLUMN own_fields     text[] NOT NULL DEFAULT '{}',  -- what was edited for it alone: the series leaves that as it is
    ADD COLUMN wanted_space   uuid REFERENCES space,     -- the room that its series asks for and that was taken
    ADD COLUMN is_dropped     boolean NOT NULL DEFAULT false,  -- nobody was signed up when its series changed: shown nowhere
    ADD COLUMN note           text NOT NULL DEFAULT '',  -- what is special this time
    ADD COLUMN note_en        text NOT NULL DEFAULT '',
    ADD COLUMN absent_from    timestamptz,               -- nobody is missed before: of a task that may still be done later
    ADD CONSTRAINT session_of_series CHECK ((series_id IS NULL) = (original_start IS NULL)),
    ADD CONSTRAINT session_dropped CHECK (NOT is_dropped OR state = 'cancelled'),
    -- However many generators run: one session for each date of a rule (schedule-9). One that was called off keeps its date (schedule-15).
    ADD CONSTRAINT session_once UNIQUE (series_id, original_start);

-- A task without a fixed hour: so many minutes, some time from one day to another. A place is given out first, then a time agreed,
-- and only then is there a session (schedule-19).
CREATE TABLE task (
    id           uuid PRIMARY KEY,
    activity_id  uuid NOT NULL REFERENCES activity,
    minutes      int NOT NULL CHECK (minutes BETWEEN 5 AND 1440),
    first_on     date NOT NULL,
    last_on      date NOT NULL CHECK (last_on >= first_on),                  -- inclusive
    place        text NOT NULL CHECK (place <> ''),
    name         text NOT NULL CHECK (name <> ''),       -- what is done: the role of its sessions
    name_en      text NOT NULL DEFAULT '',
    places       int NOT NULL DEFAULT 1 CHECK (places > 0),
    ended_at     timestamptz,                            -- taken off the list
    made_by      uuid NOT NULL REFERENCES member,
    made_at      timestamptz NOT NULL
);
CREATE INDEX task_activity ON task (activity_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'task');

CREATE TABLE task_taker (
    task_id     uuid NOT NULL REFERENCES task,
    person_id   uuid NOT NULL REFERENCES member,
    state       text NOT NULL CHECK (state IN ('taken', 'agreed', 'given_back')),
    wish        timestamp,                               -- the wall time that the member proposes
    session_id  uuid REFERENCES session,                 -- once a time is agreed
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (task_id, person_id),
    CHECK ((state = 'agreed') = (session_id IS NOT NULL))
);
CREATE INDEX task_taker_person ON task_taker (person_id);
CREATE UNIQUE INDEX task_taker_session ON task_taker (session_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'task_taker');
