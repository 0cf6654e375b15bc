-- The desk in full: what is asked at the door, what of a person decides there, walk-ins, and who prepared a desk for a cut network.

ALTER TABLE activity
    ADD COLUMN walk_ins        boolean NOT NULL DEFAULT false,  -- who comes without a sign-up may take a free place at the door
    ADD COLUMN asks_skills     boolean NOT NULL DEFAULT false,  -- set by itself: a role needs a skill ...
    ADD COLUMN asks_questions  boolean NOT NULL DEFAULT false;  -- ... or the door asks something; without, a scan looks for neither

-- What is asked at the door beside the briefing. A wording that changes is a new question; the old one keeps its answers.
CREATE TABLE door_question (
    id           uuid PRIMARY KEY,
    activity_id  uuid NOT NULL REFERENCES activity,
    position     int NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('acknowledge', 'text', 'number', 'choice')),
    text         text NOT NULL CHECK (text <> ''),
    text_en      text NOT NULL DEFAULT '',
    choices      text[] NOT NULL DEFAULT '{}',           -- what is answered, one of these
    choices_en   text[] NOT NULL DEFAULT '{}',           -- how English readers see them, in the same order; empty: as they are
    is_required  boolean NOT NULL DEFAULT true,
    made_by      uuid NOT NULL REFERENCES member,
    made_at      timestamptz NOT NULL,
    retired_at   timestamptz,
    CHECK ((kind = 'choice') = (cardinality(choices) > 1)),
    CHECK (cardinality(choices_en) IN (0, cardinality(choices)))
);
CREATE INDEX door_question_asked ON door_question (activity_id, position) WHERE retired_at IS NULL;
CALL pg_temp.allow('SELECT, INSERT', 'door_question');
CALL pg_temp.allow('UPDATE (position, retired_at)', 'door_question');

-- What a person answered for one sign-up, with the scan that brought it. Corrected by a further row; the last one counts.
CREATE TABLE door_answer (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    signup_id    uuid NOT NULL REFERENCES signup,
    question_id  uuid NOT NULL REFERENCES door_question,
    answer       jsonb NOT NULL,
    scanner_id   uuid,                                   -- with the nonce: the scan; none where staff wrote it down afterwards
    nonce        text,
    written_by   uuid,
    answered_at  timestamptz NOT NULL,
    CHECK ((scanner_id IS NULL) = (nonce IS NULL)),
    CHECK (scanner_id IS NOT NULL OR written_by IS NOT NULL)
);
CREATE INDEX door_answer_signup ON door_answer (signup_id, question_id, id);
CREATE TRIGGER door_answer_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON door_answer EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'door_answer');

