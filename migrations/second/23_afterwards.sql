-- After a session: who was not there, whose hours wait for a second person, what was said about a stay.

-- One for a sign-up that was not used. What it went through stands in no_show_change; `told_at` starts the time to object.
-- A further round where one was dropped for a scan that counts no more: the member is told again, with all of the time to object.
CREATE TABLE no_show (
    id             uuid PRIMARY KEY,
    signup_id      uuid NOT NULL,
    round          int NOT NULL DEFAULT 1 CHECK (round > 0),
    session_id     uuid NOT NULL,
    person_id      uuid NOT NULL REFERENCES member,
    state          text NOT NULL CHECK (state IN ('proposed', 'notified', 'objection', 'final', 'dropped')),
    reported_by    uuid REFERENCES member,               -- none: the end and its grace went by
    told_at        timestamptz,                          -- when the member had the message, or was told in person
    objects_until  timestamptz,                          -- from here on it is final
    decided_by     uuid REFERENCES member,               -- of an objection, or of a final one that was wrong
    changed_at     timestamptz NOT NULL,
    UNIQUE (signup_id, round),
    FOREIGN KEY (signup_id, session_id, person_id) REFERENCES signup (id, session_id, person_id),
    CHECK ((told_at IS NULL) = (objects_until IS NULL)),
    CHECK (state IN ('proposed', 'dropped') OR told_at IS NOT NULL),
    CHECK (decided_by <> person_id),
    CHECK (state <> 'final' OR decided_by <> reported_by)  -- who reported it does not judge the objection
);
CREATE UNIQUE INDEX no_show_one_stands ON no_show (signup_id) WHERE state <> 'dropped';
CREATE INDEX no_show_person ON no_show (person_id);
CREATE INDEX no_show_session ON no_show (session_id);
CREATE INDEX no_show_open ON no_show (changed_at) WHERE state IN ('proposed', 'notified', 'objection');

CREATE TABLE no_show_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no_show_id  uuid NOT NULL REFERENCES no_show,
    state       text NOT NULL CHECK (state IN ('proposed', 'notified', 'objection', 'final', 'dropped')),
    at          timestamptz NOT NULL,
    by_id       uuid REFERENCES member,                  -- none: a rule did it
    cause       text NOT NULL CHECK (cause IN ('no_attendance', 'roll_call', 'report', 'message', 'in_person', 'objection', 'decision',
                                               'no_objection', 'correction', 'came', 'excused', 'undone')),
    comment     text NOT NULL DEFAULT ''
);
CREATE INDEX no_show_change_of ON no_show_change (no_show_id);
CREATE TRIGGER no_show_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON no_show_change EXECUTE FUNCTION refuse_change();

-- Facts of their own about a sign-up, which never count as a no-show.
CREATE TABLE signup_fact (
    signup_id  uuid NOT NULL REFERENCES signup,
    kind       text NOT NULL CHECK (kind IN ('excused', 'left_early')),
    at         timestamptz NOT NULL,
    by_id      uuid NOT NULL REFERENCES member,
    reason     text NOT NULL DEFAULT '',
    PRIMARY KEY (signup_id, kind)
);
CREATE TRIGGER signup_fact_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON signup_fact EXECUTE FUNCTION refuse_change();

-- A member whose way out was set by itself asks for other minutes; the organiser takes it into the close of the day, or refuses.
CREATE TABLE correction_request (
    attendance_id  uuid PRIMARY KEY REFERENCES attendance,
    member_id      uuid NOT NULL REFERENCES member,
    minutes        int NOT NULL CHECK (minutes >= 0),
    reason         text NOT NULL CHECK (reason <> ''),
    asked_at       timestamptz NOT NULL,
    state          text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'taken', 'refused')),
    answered_by    uuid REFERENCES member CHECK (answered_by <> member_id),
    answered_at    timestamptz,
    answer         text NOT NULL DEFAULT '',
    CHECK ((state = 'open') = (answered_by IS NULL)),
    CHECK (state <> 'refused' OR answer <> '')
);

-- Hours that wait for a second person, as they were sent: a rejected one is sent again as a row of its own.
-- `stay`: the list of a session; `correction`: other minutes for a stay on record; `later`: entered afterwards.
CREATE TABLE hours_entry (
    id                uuid PRIMARY KEY,
    replaces          uuid UNIQUE REFERENCES hours_entry,
    kind              text NOT NULL CHECK (kind IN ('stay', 'correction', 'later')),
    class             text NOT NULL CHECK (class IN ('A', 'B', 'C')),
    member_id         uuid NOT NULL REFERENCES member,
    community_id      uuid NOT NULL REFERENCES community,  -- who may decide
    attendance_id     uuid REFERENCES attendance,
    session_id        uuid REFERENCES session,
    activity_name     text NOT NULL CHECK (activity_name <> ''),
    served_on         date NOT NULL,
    place             text NOT NULL CHECK (place <> ''),
    service_content   text NOT NULL CHECK (service_content <> ''),
    service_minutes   int NOT NULL CHECK (service_minutes >= 0),
    organising_unit   text NOT NULL CHECK (organising_unit <> ''),
    person_in_charge  text NOT NULL CHECK (person_in_charge <> ''),
    reason            text NOT NULL DEFAULT '',
    entered_by        uuid NOT NULL REFERENCES member,
    entered_at        timestamptz NOT NULL,
    state             text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'rejected')),
    decided_by        uuid REFERENCES member,
    decided_at        timestamptz,
    decision          text NOT NULL DEFAULT '',
    record_id         uuid UNIQUE REFERENCES service_record,
    CHECK ((kind = 'later') = (attendance_id IS NULL)),
    CHECK ((kind = 'later') = (class = 'C')),
    CHECK (kind = 'stay' OR reason <> ''),
    CHECK ((state = 'pending') = (decided_by IS NULL) AND (state = 'pending') = (decided_at IS NULL)),
    CHECK (decided_by <> entered_by AND decided_by <> member_id),   -- four eyes, whatever the role
    CHECK (state <> 'rejected' OR decision <> ''),
    CHECK ((state = 'approved') = (record_id IS NOT NULL))
);
-- Of two who send the hours of one stay at once, one does.
CREATE UNIQUE INDEX hours_entry_one_pending ON hours_entry (attendance_id) WHERE state = 'pending';
CREATE INDEX hours_entry_pending ON hours_entry (entered_at, id) WHERE state = 'pending';
CREATE INDEX hours_entry_member ON hours_entry (member_id, served_on);
CREATE INDEX hours_entry_session ON hours_entry (session_id);

CREATE INDEX attendance_automatic ON attendance (out_at) WHERE is_automatic;

CALL pg_temp.allow('SELECT, INSERT', 'no_show', 'no_show_change', 'signup_fact', 'correction_request', 'hours_entry');
CALL pg_temp.allow('UPDATE (state, told_at, objects_until, decided_by, changed_at)', 'no_show');
CALL pg_temp.allow('UPDATE (state, answered_by, answered_at, answer)', 'correction_request');
CALL pg_temp.allow('UPDATE (state, decided_by, decided_at, decision, record_id)', 'hours_entry');
