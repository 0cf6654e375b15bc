-- Staff took over what a withdrawn desk had not sent, from its file: who, when, how many. From then on that member's uploads under the
-- name of that desk are let through (see LOCK_DESK); what came of each scan stands in the log, as of any upload.
CREATE TABLE desk_hand_in (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id  uuid NOT NULL REFERENCES device,
    by_id      uuid NOT NULL REFERENCES member,
    at         timestamptz NOT NULL,
    items      int NOT NULL CHECK (items > 0),
    chosen     int NOT NULL                              -- for how many of them the session was chosen now
);
CREATE INDEX desk_hand_in_of ON desk_hand_in (device_id, by_id);
CREATE TRIGGER desk_hand_in_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON desk_hand_in EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'desk_hand_in');
