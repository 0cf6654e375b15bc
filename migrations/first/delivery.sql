-- Answers kept for a repeated request, and when periodic jobs ran. Promises stand in points.sql.

CREATE TABLE idempotency (
    scope         text NOT NULL,                         -- member:<id> or device:<id>
    key           text NOT NULL,
    request_hash  bytea NOT NULL,
    status        int,
    answer        jsonb,
    made_at       timestamptz NOT NULL,
    PRIMARY KEY (scope, key)
);
CREATE INDEX idempotency_age ON idempotency (made_at);

-- One row per periodic job or loop: when it last ran and when it last ended well.
CREATE TABLE job_run (
    name          text PRIMARY KEY,
    started_at    timestamptz NOT NULL,
    succeeded_at  timestamptz,
    handled       int NOT NULL DEFAULT 0,
    last_error    text
);
