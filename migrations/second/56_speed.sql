-- A queue at a door is served in groups: what is asked and what is written, once for a group and not once for each scan in it.

-- Of an activity that goes on for years only the few sessions near now are looked at.
CREATE INDEX session_near ON session (activity_id, closes_at);

-- SHA-256 of what the card says and its signature: what was issued is known again without making the signature once more. None where a
-- card was issued before there was one.
ALTER TABLE pass ADD COLUMN digest bytea;

-- Whether somebody was ever suspended is asked of everyone whom an upload brings, however much is written of them.
CREATE INDEX audit_suspended ON audit (subject) WHERE action IN ('member.suspended', 'member.restored');

-- What a scan was told is read as it was written and never searched: as text of JSON it costs a third.
ALTER TABLE scan ALTER COLUMN answer TYPE json;

-- One scan of a group, with what its code leads to: the pass, the person, and the session of a venue code, which stands for its activity.
CREATE TYPE door_asked AS (
    n int, person uuid, serial int, digest bytea, is_replaced boolean, key text, venue uuid, place text, activities uuid[], nodes uuid[],
    override_nodes uuid[], scanner uuid, helpers uuid[], nonce text, at timestamptz, is_free boolean
);

-- Everything that decides about each scan of a group: the card or phone, the person, what the caller may, what has happened. Takes the
-- place of door_facts and scan_facts. Plans are kept for as long as a connection lives: one made while the log is empty must not read the
-- whole of it a year later, and a group is never so large that anything but the index is worth it. Joined in the order written: from who is
-- asked about to their sign-ups and to those sessions, not from all sessions that are open anywhere.
CREATE FUNCTION door_look(asked json, near interval) RETURNS TABLE (n int, facts json) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET join_collapse_limit = 1
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    who door_asked[];
    sessions uuid[];
    since timestamptz;
    until timestamptz;
