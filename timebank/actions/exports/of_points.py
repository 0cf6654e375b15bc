"""Points of members: movements, promises, orders, gifts, and help between neighbours."""

from __future__ import annotations

from timebank.actions.exports.contents import Contents

POINTS = (
    # That the pool paid for somebody in need stands in that member's own file alone; to others the points came from the pool.
    Contents(
        "points",
        "SELECT m.number AS member_number, p.seq AS line, CASE WHEN NOT $2::bool OR t.kind <> 'support' THEN t.kind "
        "WHEN p.amount > 0 THEN 'issue' ELSE 'donate' END AS kind, p.amount AS units, p.balance_after, t.effective_at, "
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
        "points_above_cap",
        "SELECT m.number AS member_number, o.went, o.units, o.noted_at FROM above_cap o "
        "JOIN account a ON a.id = o.account_id JOIN member m ON m.id = a.owner_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, o.noted_at, o.intent_id, 2",
    ),
    Contents(
        "opening_balances",
        "SELECT m.number AS member_number, b.source AS scheme, b.reference, b.units, b.undone_at, b.transfer_id AS movement "
        "FROM opening_balance b JOIN member m ON m.id = b.member_id WHERE m.id = ANY ($1) ORDER BY 1, 2, 3, b.transfer_id",
    ),
    Contents(
        "points_owed",
        "SELECT m.number AS member_number, d.amount AS units, d.paid, d.waived, t.recorded_at FROM debt d "
        "JOIN transfer t ON t.id = d.transfer_id JOIN account a ON a.id = d.account_id JOIN member m ON m.id = a.owner_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, t.recorded_at, d.id",
    ),
    Contents(
        "points_from_pools",
        "SELECT m.number AS member_number, c.name AS community, i.reason, l.units, i.state, i.made_at, i.decided_at "
        "FROM pool_issue_line l "
        "JOIN pool_issue i ON i.id = l.issue_id JOIN community c ON c.id = i.community_id JOIN member m ON m.id = l.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, i.made_at, i.id",
    ),
    Contents(
        "points_set_aside",
        "SELECT m.number AS member_number, h.purpose, h.amount AS units, h.state, h.expires_at FROM hold h "
        "JOIN account a ON a.id = h.account_id JOIN member m ON m.id = a.owner_id WHERE m.id = ANY ($1) ORDER BY 1, 5, h.id",
    ),
    Contents(
        "orders",
        "SELECT m.number AS member_number, w.name AS reward, h.amount AS units, h.state, h.made_at, h.expires_at FROM pickup k "
        "JOIN hold h ON h.id = k.hold_id JOIN reward w ON w.id = h.reward_id JOIN member m ON m.id = k.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, h.made_at, h.id",
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
        "neighbour_hearings",
        "SELECT m.number AS member_number, p.title AS post, h.text AS words, h.said_at FROM exchange_hearing h "
        "JOIN exchange x ON x.id = h.exchange_id JOIN neighbour_post p ON p.id = x.post_id "
        "JOIN member m ON m.id = h.member_id WHERE m.id = ANY ($1) ORDER BY 1, h.said_at, h.id",
    ),
    Contents(
        "neighbour_reports",
        "SELECT m.number AS member_number, p.title AS post, r.reason, r.reported_at, r.seen_at FROM neighbour_report r "
        "JOIN neighbour_post p ON p.id = r.post_id JOIN member m ON m.id = r.member_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, r.reported_at, p.id",
    ),
    Contents(
        "neighbour_blocks",
        "SELECT m.number AS member_number, CASE WHEN $2::bool THEN o.number END AS other_number, b.blocked_at, b.ended_at "
        "FROM neighbour_block b JOIN member m ON m.id = b.member_id JOIN member o ON o.id = b.blocked_id "
        "WHERE m.id = ANY ($1) ORDER BY 1, b.blocked_at, o.number",
    ),
)
