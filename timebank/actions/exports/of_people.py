"""Who members are, what they can do, their cards and phones, what they were told, and how they left."""

from __future__ import annotations

from timebank.actions.exports.contents import Contents

PEOPLE = (
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
        "skill_steps",
        "SELECT m.number AS member_number, k.name AS skill, c.state, c.reason, c.valid_until, c.at FROM held_skill_change c "
        "JOIN held_skill s ON s.id = c.held_id JOIN skill k ON k.id = s.skill_id JOIN member m ON m.id = s.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.at, c.id",
    ),
    Contents(
        "roles",
        "SELECT m.number AS member_number, g.role, c.name AS community, g.granted_at, g.ended_at FROM role_grant g "
        "JOIN member m ON m.id = g.member_id JOIN community c ON c.id = g.community_id WHERE m.id = ANY ($1) ORDER BY 1, 4",
    ),
    Contents(
        "groups",
        "SELECT m.number AS member_number, x.group_name, x.added_at FROM ("
        "SELECT p.person_id, g.name AS group_name, p.added_at FROM person_group_member p "
        "JOIN person_group g ON g.id = p.group_id "
        "UNION ALL SELECT t.person_id, g.name, t.added_at FROM trusted_person t JOIN trusted_group g ON g.id = t.group_id) x "
        "JOIN member m ON m.id = x.person_id WHERE m.id = ANY ($1) ORDER BY 1, x.added_at, 2",
    ),
    Contents(
        "teams",
        "SELECT m.number AS member_number, t.name AS team, x.way, x.state, x.note, x.comes_along, x.changed_at "
        "FROM team_person x "
        "JOIN team t ON t.id = x.team_id JOIN member m ON m.id = x.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, x.changed_at, x.id",
    ),
    Contents(
        "team_steps",
        "SELECT m.number AS member_number, t.name AS team, c.state, c.reason, c.at FROM team_change c "
        "JOIN team_person x ON x.id = c.team_person_id JOIN team t ON t.id = x.team_id JOIN member m ON m.id = x.person_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.at, c.id",
    ),
    Contents(
        "passes",
        "SELECT m.number AS member_number, p.serial, p.issued_at, p.revoked_at FROM pass p JOIN member m ON m.id = p.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "phones",
        "SELECT m.number AS member_number, p.label, p.enrolled_at, p.seen_at, p.revoked_at FROM phone_pass p "
        "JOIN member m ON m.id = p.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, p.enrolled_at, p.id",
    ),
    Contents(
        "sign_ins",
        "SELECT m.number AS member_number, s.made_at, s.ended_at, s.browser FROM sign_in s JOIN member m ON m.id = s.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "messages",
        "SELECT m.number AS member_number, g.kind, g.path, g.written_at, g.read_at FROM message g "
        # Who is in need is told so; see pool_pays.
        "JOIN member m ON m.id = g.person_id WHERE m.id = ANY ($1) AND NOT ($2::bool AND g.kind LIKE 'support\\_%') "
        "ORDER BY 1, g.written_at, g.id",
    ),
    Contents(
        "deeds",
        # By two indexes; joined with OR it would read the whole audit for each member.
        "SELECT m.number AS member_number, a.at, a.action AS deed, coalesce(a.actor_id = m.id, false) AS by_oneself "
        "FROM member m CROSS JOIN LATERAL (SELECT id, at, action, actor_id FROM audit WHERE actor_id = m.id "
        "UNION SELECT id, at, action, actor_id FROM audit WHERE subject = 'member:' || m.id) a "
        "WHERE m.id = ANY ($1) AND NOT ($2::bool AND a.action = 'support.declined') ORDER BY 1, a.at, a.id",
    ),
    Contents(
        "taken_over",
        # The relative in it is another's phone or number.
        "SELECT m.number AS member_number, i.kind, i.source AS scheme, l.line, "
        "CASE WHEN $2::bool THEN l.said ELSE l.said - 'relative' END::text AS said, l.outcome, l.undone, "
        "i.uploaded_at FROM import_line l JOIN import i ON i.id = l.import_id JOIN member m ON m.id = l.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, i.uploaded_at, l.line",
    ),
    Contents(
        "leaving",
        "SELECT m.number AS member_number, d.kind, d.left_at, d.left_by = m.id AS by_oneself, d.reason, "
        "CASE WHEN $2::bool THEN o.number END AS other_number, d.settled_at, d.erase_at, d.erased_at FROM departure d "
        "JOIN member m ON m.id = d.member_id LEFT JOIN member o ON o.id = d.heir_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, d.left_at",
    ),
    Contents(
        "claims",
        "SELECT m.number AS member_number, CASE WHEN $2::bool THEN o.number END AS other_number, c.evidence, c.state, "
        "c.made_at, "
        "c.first_at, c.second_at, c.refused_at, c.why_refused FROM estate_claim c "
        "JOIN member m ON m.id = c.member_id LEFT JOIN member o ON o.id = c.heir_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, c.made_at, c.id",
    ),
    Contents(
        "guardians",
        "SELECT m.number AS member_number, CASE WHEN $2::bool THEN coalesce(g.name, k.guardian_name) END AS guardian, "
        "k.relation, k.how, k.paper_at, k.given_on, k.recorded_at, k.ended_at FROM guardian_consent k "
        "JOIN member m ON m.id = k.member_id LEFT JOIN member g ON g.id = k.guardian_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, k.recorded_at, k.id",
    ),
    Contents(
        "recruits",
        "SELECT m.number AS member_number, CASE WHEN m.id = r.member_id THEN 'received' ELSE 'given' END AS direction, "
        "CASE WHEN $2::bool THEN o.number END AS other_number, r.units, r.outcome AS state, r.recorded_at, "
        "r.settled_at AS ended_at FROM recruit r JOIN member m ON m.id IN (r.member_id, r.recruiter_id) "
        "JOIN member o ON o.id IN (r.member_id, r.recruiter_id) AND o.id <> m.id WHERE m.id = ANY ($1) "
        "ORDER BY 1, r.recorded_at, 3",
    ),
    # Who is in need is in that member's own file and in no other, whoever asks for it.
    Contents(
        "pool_pays",
        "SELECT m.number AS member_number, s.reason, s.agreed AS how, s.month_units AS units, s.from_on, s.until_on, s.state, "
        "s.proposed_at AS made_at, s.decided_at, s.ended_at FROM support s JOIN member m ON m.id = s.member_id "
        "WHERE m.id = ANY ($1) AND NOT $2::bool ORDER BY 1, s.proposed_at, s.id",
    ),
    Contents(
        "pool_pays_read",
        "SELECT m.number AS member_number, r.read_at AS at FROM support_reading r JOIN support s ON s.id = r.support_id "
        "JOIN member m ON m.id = s.member_id WHERE m.id = ANY ($1) AND NOT $2::bool ORDER BY 1, r.read_at, r.id",
    ),
)
