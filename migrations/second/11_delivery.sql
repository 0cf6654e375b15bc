-- Delivery of messages, what each member wishes to be told, and the watch over periodic jobs.

-- One row per job that every installation runs; `started_at` is empty until it has run for the first time.
ALTER TABLE job_run
    ALTER COLUMN started_at DROP NOT NULL,
    ADD COLUMN is_watched boolean NOT NULL DEFAULT false,          -- false: an alarm's own row, or a job of an older release
    ADD COLUMN known_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN every      interval NOT NULL DEFAULT '1 hour',
    ADD COLUMN patience   interval NOT NULL DEFAULT '1 hour',      -- how much later than `every` a success may come
    ADD COLUMN failed_at  timestamptz,
    ADD COLUMN alarm_at   timestamptz,                             -- the last alarm of those that stand; none: all is well
    ADD COLUMN alarms     int NOT NULL DEFAULT 0;                  -- how many were raised since the last success

-- What a job could not do: one row per item until it succeeds.
CREATE TABLE job_failure (
    job       text NOT NULL,
    item      text NOT NULL,                                       -- as the job names it, such as offer:<id>
    error     text NOT NULL,
    attempts  int NOT NULL DEFAULT 1 CHECK (attempts > 0),
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    next_at   timestamptz NOT NULL,                                -- not tried again before
    PRIMARY KEY (job, item)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE, DELETE', 'job_failure');

-- For queries with a LIMIT: items that failed and rest must not stand in the way of the others.
CREATE FUNCTION is_resting(p_job text, p_item text, p_now timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM job_failure WHERE job = p_job AND item = p_item AND next_at > p_now)
$$;

ALTER TABLE member
    ADD COLUMN told_by       text NOT NULL DEFAULT 'phone' CHECK (told_by IN ('phone', 'here')),
    ADD COLUMN reminders     boolean NOT NULL DEFAULT true,
    ADD COLUMN summary_own   boolean NOT NULL DEFAULT false,       -- in the evening: what I have tomorrow
    ADD COLUMN summary_run   boolean NOT NULL DEFAULT true,        -- in the evening: what I run tomorrow
    ADD COLUMN clock_hours   int NOT NULL DEFAULT 24 CHECK (clock_hours IN (12, 24));

-- Minutes before the start; 0: no reminder.
ALTER TABLE activity ADD COLUMN remind_before int NOT NULL DEFAULT 180 CHECK (remind_before BETWEEN 0 AND 10080);
ALTER TABLE space ADD COLUMN remind_before int NOT NULL DEFAULT 180 CHECK (remind_before BETWEEN 0 AND 10080);

CREATE INDEX message_unread ON message (person_id) WHERE read_at IS NULL;