BEGIN
    SELECT array_agg(ROW(s.n, coalesce(s.member, p.member_id, h.member_id), p.serial, p.digest,
                         coalesce(p.revoked_at, h.revoked_at) IS NOT NULL, s.key, v.id, v.place,
                         CASE WHEN s.venue IS NULL THEN s.activities ELSE array_remove(ARRAY[v.activity_id], NULL) END,
                         s.nodes, s.override_nodes, s.scanner, s.helpers, s.nonce, s.at,
                         coalesce(s.is_locked, false) OR EXISTS (
                             SELECT FROM scan WHERE scanner_id = s.scanner AND nonce = s.nonce AND reason = 'ok'))::door_asked),
           min(s.at) - near, max(s.at) + near
      INTO who, since, until
      FROM json_to_recordset(asked) AS s (n int, member uuid, pass uuid, phone uuid, typed text, key text, venue uuid, activities uuid[],
                                          nodes uuid[], override_nodes uuid[], scanner uuid, helpers uuid[],
                                          nonce text, at timestamptz, is_locked boolean)
      LEFT JOIN pass p ON p.id = coalesce(s.pass, (SELECT t.id FROM pass t WHERE t.typed_code = s.typed))
      LEFT JOIN phone_pass h ON h.id = s.phone
      LEFT JOIN session v ON v.id = s.venue;
    SELECT array_agg(s.id) INTO sessions
      FROM (SELECT DISTINCT unnest(q.activities) AS id FROM unnest(who) q) a
      CROSS JOIN LATERAL (SELECT id FROM session WHERE activity_id = a.id AND opens_at <= until AND closes_at >= since OFFSET 0) s;

    -- Scans of one person queue here, whichever desk they come from. What is read below is read after the wait (pitfall Q1).
    -- Two groups at once: sign-ups are locked in the order of persons, so neither waits for one that waits for it.
    -- What was accepted before is answered as it was: a repeat changes nothing, waits for nobody and has nothing to commit. An upload
    -- comes with its sign-ups locked (standing_take).
    PERFORM FROM unnest(who) q JOIN signup u ON u.person_id = q.person AND u.session_id = ANY (sessions)
      JOIN session s ON s.id = u.session_id AND s.activity_id = ANY (q.activities)
     WHERE NOT q.is_free ORDER BY q.person, u.id FOR NO KEY UPDATE OF u;

    RETURN QUERY SELECT q.n, json_build_object(
        'is_allowed', (SELECT coalesce(bool_and(coalesce(c.ancestor_ids && q.nodes, false)), false)
                         FROM unnest(q.activities) AS named (id)
                         LEFT JOIN activity a ON a.id = named.id LEFT JOIN community c ON c.id = a.community_id),
        'may_override', q.override_nodes <> '{}' AND (
                        SELECT coalesce(bool_and(coalesce(c.ancestor_ids && q.override_nodes, false)), false)
                          FROM unnest(q.activities) AS named (id)
                          LEFT JOIN activity a ON a.id = named.id LEFT JOIN community c ON c.id = a.community_id),
        'venue_exists', q.venue IS NOT NULL,
        'public_key', CASE WHEN k.removed_at IS NULL THEN encode(k.public_key, 'base64') END,
        'key_was_removed', k.removed_at IS NOT NULL,
        'serial', q.serial, 'digest', encode(q.digest, 'base64'), 'is_replaced', q.is_replaced,
        'member', (SELECT json_build_object('id', m.id, 'name', m.name, 'number', m.number, 'state', m.state,
                                            'state_reason', m.state_reason, 'note', m.staff_note,
                                            'is_within', c.ancestor_ids && q.nodes,
                                            'has_changed', q.is_free AND EXISTS (
                                                SELECT FROM audit x WHERE x.subject = 'member:' || m.id
                                                   AND x.action IN ('member.suspended', 'member.restored')),
                                            'is_own', EXISTS (SELECT FROM member o WHERE o.id = ANY (q.helpers)
                                                                 AND o.household_id = m.household_id))
                     FROM member m JOIN community c ON c.id = m.community_id WHERE m.id = q.person AND m.state <> 'left'),
        'schedule', json_build_object('earlier', coalesce(
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code, 'answer', answer,
                                      'direction', direction, 'session', session_id, 'has_undo', EXISTS (
                                          SELECT FROM scan_undo WHERE scanner_id = q.scanner AND scan_nonce = q.nonce))
               FROM scan WHERE scanner_id = q.scanner AND nonce = q.nonce AND reason = 'ok'),
            (SELECT json_build_object('person_id', person_id, 'raw_code', raw_code)
               FROM scan WHERE scanner_id = q.scanner AND nonce = q.nonce AND reason <> 'ok' ORDER BY id DESC LIMIT 1)),
        'inside', (SELECT json_build_object('id', i.id, 'session', i.session_id, 'in_at', i.in_at,
                                            'is_by_code', i.is_by_code, 'starts_at', s.starts_at, 'ends_at', s.ends_at,
                                            'closes_at', s.closes_at, 'tolerance', a.tolerance)
                     FROM attendance i JOIN session s ON s.id = i.session_id JOIN activity a ON a.id = s.activity_id
                    WHERE i.person_id = q.person AND i.out_at IS NULL AND i.state = 'counts'),
        'places', (SELECT coalesce(json_agg(json_build_object(
                              'session', s.id, 'activity_id', a.id, 'signup_id', u.id, 'state', u.state,
                              'has_changed', u.changed_at > q.at OR s.state = 'cancelled' OR a.asks_skills,
                              'starts_at', s.starts_at, 'ends_at', s.ends_at, 'opens_at', s.opens_at, 'closes_at', s.closes_at,
                              'late_after', a.late_after,
                              'is_expected', q.at <= l.late_from OR was_expected(u.id, l.late_from),
                              'is_called_off', s.state = 'cancelled',
                              'is_qualified', CASE WHEN a.asks_skills
                                                   THEN is_qualified(q.person, a.id, r.name, s.ends_at, a.time_zone) ELSE true END,
                              'questions', CASE WHEN a.asks_questions OR a.briefing_id IS NOT NULL
                                                THEN open_questions(q.person, u.id, a.id, a.briefing_id) ELSE '[]' END,
                              'allows_reentry', a.allows_reentry, 'allows_many', a.allows_many,
                              'entries', h.entries, 'last_entry', h.last_entry, 'first_at', h.first_at, 'first_scan', h.first_scan,
                              'last', CASE WHEN h.entries > 0 THEN (
                                      SELECT json_build_object('id', id, 'in_at', in_at, 'out_at', out_at, 'minutes', minutes)
                                        FROM attendance WHERE signup_id = u.id AND state = 'counts' ORDER BY entry DESC LIMIT 1) END,
                              'is_service', a.is_service,
                              'title', a.title, 'title_en', a.title_en, 'time_zone', a.time_zone,
                              'place', s.place, 'place_en', coalesce(p.name_en, ''),
                              'role', r.name, 'role_en', r.name_en, 'note', a.staff_note) ORDER BY s.starts_at, s.id), '[]')
                     FROM signup u JOIN session s ON s.id = u.session_id
                     JOIN activity a ON a.id = s.activity_id JOIN session_role r ON r.id = u.role_id LEFT JOIN space p ON p.id = s.space_id
                     CROSS JOIN LATERAL (SELECT s.starts_at + make_interval(mins => a.late_after) AS late_from) l
                     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE state = 'counts') AS entries, coalesce(max(entry), 0) AS last_entry,
                                                min(in_at) FILTER (WHERE state = 'counts') AS first_at,
                                                min(in_scan) FILTER (WHERE state = 'counts') AS first_scan
                                           FROM attendance WHERE signup_id = u.id) h
                    WHERE u.person_id = q.person AND u.session_id = ANY (sessions)
                      AND s.activity_id = ANY (q.activities) AND s.opens_at <= q.at + near AND s.closes_at >= q.at - near
                      AND (q.place IS NULL OR s.place = q.place))))
      FROM unnest(who) q LEFT JOIN pass_key k ON k.id = q.key;
