-- Who may take which place: skills, experience, earlier sign-up; briefings; teams; partners; sessions that lack people.

-- Skills that places may need. Known to their community and all below it.
CREATE TABLE skill (
    id                  uuid PRIMARY KEY,
    community_id        uuid NOT NULL REFERENCES community,
    name                text NOT NULL CHECK (name <> ''),
    name_en             text NOT NULL DEFAULT '',
    needs_confirmation  boolean NOT NULL DEFAULT true,   -- claiming it is not enough
    by_briefing         boolean NOT NULL DEFAULT false,  -- an organiser may confirm it with a code at the end of a briefing
    way                 text NOT NULL DEFAULT '',        -- how one gets it confirmed, as people read it
    way_en              text NOT NULL DEFAULT '',
    months              int CHECK (months BETWEEN 1 AND 600),  -- a confirmation holds so long; none: for good
    made_by             uuid REFERENCES member,          -- none: came with the move from the first release
    made_at             timestamptz NOT NULL,
    retired_at          timestamptz,                     -- no longer offered; places that need it still do
    UNIQUE (community_id, name)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'skill');

CREATE TABLE held_skill (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    skill_id      uuid NOT NULL REFERENCES skill,
    person_id     uuid NOT NULL REFERENCES member,
    state         text NOT NULL CHECK (state IN ('claimed', 'confirmed', 'withdrawn')),
    note          text NOT NULL DEFAULT '',              -- what the member says of it: which course, which certificate
    valid_until   date,                                  -- the last day of a confirmation; none: for good
    changed_by    uuid REFERENCES member,
    changed_at    timestamptz NOT NULL,
    UNIQUE (skill_id, person_id),
    CHECK (valid_until IS NULL OR state = 'confirmed')
);
CREATE INDEX held_skill_person ON held_skill (person_id);
CREATE INDEX held_skill_claims ON held_skill (skill_id, changed_at) WHERE state = 'claimed';
CREATE INDEX held_skill_expiry ON held_skill (valid_until) WHERE valid_until IS NOT NULL;
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'held_skill');

-- A code that an organiser shows at the end of a briefing. Each member who opens it has the skill confirmed, once.
CREATE TABLE briefing_code (
    id            uuid PRIMARY KEY,
    skill_id      uuid NOT NULL REFERENCES skill,
    occasion      text NOT NULL DEFAULT '',
    issued_by     uuid NOT NULL REFERENCES member,
    issued_at     timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL CHECK (expires_at > issued_at),
    withdrawn_at  timestamptz
);
CREATE INDEX briefing_code_issuer ON briefing_code (issued_by, issued_at DESC);
CALL pg_temp.allow('SELECT, INSERT', 'briefing_code');
CALL pg_temp.allow('UPDATE (withdrawn_at)', 'briefing_code');

-- Every state that a member's skill has had: who confirmed whom, by which code, until when, why it was taken back.
CREATE TABLE held_skill_change (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    held_id      bigint NOT NULL REFERENCES held_skill,
    state        text NOT NULL,
    at           timestamptz NOT NULL,
    by_id        uuid REFERENCES member,
    valid_until  date,
    code_id      uuid REFERENCES briefing_code,
    reason       text NOT NULL DEFAULT ''
);
CREATE INDEX held_skill_change_held ON held_skill_change (held_id);
-- Two taps on one code, or two phones of one person: one of them confirms.
CREATE UNIQUE INDEX held_skill_change_code ON held_skill_change (held_id, code_id) WHERE code_id IS NOT NULL;
CREATE TRIGGER held_skill_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON held_skill_change EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'held_skill_change');

-- How somebody stands to a skill on a day: met, missing, claimed (and not confirmed), expired.
CREATE FUNCTION skill_standing(p_state text, p_valid_until date, p_needs_confirmation boolean, p_day date) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN p_state IS NULL OR p_state = 'withdrawn' THEN 'missing'
                WHEN p_state = 'claimed' AND p_needs_confirmation THEN 'claimed'
                WHEN p_valid_until < p_day THEN 'expired'
                ELSE 'met' END
$$;

-- The last local day that lies in a session: a certificate has to hold on it.
CREATE FUNCTION last_day(p_ends_at timestamptz, p_time_zone text) RETURNS date LANGUAGE sql STABLE AS $$
    SELECT ((p_ends_at - interval '1 microsecond') AT TIME ZONE p_time_zone)::date
