"""The year of a node in rows: sessions, people, hours, teams, room use, and how records were kept (Order 67 art. 18).

Every figure is the sum of `amount` over the rows that it opens (rules-23). Rows have id, day, kind, what, what_en, name,
name_en, number and amount; the parameters are $1 node, $2 and $3 first and last local day, $4 time zone, $5 now. What is
booked at an instant is sought between two instants, so that a year reads along an index.
"""

from __future__ import annotations

from typing import Literal

from timebank.communities.years import ASKED
from timebank.hours.figures import LAST
from timebank.hours.working_days import RECORD_WITHIN

Name = Literal["sessions", "people", "hours", "teams", "late", "papers", "revoked", "rooms"]

FIRST_OF_SEVERAL: tuple[Name, ...] = ("people", "teams")
"""Their day is that of the first record of the year: a part of the year gives other rows."""

# Where each place has a clock of its own: days of all clocks lie within.
NEAR = "{at} >= q.since - interval '2 days' AND {at} < q.until + interval '2 days'"
SERVED = f"""
FROM {ASKED} JOIN service_record r ON r.served_on BETWEEN q.first AND q.last AND r.service_minutes > 0 AND {LAST}
JOIN member m ON m.id = r.member_id JOIN community c ON c.id = m.community_id AND q.node = ANY (c.ancestor_ids)
"""
ROWS: dict[Name, str] = {
    "sessions": f"""
SELECT s.id::text AS id, d.day, '' AS kind, a.title AS what, a.title_en AS what_en, NULL::text AS name,
       NULL::text AS name_en, NULL::bigint AS number, 1::bigint AS amount
  FROM {ASKED} JOIN session s ON {NEAR.format(at="s.starts_at")}
  JOIN activity a ON a.id = s.activity_id AND a.state = 'published'
  JOIN community c ON c.id = a.community_id AND q.node = ANY (c.ancestor_ids)
 CROSS JOIN LATERAL (SELECT (s.starts_at AT TIME ZONE a.time_zone)::date AS day) d
 WHERE s.state <> 'cancelled' AND s.ends_at <= q.now AND d.day BETWEEN q.first AND q.last""",
    "people": f"""
SELECT m.id::text AS id, min(r.served_on) AS day, '' AS kind, '' AS what, '' AS what_en, m.name,
       NULL::text AS name_en, m.number, 1::bigint AS amount
 {SERVED} GROUP BY m.id""",
    "hours": f"""
SELECT r.id::text AS id, r.served_on AS day, r.class AS kind, r.activity_name AS what, r.activity_name_en AS what_en,
       m.name, NULL::text AS name_en, m.number, r.service_minutes::bigint AS amount
 {SERVED}""",
    "teams": f"""
SELECT t.id::text AS id, min(r.served_on) AS day, '' AS kind, t.name AS what, t.name_en AS what_en, NULL::text AS name,
       NULL::text AS name_en, NULL::bigint AS number, 1::bigint AS amount
 {SERVED} JOIN team_person p ON p.person_id = m.id AND p.state = 'chosen' JOIN team t ON t.id = p.team_id
  JOIN community tc ON tc.id = t.community_id WHERE q.node = ANY (tc.ancestor_ids) GROUP BY t.id""",
    "late": f"""
SELECT l.id::text AS id, l.served_on AS day, l.class AS kind, l.activity_name AS what, l.activity_name_en AS what_en, l.name,
       NULL::text AS name_en, l.number, 1::bigint AS amount
  FROM (SELECT r.id, r.served_on, r.class, r.activity_name, r.activity_name_en, m.name, m.number,
               (r.recorded_at AT TIME ZONE q.zone)::date AS kept_on,
               coalesce((s.ends_at AT TIME ZONE q.zone)::date, r.served_on) AS ended_on
          FROM {ASKED} JOIN service_record r ON r.served_on BETWEEN q.first AND q.last AND r.version = 1
          JOIN member m ON m.id = r.member_id JOIN community c ON c.id = m.community_id AND q.node = ANY (c.ancestor_ids)
          LEFT JOIN attendance h ON h.id = r.attendance_id LEFT JOIN session s ON s.id = h.session_id) l
 WHERE l.kept_on - l.ended_on >= {RECORD_WITHIN}
   AND l.kept_on > (SELECT due_on FROM working_day_after(l.ended_on, {RECORD_WITHIN}))""",
    "papers": f"""
SELECT k.id::text AS id, (k.issued_at AT TIME ZONE q.zone)::date AS day, '' AS kind, k.number AS what, '' AS what_en, m.name,
       NULL::text AS name_en, m.number, 1::bigint AS amount
  FROM {ASKED} JOIN certificate k ON k.issued_at >= q.since AND k.issued_at < q.until JOIN member m ON m.id = k.member_id
  JOIN community c ON c.id = m.community_id AND q.node = ANY (c.ancestor_ids)""",
    "revoked": f"""
SELECT k.id::text AS id, (v.revoked_at AT TIME ZONE q.zone)::date AS day, '' AS kind, k.number AS what, '' AS what_en, m.name,
       NULL::text AS name_en, m.number, 1::bigint AS amount
  FROM {ASKED} JOIN certificate_revocation v ON v.revoked_at >= q.since AND v.revoked_at < q.until
  JOIN certificate k ON k.id = v.certificate_id
  JOIN member m ON m.id = k.member_id JOIN community c ON c.id = m.community_id AND q.node = ANY (c.ancestor_ids)""",
    "rooms": f"""
SELECT b.id::text AS id, d.day, '' AS kind, s.name AS what, s.name_en AS what_en, m.name, NULL::text AS name_en, m.number,
       (extract(epoch FROM b.ends_at - b.starts_at) / 60)::bigint AS amount
  FROM {ASKED} JOIN booking b ON {NEAR.format(at="b.starts_at")}
  JOIN space s ON s.id = b.space_id LEFT JOIN member m ON m.id = b.person_id
  JOIN community c ON c.id = s.community_id AND q.node = ANY (c.ancestor_ids)
 CROSS JOIN LATERAL (SELECT (b.starts_at AT TIME ZONE s.time_zone)::date AS day) d
 WHERE b.state IN ('done', 'ended_early') AND d.day BETWEEN q.first AND q.last""",
}
