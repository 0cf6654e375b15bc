-- Rows as the first release wrote them; they have to come forward with every later one.
INSERT INTO community VALUES ('10000000-0000-0000-0000-000000000001', NULL, 'community', '东湖社区', '', 'Asia/Shanghai',
    '{10000000-0000-0000-0000-000000000001}');
INSERT INTO household (id, community_id) VALUES ('20000000-0000-0000-0000-000000000001', '10000000-0000-0000-0000-000000000001');
INSERT INTO member (id, community_id, household_id, name, skills, joined_at) VALUES ('30000000-0000-0000-0000-000000000001',
    '10000000-0000-0000-0000-000000000001', '20000000-0000-0000-0000-000000000001', 'Bob', '{理发}', '2026-01-01Z');
INSERT INTO space (id, community_id, name, seats, time_zone, week_quota, one_at_a_time, quota_group) VALUES (
    '40000000-0000-0000-0000-000000000001', '10000000-0000-0000-0000-000000000001', '舞蹈室', 20, 'Asia/Shanghai', 2, true, 'h');
INSERT INTO opening (space_id, weekday, opens, closes) SELECT '40000000-0000-0000-0000-000000000001', day, '09:00', '21:00'
    FROM generate_series(0, 6) AS day;
INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, made_at, changed_at, changed_by)
    SELECT '50000000-0000-0000-0000-000000000001', '40000000-0000-0000-0000-000000000001', m.id, m.household_id, m.id,
           '2026-12-01 02:00Z', '2026-12-01 04:00Z', '{}', 'confirmed', '2026-11-20Z', '2026-11-20Z', m.id FROM member m;
INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until)
    SELECT b.id, s.key, 'booking', true, b.starts_at, b.ends_at, b.ends_at FROM booking b, space s;
INSERT INTO activity (id, community_id, organiser_id, kind, is_service, title, content, organising_unit, person_in_charge, time_zone,
                      state, made_at)
    SELECT '60000000-0000-0000-0000-000000000001', m.community_id, m.id, 'service', true, '便民理发', '理发', '东湖社区', '李', 'Asia/Shanghai',
           'published', '2026-11-20Z' FROM member m;
INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at) VALUES (
    '70000000-0000-0000-0000-000000000001', '60000000-0000-0000-0000-000000000001', '2026-12-02 02:00Z', '2026-12-02 04:00Z',
    '2026-12-02 01:30Z', '2026-12-02 04:30Z', '门厅', '2026-11-20Z');
INSERT INTO session_role (id, session_id, name, places, taken) VALUES (
    '80000000-0000-0000-0000-000000000001', '70000000-0000-0000-0000-000000000001', '理发师', 1, 1);
INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at) SELECT
    '90000000-0000-0000-0000-000000000001', '70000000-0000-0000-0000-000000000001', '80000000-0000-0000-0000-000000000001', m.id,
    'confirmed', '2026-11-20Z', '2026-11-20Z' FROM member m;