$$;

-- What a role of an activity asks of who takes it; by the role's name, so that every session made later asks the same.
CREATE TABLE role_rule (
    activity_id        uuid NOT NULL REFERENCES activity,
    role               text NOT NULL,
    is_lead            boolean NOT NULL DEFAULT false,   -- a session without anybody here has no leader
    keeps_experienced  boolean NOT NULL DEFAULT false,   -- the last place is kept while only first-timers signed up
    PRIMARY KEY (activity_id, role)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE, DELETE', 'role_rule');

CREATE TABLE role_need (
    activity_id  uuid NOT NULL,
    role         text NOT NULL,
    skill_id     uuid NOT NULL REFERENCES skill,
    PRIMARY KEY (activity_id, role, skill_id),
    FOREIGN KEY (activity_id, role) REFERENCES role_rule ON DELETE CASCADE
);
CREATE INDEX role_need_skill ON role_need (skill_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE, DELETE', 'role_need');

-- What is read and ticked before a first sign-up; each wording is kept.
CREATE TABLE briefing (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id  uuid NOT NULL REFERENCES activity,
    text         text NOT NULL CHECK (text <> ''),
    text_en      text NOT NULL DEFAULT '',
    made_by      uuid NOT NULL REFERENCES member,
    made_at      timestamptz NOT NULL
);
CREATE INDEX briefing_activity ON briefing (activity_id);
CALL pg_temp.allow('SELECT, INSERT', 'briefing');

CREATE TABLE acknowledgement (
    briefing_id  bigint NOT NULL REFERENCES briefing,
    person_id    uuid NOT NULL REFERENCES member,
    at           timestamptz NOT NULL,
    PRIMARY KEY (briefing_id, person_id)
);
CALL pg_temp.allow('SELECT, INSERT', 'acknowledgement');

ALTER TABLE activity
    ADD COLUMN minimum     int NOT NULL DEFAULT 0 CHECK (minimum >= 0),          -- people a session needs; 0: none
    ADD COLUMN warn_before int NOT NULL DEFAULT 1440 CHECK (warn_before > 0),    -- minutes before the start that the organiser is warned
    ADD COLUMN briefing_id bigint REFERENCES briefing;

-- Whether a person knows the work: came, before `p_before`, to this activity, to one of the same name in the same community,
-- or to one of the same category.
CREATE FUNCTION is_experienced(p_person uuid, p_activity uuid, p_before timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM attendance t JOIN session o ON o.id = t.session_id JOIN activity b ON b.id = o.activity_id,
               activity a
         WHERE a.id = p_activity AND t.person_id = p_person AND t.state = 'counts' AND o.starts_at < p_before
           AND (b.id = a.id OR (b.community_id = a.community_id AND b.title = a.title)
                OR (a.category <> '' AND b.category = a.category)))
$$;

-- Groups of members for whom sign-up opens earlier, where an activity says so.
CREATE TABLE trusted_group (
    id               uuid PRIMARY KEY,
    community_id     uuid NOT NULL REFERENCES community,
    name             text NOT NULL CHECK (name <> ''),
    name_en          text NOT NULL DEFAULT '',
    minutes_earlier  int NOT NULL CHECK (minutes_earlier > 0),
    made_by          uuid NOT NULL REFERENCES member,
    made_at          timestamptz NOT NULL,
    ended_at         timestamptz,
    UNIQUE (community_id, name)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'trusted_group');

CREATE TABLE trusted_person (
    group_id    uuid NOT NULL REFERENCES trusted_group,
    person_id   uuid NOT NULL REFERENCES member,
    added_by    uuid NOT NULL REFERENCES member,
    added_at    timestamptz NOT NULL,
    PRIMARY KEY (group_id, person_id)
);
CREATE INDEX trusted_person_person ON trusted_person (person_id);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'trusted_person');

CREATE TABLE activity_group (
    activity_id  uuid NOT NULL REFERENCES activity,
    group_id     uuid NOT NULL REFERENCES trusted_group,
    PRIMARY KEY (activity_id, group_id)
);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'activity_group');

-- Organisations that host activities with the community.
CREATE TABLE partner (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    kind          text NOT NULL CHECK (kind IN ('public', 'business', 'charity', 'school', 'clinic', 'other')),
    contact       text NOT NULL DEFAULT '',              -- for staff only
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    UNIQUE (community_id, name)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'partner');