END $$;
DROP FUNCTION door_facts, scan_facts;

-- Writes a group of scans with what follows from them: the stays that they close, then those that they open. Takes the place of scan_keep.
-- `usual` is what a scan is where it does not say otherwise. `closed` and `opened` have an element for each scan, empty where it closes or
-- opens nothing, and are null where none of them does.
CREATE FUNCTION scans_keep(scans json, usual json, closed json, opened json) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    kept bigint[];
    ending uuid[];
    ended int;
BEGIN
    -- Of two accepted scans with one nonce the unique index lets one through.
    WITH k AS (
        INSERT INTO scan (nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
                          received_at, skew_ms, is_late, lacks_entry, force_sent, forced, force_reason, answer, passed_over, is_own,
                          counts_at, desk_reason)
        SELECT nonce, scanner_id, operator_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
               received_at, skew_ms, is_late, lacks_entry, force_sent, forced, force_reason, answer, passed_over, is_own,
               counts_at, desk_reason
          FROM json_populate_recordset(json_populate_record(NULL::scan, usual), scans) RETURNING id)
    SELECT array_agg(id ORDER BY id) INTO kept FROM k;
    IF closed IS NOT NULL THEN
        SELECT array_agg(c.id) FILTER (WHERE c.id IS NOT NULL) INTO ending FROM json_to_recordset(closed) AS c (id uuid);
        -- In the order of stays, as those who settle lock them: two groups in which the same two come in somewhere else, each having left
        -- a stay without a scan, wait one for the other and not each for each.
        PERFORM FROM attendance WHERE id = ANY (ending) ORDER BY id FOR NO KEY UPDATE;
        -- Named once more: almost no stay is open, so that the planner would look for the open ones first, through all there ever were.
        UPDATE attendance a
           SET out_at = c.out_at, out_scan = CASE WHEN c.is_automatic THEN NULL ELSE kept[c.n] END, minutes = c.minutes,
               version = a.version + 1, is_by_code = c.is_by_code, is_automatic = c.is_automatic
          FROM (SELECT * FROM ROWS FROM (json_to_recordset(closed)
                                         AS (id uuid, out_at timestamptz, minutes int, is_by_code boolean, is_automatic boolean))
                  WITH ORDINALITY AS s (id, out_at, minutes, is_by_code, is_automatic, n) WHERE s.id IS NOT NULL ORDER BY s.id) c
         WHERE a.id = c.id AND a.id = ANY (ending) AND a.out_at IS NULL;
        GET DIAGNOSTICS ended = ROW_COUNT;
        -- A way in somewhere else ends a stay that was left without a scan, under its own sign-up's lock; so a way out may find
        -- the stay ended since it was judged. It is judged anew: what was promised for it here goes with this transaction.
        IF ended < cardinality(ending) THEN
            RAISE EXCEPTION 'the stay has ended meanwhile' USING ERRCODE = 'unique_violation', CONSTRAINT = 'attendance_ends_once';
        END IF;
    END IF;
    IF opened IS NOT NULL THEN
        -- A person who is inside somewhere else since a moment ago stops at attendance_one_place. In the order of persons: of two groups
        -- that let the same two in at different doors, one waits for the other and not each for each.
        INSERT INTO attendance (id, signup_id, session_id, person_id, entry, in_at, in_scan, is_late, is_self, is_by_code)
        SELECT o.id, o.signup_id, o.session_id, o.person_id, o.entry, o.in_at, kept[o.n], o.is_late, o.is_self, o.is_by_code
          FROM ROWS FROM (json_to_recordset(opened) AS (id uuid, signup_id uuid, session_id uuid, person_id uuid, entry int, in_at timestamptz,
                                                        is_late boolean, is_self boolean, is_by_code boolean))
               WITH ORDINALITY AS o (id, signup_id, session_id, person_id, entry, in_at, is_late, is_self, is_by_code, n)
         WHERE o.id IS NOT NULL ORDER BY o.person_id;
    END IF;
