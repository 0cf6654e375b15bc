-- Messages to members: written with the fact they tell of, delivered later, each once.

CREATE TABLE message (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key           text NOT NULL UNIQUE,                  -- what happened, to whom: the same fact is never told twice
    person_id     uuid NOT NULL REFERENCES member,
    kind          text NOT NULL,                         -- a letter of timebank/web/letters
    facts         jsonb NOT NULL DEFAULT '{}',           -- what its sentences need
    path          text NOT NULL DEFAULT '',              -- the page it leads to
    is_reminder   boolean NOT NULL DEFAULT false,        -- a member may switch these off
    written_at    timestamptz NOT NULL,
    due_at        timestamptz NOT NULL,                  -- not shown and not sent before
    useful_until  timestamptz,                           -- from here on it would only confuse
    state         text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'kept', 'withdrawn', 'too_late', 'failed')),
    attempts      int NOT NULL DEFAULT 0,
    next_at       timestamptz NOT NULL,
    done_at       timestamptz,                           -- when it was sent, or kept where nothing is sent
    last_error    text,
    read_at       timestamptz,
    CHECK ((state IN ('sent', 'kept')) = (done_at IS NOT NULL)),
    CHECK (useful_until > due_at)
);
CREATE INDEX message_due ON message (next_at) WHERE state = 'pending';
CREATE INDEX message_of_person ON message (person_id, due_at DESC);
CALL pg_temp.allow('SELECT, INSERT', 'message');
CALL pg_temp.allow('UPDATE (due_at, next_at, useful_until, facts, state, attempts, done_at, last_error, read_at)', 'message');
