"""What an export holds: a file for each of these, of the members named; and for a community what is no person's."""

from __future__ import annotations

import msgspec


class Contents(msgspec.Struct, frozen=True):
    """A file: `statement` takes the ids of members as $1 and, where it names others by number, whether it may as $2; that of a
    community takes the ids of its nodes as $1. Ids of rows, hashes, codes and secrets stay where they are.
    """

    name: str
    statement: str


MEMBERS = (
    Contents(
        "members",
        "SELECT m.number AS member_number, m.name, m.phone, m.language, m.sex, m.born_on, m.state, m.state_reason, "
        "m.staff_note, c.name AS community, h.label AS door, m.joined_at FROM member m JOIN household h ON "
        "h.id = m.household_id "
        "JOIN community c ON c.id = m.community_id WHERE m.id = ANY ($1) ORDER BY m.number",
    ),
    Contents(
        "old_numbers",
        "SELECT m.number AS member_number, o.number AS old_number, o.ended_at FROM old_number o "
        "JOIN member m ON m.id = o.member_id WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "relatives",
        "SELECT m.number AS member_number, CASE WHEN $2::bool THEN o.number END AS other_number, r.named_at, r.confirmed_at, "
        "r.ended_at FROM relative r JOIN member m ON m.id IN (r.member_id, r.relative_id) "
        "JOIN member o ON o.id IN (r.member_id, r.relative_id) AND o.id <> m.id WHERE m.id = ANY ($1) ORDER BY 1, 3",
    ),
    Contents(
        "skills",
        "SELECT m.number AS member_number, k.name AS skill, s.state, s.note, s.valid_until, s.changed_at FROM held_skill s "
        "JOIN skill k ON k.id = s.skill_id JOIN member m ON m.id = s.person_id WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "roles",
        "SELECT m.number AS member_number, g.role, c.name AS community, g.granted_at, g.ended_at FROM role_grant g "
        "JOIN member m ON m.id = g.member_id JOIN community c ON c.id = g.community_id WHERE m.id = ANY ($1) ORDER BY 1, 4",
    ),
    Contents(
        "passes",
        "SELECT m.number AS member_number, p.serial, p.issued_at, p.revoked_at FROM pass p JOIN member m ON m.id = p.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "sign_ins",
        "SELECT m.number AS member_number, s.made_at, s.ended_at, s.browser FROM sign_in s JOIN member m ON m.id = s.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "signups",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, u.state, u.made_at, u.changed_at FROM signup u "
        "JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = u.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 3, u.id",
    ),
    Contents(
        "attendance",
        "SELECT m.number AS member_number, a.title AS activity, s.starts_at, t.in_at, t.out_at, t.minutes, t.is_self, "
        "t.is_by_code, t.is_automatic, t.state FROM attendance t JOIN session s ON s.id = t.session_id "
        "JOIN activity a ON a.id = s.activity_id JOIN member m ON m.id = t.person_id WHERE m.id = ANY ($1) ORDER BY 1, 4, t.id",
    ),
    Contents(
        "service_records",
        "SELECT m.number AS member_number, coalesce(r.attendance_id, r.first_id, r.id) AS record, r.version, "
        "r.class, r.source, "
        "r.activity_name AS activity, r.served_on, r.place, r.service_content, r.service_minutes, r.organising_unit, "
        "r.person_in_charge, r.is_withdrawn, r.reason, r.recorded_at, t.source AS scheme, t.vouched_by FROM service_record r "
        "JOIN member m ON m.id = r.member_id LEFT JOIN taken_over_record t ON t.record_id = r.id WHERE m.id = ANY ($1) "
        "ORDER BY 1, r.served_on, 2, r.version",
    ),
    Contents(
        "hours_entries",
        "SELECT m.number AS member_number, e.kind, e.class, e.activity_name AS activity, e.served_on, e.place, "
        "e.service_content, e.service_minutes, e.organising_unit, e.person_in_charge, e.reason, e.entered_at, e.state, "
        "e.decision, e.decided_at FROM hours_entry e JOIN member m ON m.id = e.member_id WHERE m.id = ANY ($1) "
        "ORDER BY 1, e.entered_at, e.id",
    ),
    Contents(
        "points",
        "SELECT m.number AS member_number, p.seq AS line, t.kind, p.amount AS units, p.balance_after, t.effective_at, "
        "t.recorded_at, t.reason_code AS reason, t.id AS movement, t.reverses FROM posting p JOIN transfer t "
        "ON t.id = p.transfer_id JOIN account a ON a.id = p.account_id JOIN member m ON m.id = a.owner_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "points_left",
        "SELECT m.number AS member_number, l.amount AS units, l.remaining, l.expires_at FROM lot l "
        "JOIN account a ON a.id = l.account_id JOIN member m ON m.id = a.owner_id "
        "WHERE m.id = ANY ($1) AND l.remaining > 0 ORDER BY 1, 4, l.id",
    ),
    Contents(
        "points_promised",
        "SELECT m.number AS member_number, i.kind, i.amount AS units, i.earned_at, i.expires_at, i.state, "
        "i.reason FROM intent i "
        "JOIN account a ON a.id = i.account_id JOIN member m ON m.id = a.owner_id "
        "WHERE m.id = ANY ($1) AND i.state <> 'done' ORDER BY 1, 4, i.id",
    ),
    Contents(
        "points_set_aside",
        "SELECT m.number AS member_number, h.purpose, h.amount AS units, h.state, h.expires_at FROM hold h "
        "JOIN account a ON a.id = h.account_id JOIN member m ON m.id = a.owner_id WHERE m.id = ANY ($1) ORDER BY 1, 5, h.id",
    ),
    Contents(
        "rewards_taken",
        "SELECT m.number AS member_number, w.name AS reward, r.price AS units, r.state, r.made_at, r.collected_at "
        "FROM redemption r JOIN reward w ON w.id = r.reward_id JOIN member m ON m.id = r.member_id WHERE m.id = ANY ($1) "
        "ORDER BY 1, r.made_at, r.id",
    ),
    Contents(
        "gifts",
        "SELECT m.number AS member_number, CASE WHEN m.id = g.giver_id THEN 'given' ELSE 'received' END AS direction, "
        "CASE WHEN $2::bool THEN o.number END AS other_number, g.units, g.word, g.state, g.made_at, g.ended_at FROM gift g "
        "JOIN member m ON m.id IN (g.giver_id, g.receiver_id) JOIN member o ON o.id IN (g.giver_id, "
        "g.receiver_id) AND o.id <> m.id "
        "WHERE m.id = ANY ($1) ORDER BY 1, g.made_at, g.id",
    ),
    Contents(
        "neighbour_posts",
        "SELECT m.number AS member_number, p.kind, p.category, p.title AS post, p.text AS words, p.usual_time, p.area, "
        "p.minutes, p.places, p.state, p.reason, p.posted_at AS made_at, p.expires_at, p.ended_at FROM neighbour_post p "
        "JOIN member m ON m.id = p.member_id WHERE m.id = ANY ($1) ORDER BY 1, p.posted_at, p.id",
    ),
    Contents(
        "neighbour_help",
        "SELECT m.number AS member_number, CASE WHEN m.id = x.helper_id THEN 'given' ELSE 'received' END AS direction, "
        "CASE WHEN $2::bool THEN o.number END AS other_number, p.title AS post, x.starts_at, x.minutes, x.state, "
        "CASE WHEN m.id = x.helper_id THEN x.helper_minutes ELSE x.helped_minutes END AS own_word, x.settled_minutes, "
        "x.settled_units, x.decision, x.asked_at AS made_at, x.ended_at FROM exchange x "
        "JOIN neighbour_post p ON p.id = x.post_id JOIN member m ON m.id IN (x.helper_id, x.helped_id) "
        "JOIN member o ON o.id IN (x.helper_id, x.helped_id) AND o.id <> m.id "
        "WHERE m.id = ANY ($1) ORDER BY 1, x.asked_at, x.id",
    ),
    Contents(
        "bookings",
        "SELECT m.number AS member_number, s.name AS room, b.starts_at, b.ends_at, b.people, b.purpose, b.state, b.reason, "
        "b.made_at FROM booking b JOIN space s ON s.id = b.space_id JOIN member m ON m.id = b.person_id WHERE m.id = ANY ($1) "
        "ORDER BY 1, b.starts_at, b.id",
    ),
    Contents(
        "messages",
        "SELECT m.number AS member_number, g.kind, g.path, g.written_at, g.read_at FROM message g "
        "JOIN member m ON m.id = g.person_id WHERE m.id = ANY ($1) ORDER BY 1, g.written_at, g.id",
    ),
    Contents(
        "deeds",
        # By two indexes; joined with OR it would read the whole audit for each member.
        "SELECT m.number AS member_number, a.at, a.action AS deed, coalesce(a.actor_id = m.id, false) AS by_oneself "
        "FROM member m CROSS JOIN LATERAL (SELECT id, at, action, actor_id FROM audit WHERE actor_id = m.id "
        "UNION SELECT id, at, action, actor_id FROM audit WHERE subject = 'member:' || m.id) a "
        "WHERE m.id = ANY ($1) ORDER BY 1, a.at, a.id",
    ),
    Contents(
        "taken_over",
        "SELECT m.number AS member_number, i.kind, i.source AS scheme, l.line, l.said::text AS said, l.outcome, l.undone, "
        "i.uploaded_at FROM import_line l JOIN import i ON i.id = l.import_id JOIN member m ON m.id = l.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, i.uploaded_at, l.line",
    ),
)
COMMUNITY = (
    Contents(
        "communities",
        "SELECT c.name, c.name_en, c.kind, u.name AS above, c.time_zone FROM community c LEFT JOIN community u "
        "ON u.id = c.parent_id WHERE c.id = ANY ($1) ORDER BY cardinality(c.ancestor_ids), c.name",
    ),
    Contents(
        "rules",
        "SELECT c.name AS community, p.valid_from, p.version, p.rules::text AS rules, p.text_zh, p.text_en, p.made_at "
        "FROM policy p JOIN community c ON c.id = p.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2, 3",
    ),
    Contents(
        "activities",
        "SELECT a.number, c.name AS community, a.title AS activity, a.title_en, a.kind, a.category, "
        "a.content AS service_content, "
        "a.organising_unit, a.person_in_charge, a.is_service, a.state, a.made_at FROM activity a "
        "JOIN community c ON c.id = a.community_id WHERE c.id = ANY ($1) ORDER BY a.number",
    ),
    Contents(
        "sessions",
        "SELECT a.number, a.title AS activity, s.starts_at, s.ends_at, s.place, s.state FROM session s "
        "JOIN activity a ON a.id = s.activity_id WHERE a.community_id = ANY ($1) ORDER BY s.starts_at, a.number, s.id",
    ),
    Contents(
        "rooms",
        "SELECT c.name AS community, s.name, s.name_en, s.about, s.seats, s.state, s.made_at FROM space s "
        "JOIN community c ON c.id = s.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "rewards",
        "SELECT c.name AS community, w.name, w.name_en, w.about, w.price AS units, w.state, w.made_at FROM reward w "
        "JOIN community c ON c.id = w.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "pools",
        "SELECT c.name AS community, p.seq AS line, t.kind, p.amount AS units, p.balance_after, t.effective_at, t.recorded_at, "
        "t.reason_code AS reason, t.id AS movement FROM posting p JOIN transfer t ON t.id = p.transfer_id "
        "JOIN account a ON a.id = p.account_id JOIN community c ON c.id = a.owner_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "imports",
        "SELECT c.name AS community, i.kind, i.source AS scheme, i.vouched_by, i.file_name, i.rows, i.state, i.uploaded_at, "
        "i.applied_at FROM import i JOIN community c ON c.id = i.community_id WHERE c.id = ANY ($1) ORDER BY "
        "i.uploaded_at, i.id",
    ),
)