END $$;
DROP FUNCTION scan_keep;

-- What the log and the undos hold of a scanner's nonces, in the order of the log. An upload asks for hundreds at once: each is looked up
-- along its index. A scanner's whole log compared with all of them, which a join may become, gets slower with each queue (OFFSET 0).
CREATE FUNCTION scans_before(scanner uuid, nonces text[])
RETURNS TABLE (nonce text, id bigint, source text, reason text, desk_reason text, session_id uuid, raw_code text, answer text,
               is_disputed boolean, undone_by uuid[], undone_at timestamptz) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN QUERY
    SELECT c.nonce, c.id, c.source, c.reason, c.desk_reason, c.session_id, c.raw_code, c.answer::text,
           EXISTS (SELECT FROM door_conflict x WHERE x.scan_id = c.id AND (x.kind = 'disputed'
                   OR x.kind = 'refused_upload' AND c.reason IS DISTINCT FROM c.desk_reason)), NULL::uuid[], NULL::timestamptz
      FROM (SELECT DISTINCT unnest(nonces) AS nonce) q
      CROSS JOIN LATERAL (SELECT * FROM scan s WHERE s.scanner_id = scanner AND s.nonce = q.nonce OFFSET 0) c
    UNION ALL
    SELECT u.scan_nonce, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, array_append(u.also, u.operator_id),
           CASE WHEN u.by_id IS NULL THEN u.counts_at END
      FROM (SELECT DISTINCT unnest(nonces) AS nonce) q
      CROSS JOIN LATERAL (SELECT * FROM scan_undo s WHERE s.scanner_id = scanner AND s.scan_nonce = q.nonce OFFSET 0) u
     ORDER BY 2;
END $$;

-- What a person's scans are settled with lies near in time, however many years the person has come: found along these, by session and
-- person or the other way round.
DROP INDEX signup_person_sessions, scan_session, attendance_session;
CREATE INDEX signup_person_sessions ON signup (person_id, session_id);
CREATE INDEX scan_session ON scan (session_id, person_id, id);
CREATE INDEX attendance_session ON attendance (session_id, person_id);

