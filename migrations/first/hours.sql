-- The service record: what was done and for how long. Never changed; a correction is a row with the next version.

CREATE TABLE service_record (
    id                uuid PRIMARY KEY,
    member_id         uuid NOT NULL REFERENCES member,
    attendance_id     uuid REFERENCES attendance,
    version           int NOT NULL CHECK (version > 0),
    class             text NOT NULL CHECK (class IN ('A', 'B', 'C')),
    source            text NOT NULL CHECK (source IN ('scan', 'list', 'later', 'import')),
    activity_name     text NOT NULL CHECK (activity_name <> ''),
    served_on         date NOT NULL,                     -- local date of the session's start
    place             text NOT NULL CHECK (place <> ''),
    service_content   text NOT NULL CHECK (service_content <> ''),
    service_minutes   int NOT NULL CHECK (service_minutes >= 0),
    organising_unit   text NOT NULL CHECK (organising_unit <> ''),
    person_in_charge  text NOT NULL CHECK (person_in_charge <> ''),
    is_withdrawn      boolean NOT NULL DEFAULT false,    -- this version takes the record back
    reason            text NOT NULL DEFAULT '',
    entered_by        uuid NOT NULL,                     -- member or device
    approved_by       uuid,
    recorded_at       timestamptz NOT NULL,
    UNIQUE (attendance_id, version),
    -- A needs nobody; B and C need a second person, who neither entered it nor is the one it is about.
    CHECK (class = 'A' OR (approved_by IS NOT NULL AND approved_by <> entered_by AND approved_by <> member_id)),
    CHECK (version = 1 OR reason <> '')
);
CREATE INDEX service_record_member ON service_record (member_id, served_on);
CREATE TRIGGER service_record_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON service_record EXECUTE FUNCTION refuse_change();
