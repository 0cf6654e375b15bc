-- The desk in full: what is asked at the door, what of a person decides there, walk-ins, and who prepared a desk for a cut network.

ALTER TABLE activity
    ADD COLUMN walk_ins        boolean NOT NULL DEFAULT false,  -- who comes without a sign-up may take a free place at the door
    ADD COLUMN asks_skills     boolean NOT NULL DEFAULT false,  -- set by itself: a role needs a skill ...
    ADD COLUMN asks_questions  boolean NOT NULL DEFAULT false;  -- ... or the door asks something; without, a scan looks for neither
ALTER TABLE signup_change ADD COLUMN is_walk_in boolean NOT NULL DEFAULT false;  -- made by a scan at the door: undone, it goes with it

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

-- Whether somebody had their place at the instant after which they would be late: who walks in later, or gets a place then, kept nobody
-- waiting. A sign-up with no history at all had it always.
CREATE FUNCTION was_expected(a_signup uuid, late_from timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((SELECT c.state = 'confirmed' FROM signup_change c WHERE c.signup_id = a_signup AND c.at <= late_from
                      ORDER BY c.id DESC LIMIT 1),
                    NOT EXISTS (SELECT FROM signup_change c WHERE c.signup_id = a_signup));
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