-- The two flags follow their tables, whoever writes there.
CREATE FUNCTION note_what_is_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE activity a SET asks_skills = EXISTS (SELECT FROM role_need n WHERE n.activity_id = a.id),
                          asks_questions = EXISTS (SELECT FROM door_question q WHERE q.activity_id = a.id AND q.retired_at IS NULL)
     WHERE a.id IN (SELECT activity_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER role_need_added AFTER INSERT ON role_need
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_what_is_asked();
CREATE TRIGGER role_need_gone AFTER DELETE ON role_need
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_what_is_asked();
CREATE TRIGGER door_question_added AFTER INSERT ON door_question
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_what_is_asked();
CREATE TRIGGER door_question_changed AFTER UPDATE ON door_question
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note_what_is_asked();
UPDATE activity a SET asks_skills = true WHERE EXISTS (SELECT FROM role_need n WHERE n.activity_id = a.id);

-- Whether a person holds every skill that a role of an activity needs, on the last local day of a session (checkin-35).
-- Functions of their own: an activity that asks nothing pays one look at a flag.
CREATE FUNCTION is_qualified(a_person uuid, an_activity uuid, a_role text, an_end timestamptz, a_zone text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT FROM role_need n JOIN skill k ON k.id = n.skill_id
          LEFT JOIN held_skill h ON h.skill_id = k.id AND h.person_id = a_person
         WHERE n.activity_id = an_activity AND n.role = a_role
           AND skill_standing(h.state, h.valid_until, k.needs_confirmation, last_day(an_end, a_zone)) <> 'met');
END $$;

-- What is still to be asked of a person at the door: the briefing in its present wording, then the questions that this sign-up
-- has not answered (checkin-32). As decision.Question takes them.
CREATE FUNCTION open_questions(a_person uuid, a_signup uuid, an_activity uuid, a_briefing bigint) RETURNS json
LANGUAGE plpgsql STABLE AS $$
DECLARE found json;
BEGIN
    SELECT coalesce(json_agg(json_build_object('id', q.id, 'kind', q.kind, 'choices', q.choices, 'is_required', q.is_required)
                             ORDER BY q.position), '[]') INTO found
      FROM (SELECT 'briefing:' || a_briefing AS id, 'acknowledge' AS kind, '{}'::text[] AS choices, true AS is_required, -1 AS position
             WHERE a_briefing IS NOT NULL
               AND NOT EXISTS (SELECT FROM acknowledgement k WHERE k.briefing_id = a_briefing AND k.person_id = a_person)
            UNION ALL
            SELECT d.id::text, d.kind, d.choices, d.is_required, d.position
              FROM door_question d WHERE d.activity_id = an_activity AND d.retired_at IS NULL
               AND NOT EXISTS (SELECT FROM door_answer w WHERE w.signup_id = a_signup AND w.question_id = d.id)) q;
    RETURN found;
END $$;

-- As before, with qualification and questions.
CREATE OR REPLACE FUNCTION scan_facts(
    a_person uuid, some_activities uuid[], a_place text, a_scanner uuid, a_nonce text, at timestamptz, near interval
) RETURNS json LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE facts json;
BEGIN
    -- Scans of one person queue here, whichever desk they come from. What is read below is read after the wait (pitfall Q1).
    PERFORM FROM session s JOIN signup u ON u.session_id = s.id AND u.person_id = a_person
      WHERE s.activity_id = ANY (some_activities) AND s.opens_at <= at + near AND s.closes_at >= at - near
      ORDER BY u.id FOR NO KEY UPDATE OF u;

    SELECT json_build_object(
        'earlier', coalesce(
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code, 'answer', answer,
                                      'direction', direction, 'session', session_id)
               FROM scan WHERE scanner_id = a_scanner AND nonce = a_nonce AND reason = 'ok'),
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code)
               FROM scan WHERE scanner_id = a_scanner AND nonce = a_nonce AND reason <> 'ok' ORDER BY id DESC LIMIT 1)),
        'inside', (SELECT json_build_object('id', i.id, 'session', i.session_id, 'in_at', i.in_at,
                                            'is_by_code', i.is_by_code, 'starts_at', s.starts_at, 'ends_at', s.ends_at,
                                            'closes_at', s.closes_at, 'tolerance', a.tolerance)
                     FROM attendance i JOIN session s ON s.id = i.session_id JOIN activity a ON a.id = s.activity_id
                    WHERE i.person_id = a_person AND i.out_at IS NULL AND i.state = 'counts'),
        'places', (SELECT coalesce(json_agg(json_build_object(
                              'session', s.id, 'activity_id', a.id, 'signup_id', u.id, 'state', u.state,
                              'starts_at', s.starts_at, 'ends_at', s.ends_at, 'opens_at', s.opens_at, 'closes_at', s.closes_at,
                              'late_after', a.late_after,
                              'is_called_off', s.state = 'cancelled',
                              'is_qualified', CASE WHEN a.asks_skills
                                                   THEN is_qualified(a_person, a.id, r.name, s.ends_at, a.time_zone) ELSE true END,
                              'questions', CASE WHEN a.asks_questions OR a.briefing_id IS NOT NULL
                                                THEN open_questions(a_person, u.id, a.id, a.briefing_id) ELSE '[]' END,
                              'allows_reentry', a.allows_reentry, 'allows_many', a.allows_many,
                              'entries', h.entries, 'last_entry', h.last_entry, 'first_at', h.first_at, 'first_scan', h.first_scan,
                              'last', (SELECT json_build_object('id', id, 'in_at', in_at, 'out_at', out_at, 'minutes', minutes)
                                         FROM attendance WHERE signup_id = u.id AND state = 'counts' ORDER BY entry DESC LIMIT 1),
                              'is_service', a.is_service,
                              'title', a.title, 'title_en', a.title_en, 'time_zone', a.time_zone,
                              'place', s.place, 'place_en', coalesce(p.name_en, ''),
                              'role', r.name, 'role_en', r.name_en, 'note', a.staff_note)), '[]')
                     FROM session s JOIN signup u ON u.session_id = s.id AND u.person_id = a_person
                     JOIN activity a ON a.id = s.activity_id JOIN session_role r ON r.id = u.role_id LEFT JOIN space p ON p.id = s.space_id
                     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'counts') AS entries, coalesce(max(entry), 0) AS last_entry,
                                                min(in_at) FILTER (WHERE state = 'counts') AS first_at,
                                                min(in_scan) FILTER (WHERE state = 'counts') AS first_scan
                                           FROM attendance WHERE signup_id = u.id) h
                    WHERE s.activity_id = ANY (some_activities) AND s.opens_at <= at + near AND s.closes_at >= at - near
                      AND (a_place IS NULL OR s.place = a_place))
    ) INTO facts;
    RETURN facts;
END $$;
