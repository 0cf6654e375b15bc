-- Leaving and closing: stays that wait for the organiser's word, hours recorded later that are corrected, alarms on entries.

ALTER TABLE activity
    ADD COLUMN confirms_self boolean NOT NULL DEFAULT false;   -- who checked in by their own phone earns once the organiser confirms

-- A class A record that brings points only once somebody who runs the activity has confirmed the stay: the policy of its day
-- wants that, or the activity does for those who checked in by themselves.
CREATE TABLE stay_confirmation (
    attendance_id  uuid NOT NULL,
    version        int NOT NULL,
    member_id      uuid NOT NULL REFERENCES member,
    asked_at       timestamptz NOT NULL,
    confirmed_by   uuid REFERENCES member,
    confirmed_at   timestamptz,
    PRIMARY KEY (attendance_id, version),
    FOREIGN KEY (attendance_id, version) REFERENCES service_record (attendance_id, version),
    CHECK ((confirmed_by IS NULL) = (confirmed_at IS NULL)),
    CHECK (confirmed_by <> member_id)                    -- nobody confirms for themselves
);
CREATE INDEX stay_confirmation_member ON stay_confirmation (member_id);
CREATE INDEX stay_confirmation_waits ON stay_confirmation (attendance_id) WHERE confirmed_at IS NULL;

-- A stay of minutes scanned in and out promises at once, unless somebody has to confirm it first; any other does once its record
-- is there, which needs a second person.
CREATE OR REPLACE VIEW reconcile.attendance_has_its_promise AS
SELECT 'attendance ' || a.id AS subject, format('version %s has no intent', a.version) AS detail
FROM attendance a JOIN session s ON s.id = a.session_id JOIN activity c ON c.id = s.activity_id AND c.is_service
LEFT JOIN service_record r ON r.attendance_id = a.id AND r.version = a.version
LEFT JOIN intent i ON i.business_key = format('attendance:%s:v%s', a.id, a.version)
WHERE a.version > 0 AND a.state = 'counts' AND i.id IS NULL AND r.is_withdrawn IS NOT TRUE
    AND (r.id IS NOT NULL OR (a.is_by_code AND a.minutes > 0))
    AND NOT EXISTS (SELECT FROM stay_confirmation w
                     WHERE w.attendance_id = a.id AND w.version = a.version AND w.confirmed_at IS NULL)
    -- Points that could not be corrected stand on the list of conflicts: somebody looks at them there.
    AND NOT EXISTS (SELECT FROM door_conflict x WHERE x.key = format('points_not_taken:%s:v%s', a.id, a.version));

-- What never was brings nothing: the versions of an annulled stay together have brought as much as they took back, and what was spent
-- of it is a debt; or it says on the list of conflicts that the points could not be taken.
CREATE VIEW reconcile.annulled_stay_brings_nothing AS
SELECT 'attendance ' || a.id AS subject, format('annulled, and %s units stay', sum(CASE i.kind WHEN 'correct' THEN -i.amount ELSE i.amount END)) AS detail
FROM attendance a
JOIN intent i ON i.business_key LIKE 'attendance:%' AND split_part(i.business_key, ':', 2) = a.id::text AND i.state IN ('pending', 'done')
WHERE a.state = 'annulled' AND NOT EXISTS (SELECT FROM transfer t WHERE t.reverses = i.transfer_id)
    AND NOT EXISTS (SELECT FROM door_conflict x WHERE x.attendance_id = a.id AND x.kind = 'points_not_taken')
GROUP BY a.id HAVING sum(CASE i.kind WHEN 'correct' THEN -i.amount ELSE i.amount END) <> 0;

-- Of hours that no stay stands behind, a correction is the next version of the first record.
ALTER TABLE service_record
    ADD COLUMN first_id uuid REFERENCES service_record,  -- of a record without a stay: its first version; none: this is it, or there is a stay
    ADD CONSTRAINT service_record_first_version UNIQUE (first_id, version),
    ADD CONSTRAINT service_record_first_check CHECK (attendance_id IS NULL OR first_id IS NULL),
    ADD CONSTRAINT service_record_later_check CHECK (attendance_id IS NOT NULL OR (first_id IS NULL) = (version = 1));
ALTER TABLE hours_entry
    ADD COLUMN corrects uuid REFERENCES service_record,  -- the first version of the record that it would correct
    ADD CONSTRAINT hours_entry_corrects_check CHECK (corrects IS NULL OR kind = 'later');
-- Of two who correct one record at once, one does.
CREATE UNIQUE INDEX hours_entry_one_correction ON hours_entry (corrects) WHERE state = 'pending';
CREATE INDEX hours_entry_entered ON hours_entry (entered_at);

-- A desk too hears that somebody has to leave early: `by_id` is a member or a device.
ALTER TABLE signup_fact DROP CONSTRAINT signup_fact_by_id_fkey;

-- Entries that are many or fast, for people to look at; an alarm changes nothing else. Kept as facts, with who has looked.
CREATE TABLE entry_alarm (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('person_day', 'enterer_day', 'enterer_speed')),
    about_id      uuid NOT NULL REFERENCES member,       -- whose hours they are, or who entered them
    day           date NOT NULL,                         -- of the service, or on which it was entered
    community_id  uuid NOT NULL REFERENCES community,    -- whose policy set the threshold
    threshold     int NOT NULL CHECK (threshold > 0),    -- minutes of a day, entries of a day, minutes between two
    raised_at     timestamptz NOT NULL,
    is_open       boolean NOT NULL DEFAULT true,         -- until somebody has looked at the last row
    UNIQUE (kind, about_id, day)
);
CREATE INDEX entry_alarm_listed ON entry_alarm (is_open, raised_at, id);
CREATE TABLE entry_alarm_row (
    alarm_id  uuid NOT NULL REFERENCES entry_alarm,
    entry_id  uuid NOT NULL REFERENCES hours_entry,
    added_at  timestamptz NOT NULL,
    PRIMARY KEY (alarm_id, entry_id)
);
CREATE TABLE entry_alarm_note (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alarm_id  uuid NOT NULL REFERENCES entry_alarm,
    by_id     uuid NOT NULL REFERENCES member,
    at        timestamptz NOT NULL,
    note      text NOT NULL CHECK (note <> '')
);
CREATE INDEX entry_alarm_note_of ON entry_alarm_note (alarm_id);
CREATE TRIGGER entry_alarm_is_kept BEFORE UPDATE OF id, kind, about_id, day, community_id, threshold, raised_at OR DELETE OR TRUNCATE
    ON entry_alarm EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_alarm_row_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entry_alarm_row EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entry_alarm_note_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON entry_alarm_note EXECUTE FUNCTION refuse_change();

CALL pg_temp.allow('SELECT, INSERT', 'stay_confirmation', 'entry_alarm', 'entry_alarm_row', 'entry_alarm_note');
CALL pg_temp.allow('UPDATE (confirmed_by, confirmed_at)', 'stay_confirmation');
CALL pg_temp.allow('UPDATE (is_open)', 'entry_alarm');
CALL pg_temp.allow('SELECT', 'reconcile.annulled_stay_brings_nothing');