-- The sessions at which scans of these people may change something: what lies near and may have been scanned at by now, and where one
-- of them is inside still, however long ago that was.
CREATE FUNCTION standing_near(people uuid[], since timestamptz, until timestamptz) RETURNS uuid[] LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT array_agg(s.id) FROM (SELECT DISTINCT session_id AS id FROM signup WHERE person_id = ANY (people)) u
              JOIN session s ON s.id = u.id
             WHERE (s.closes_at >= since AND s.opens_at <= until)
                OR s.id IN (SELECT session_id FROM attendance WHERE person_id = ANY (people) AND out_at IS NULL AND state = 'counts'));
END $$;

-- Locks all that scans of these people may change, and tells the scans, the terms and the stays that presence.derive and
-- standing.compare ask for. Each statement sees what was so after the waits of those before it.
CREATE FUNCTION standing_take(people uuid[], since timestamptz, until timestamptz) RETURNS json LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    near uuid[] := standing_near(people, since, until);
    theirs uuid[];
BEGIN
    -- An upload at one desk and a scan at another, of one person at two sessions: one of them goes after the other. In the order in
    -- which scans lock them.
    SELECT array_agg(id) INTO theirs
      FROM (SELECT id FROM signup WHERE session_id = ANY (near) AND person_id = ANY (people) ORDER BY person_id, id FOR NO KEY UPDATE) u;
    -- Somebody who sends or approves the hours of a stay at this moment: what they decided is read after the wait.
    PERFORM FROM attendance WHERE signup_id = ANY (theirs) ORDER BY id FOR NO KEY UPDATE;
    RETURN json_build_object(
        'terms', (SELECT coalesce(json_agg(json_build_object(
                             'session_id', s.id, 'activity_id', a.id, 'starts_at', s.starts_at, 'ends_at', s.ends_at,
                             'closes_at', s.closes_at, 'late_after', a.late_after, 'tolerance', a.tolerance,
                             'allows_reentry', a.allows_reentry, 'allows_many', a.allows_many)), '[]')
                    FROM session s JOIN activity a ON a.id = s.activity_id WHERE s.id = ANY (near)),
        'events', (SELECT coalesce(json_agg(e), '[]') FROM (
                  SELECT p.*, p.at <= l.late_from OR was_expected(p.signup_id, l.late_from) AS is_expected
                    FROM signup u
                    CROSS JOIN LATERAL (SELECT * FROM presence WHERE session_id = u.session_id AND person_id = u.person_id OFFSET 0) p
                    JOIN session s ON s.id = p.session_id JOIN activity a ON a.id = s.activity_id
                    CROSS JOIN LATERAL (SELECT s.starts_at + make_interval(mins => a.late_after) AS late_from) l
                   WHERE u.id = ANY (theirs)) e),
        'rows', (SELECT coalesce(json_agg(x), '[]') FROM (
                  SELECT h.id, h.signup_id, h.session_id, h.person_id, h.entry, h.in_at, h.out_at, h.in_scan, h.out_scan, h.minutes,
                         h.version, h.is_late, h.is_self, h.is_by_code, h.is_automatic, h.state = 'counts' AS counts,
                         greatest(h.version, coalesce(r.version, 0)) AS last_version,
                         CASE WHEN NOT r.is_withdrawn THEN r.version END AS record_version,
                         coalesce(r.class <> 'A', false)
                             OR EXISTS (SELECT FROM hours_entry e WHERE e.attendance_id = h.id AND e.state <> 'rejected')
                             OR EXISTS (SELECT FROM stay_confirmation w WHERE w.attendance_id = h.id AND w.confirmed_at IS NOT NULL)
                             AS is_decided
                    FROM attendance h
                    LEFT JOIN LATERAL (SELECT version, class, is_withdrawn FROM service_record WHERE attendance_id = h.id
                                        ORDER BY version DESC LIMIT 1) r ON true
                   WHERE h.signup_id = ANY (theirs) ORDER BY h.in_at, h.entry) x));
END $$;
