"""What is of a community and of no person."""

from __future__ import annotations

from timebank.actions.exports.contents import Contents

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
        "teams_there",
        "SELECT c.name AS community, t.name AS team, t.aims, t.made_at, t.ended_at FROM team t "
        "JOIN community c ON c.id = t.community_id WHERE c.id = ANY ($1) ORDER BY 1, t.made_at, t.id",
    ),
    Contents(
        "partners",
        "SELECT c.name AS community, p.name, p.name_en, p.kind, p.contact, p.made_at, p.ended_at FROM partner p "
        "JOIN community c ON c.id = p.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2, p.id",
    ),
    Contents(
        "devices",
        "SELECT c.name AS community, d.kind, d.name, d.name_en, d.made_at, d.paired_at, d.revoked_at FROM device d "
        "JOIN community c ON c.id = d.community_id WHERE c.id = ANY ($1) ORDER BY 1, d.made_at, d.id",
    ),
    Contents(
        "device_names",
        "SELECT c.name AS community, d.name AS device, n.name, n.name_en, n.until_at FROM device_name n "
        "JOIN device d ON d.id = n.device_id JOIN community c ON c.id = d.community_id "
        "WHERE c.id = ANY ($1) ORDER BY 1, 2, n.until_at",
    ),
    Contents(
        "rooms",
        "SELECT c.name AS community, s.name, s.name_en, s.about, s.seats, s.state, s.made_at FROM space s "
        "JOIN community c ON c.id = s.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "rewards",
        "SELECT c.name AS community, w.name, w.name_en, w.about, w.category, w.price AS units, w.donor, w.value_fen, w.state, "
        "w.made_at FROM reward w JOIN community c ON c.id = w.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "reward_limits",
        "SELECT c.name AS community, w.name AS reward, l.who, l.period, l.units AS pieces FROM reward_limit l "
        "JOIN reward w ON w.id = l.reward_id JOIN community c ON c.id = w.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2, 3",
    ),
    Contents(
        "reward_windows",
        "SELECT c.name AS community, w.first_on, w.last_on, w.repeats, w.from_time, w.until_time, w.removed_at "
        "FROM redemption_window w JOIN community c ON c.id = w.community_id WHERE c.id = ANY ($1) ORDER BY 1, 2, w.id",
    ),
    Contents(
        "stock",
        "SELECT c.name AS community, w.name AS reward, p.name AS place, s.change AS pieces, s.reason, s.at FROM stock_move s "
        "JOIN reward w ON w.id = s.reward_id JOIN place p ON p.id = s.place_id JOIN community c ON c.id = w.community_id "
        "WHERE c.id = ANY ($1) ORDER BY 1, s.at, s.id",
    ),
    # A line that says so here would be found among those of members by its instant.
    Contents(
        "pools",
        "SELECT c.name AS community, p.seq AS line, CASE WHEN t.kind <> 'support' THEN t.kind WHEN p.amount < 0 THEN 'issue' "
        "ELSE 'donate' END AS kind, p.amount AS units, p.balance_after, t.effective_at, t.recorded_at, "
        "t.reason_code AS reason, t.id AS movement FROM posting p JOIN transfer t ON t.id = p.transfer_id "
        "JOIN account a ON a.id = p.account_id JOIN community c ON c.id = a.owner_id WHERE c.id = ANY ($1) ORDER BY 1, 2",
    ),
    Contents(
        "pool_issues",
        "SELECT c.name AS community, i.reason, i.state, i.made_at, i.decided_at, "
        "(SELECT sum(l.units)::bigint FROM pool_issue_line l WHERE l.issue_id = i.id) AS units FROM pool_issue i "
        "JOIN community c ON c.id = i.community_id WHERE c.id = ANY ($1) ORDER BY 1, i.made_at, i.id",
    ),
    Contents(
        "imports",
        "SELECT c.name AS community, i.kind, i.source AS scheme, i.vouched_by, i.file_name, i.rows, i.state, i.uploaded_at, "
        "i.applied_at FROM import i JOIN community c ON c.id = i.community_id WHERE c.id = ANY ($1) ORDER BY "
        "i.uploaded_at, i.id",
    ),
)