CREATE TABLE activity_partner (
    activity_id  uuid NOT NULL REFERENCES activity,
    partner_id   uuid NOT NULL REFERENCES partner,
    PRIMARY KEY (activity_id, partner_id)
);
CREATE INDEX activity_partner_partner ON activity_partner (partner_id);
CALL pg_temp.allow('SELECT, INSERT, DELETE', 'activity_partner');

-- Who was asked to cover a place, and by whom: once per session.
CREATE TABLE cover_request (
    session_id  uuid NOT NULL REFERENCES session,
    person_id   uuid NOT NULL REFERENCES member,
    role_id     uuid NOT NULL REFERENCES session_role,
    asked_by    uuid NOT NULL REFERENCES member,
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (session_id, person_id)
);
CALL pg_temp.allow('SELECT, INSERT', 'cover_request');

-- Volunteer teams: recruited, recommended, self-nominated, then chosen.
CREATE TABLE team (
    id            uuid PRIMARY KEY,
    community_id  uuid NOT NULL REFERENCES community,
    name          text NOT NULL CHECK (name <> ''),
    name_en       text NOT NULL DEFAULT '',
    aims          text NOT NULL CHECK (aims <> ''),      -- what it does, in public
    aims_en       text NOT NULL DEFAULT '',
    leader_id     uuid REFERENCES member,                -- none yet: staff look after it
    is_recruiting boolean NOT NULL DEFAULT true,
    made_by       uuid NOT NULL REFERENCES member,
    made_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    UNIQUE (community_id, name)
);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'team');

CREATE TABLE team_person (
    id          uuid PRIMARY KEY,
    team_id     uuid NOT NULL REFERENCES team,
    person_id   uuid NOT NULL REFERENCES member,
    way         text NOT NULL CHECK (way IN ('nominated', 'recommended', 'recruited')),
    state       text NOT NULL CHECK (state IN ('asked', 'applied', 'chosen', 'not_chosen', 'declined', 'left')),
    asked_by    uuid REFERENCES member,                  -- who recommended or recruited
    note        text NOT NULL DEFAULT '',
    comes_along boolean NOT NULL DEFAULT false,          -- the member's own word: the team's leader may sign them up
    changed_at  timestamptz NOT NULL,
    UNIQUE (team_id, person_id),
    CHECK ((way = 'nominated') = (asked_by IS NULL)),
    CHECK (asked_by <> person_id),
    CHECK (NOT comes_along OR state = 'chosen')
);
CREATE INDEX team_person_person ON team_person (person_id);
CALL pg_temp.allow('SELECT, INSERT, UPDATE', 'team_person');

CREATE TABLE team_change (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    team_person_id uuid NOT NULL REFERENCES team_person,
    state          text NOT NULL,
    at             timestamptz NOT NULL,
    by_id          uuid NOT NULL REFERENCES member,
    reason         text NOT NULL DEFAULT ''
);
CREATE INDEX team_change_person ON team_change (team_person_id);
CREATE TRIGGER team_change_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON team_change EXECUTE FUNCTION refuse_change();
CALL pg_temp.allow('SELECT, INSERT', 'team_change');

-- Skills that were words beside a member become claims of skills that the whole sub-district knows. One truth only.
INSERT INTO skill (id, community_id, name, needs_confirmation, made_at)
SELECT gen_random_uuid(), w.root, w.word, true, now()
  FROM (SELECT DISTINCT c.ancestor_ids[1] AS root, trim(s.word) AS word
          FROM member m JOIN community c ON c.id = m.community_id, unnest(m.skills) AS s (word)
         WHERE trim(s.word) <> '') w
ON CONFLICT DO NOTHING;

WITH held AS (
     INSERT INTO held_skill (skill_id, person_id, state, changed_at)
     SELECT DISTINCT k.id, m.id, 'claimed', m.joined_at
       FROM member m JOIN community c ON c.id = m.community_id, unnest(m.skills) AS s (word), skill k
      WHERE k.community_id = c.ancestor_ids[1] AND k.name = trim(s.word)
     RETURNING id, changed_at)
INSERT INTO held_skill_change (held_id, state, at, reason) SELECT id, 'claimed', changed_at, 'first release' FROM held;

ALTER TABLE member DROP COLUMN skills;
