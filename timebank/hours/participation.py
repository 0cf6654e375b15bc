"""Who had a place and who came, as lists that are taken along: of a session, an activity, or all sessions of some days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from timebank.hours.records import HourClass

MOST = 20_000
"""Lines of one list."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One session, one activity, or the sessions of these communities that begin on local days `since` to `until`."""

    session_id: UUID | None = None
    activity_id: UUID | None = None
    community_ids: Sequence[UUID] | None = None
    since: date | None = None
    until: date | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-up of one session. `stays` are the times in and out; `phone` is None where the reader may not know it."""

    session_id: UUID
    title: str
    title_en: str
    starts_at: datetime
    time_zone: str
    person_id: UUID
    number: int
    name: str
    phone: str | None
    role: str
    role_en: str
    state: Literal["expected", "absent", "excused", "here", "came"]
    planned: int
    scanned: int | None
    credited: int | None
    hour_class: HourClass | None
    stays: list[tuple[datetime, datetime | None]]


LINES = """
SELECT s.id AS session_id, a.title, a.title_en, s.starts_at, a.time_zone, u.person_id, m.number, m.name,
       CASE WHEN c.ancestor_ids && $6::uuid[] THEN m.phone END AS phone, o.name AS role, o.name_en AS role_en,
       CASE WHEN h.stays IS NOT NULL THEN CASE WHEN h.is_inside THEN 'here' ELSE 'came' END
            WHEN EXISTS (SELECT FROM signup_fact f WHERE f.signup_id = u.id AND f.kind = 'excused') THEN 'excused'
            WHEN s.closes_at <= $7 THEN 'absent' ELSE 'expected' END AS state,
       extract(epoch FROM s.ends_at - s.starts_at)::int / 60 AS planned, h.scanned, h.credited, h.hour_class,
       coalesce(h.stays, '[]') AS stays
  FROM session s JOIN activity a ON a.id = s.activity_id JOIN signup u ON u.session_id = s.id
  JOIN session_role o ON o.id = u.role_id JOIN member m ON m.id = u.person_id JOIN community c ON c.id = m.community_id
  CROSS JOIN LATERAL (
       SELECT json_agg(json_build_array(t.in_at, t.out_at) ORDER BY t.in_at) AS stays, bool_or(t.out_at IS NULL) AS is_inside,
              sum(t.minutes)::int AS scanned, sum(r.service_minutes)::int AS credited, max(r.class) AS hour_class
         FROM attendance t LEFT JOIN LATERAL (
              SELECT * FROM (SELECT * FROM service_record WHERE attendance_id = t.id ORDER BY version DESC LIMIT 1) last
               WHERE NOT is_withdrawn) r ON true
        WHERE t.signup_id = u.id AND t.state = 'counts') h
 WHERE (u.state = 'confirmed' OR h.stays IS NOT NULL) AND s.state <> 'cancelled' AND a.state <> 'draft'
   AND ($1::uuid IS NULL OR s.id = $1) AND ($2::uuid IS NULL OR a.id = $2)
   AND ($3::uuid[] IS NULL OR a.community_id = ANY ($3))
   AND ($4::date IS NULL OR s.starts_at >= $4::date - interval '1 day' AND (s.starts_at AT TIME ZONE a.time_zone)::date >= $4)
   AND ($5::date IS NULL OR s.starts_at < $5::date + interval '2 days' AND (s.starts_at AT TIME ZONE a.time_zone)::date <= $5)
 ORDER BY s.starts_at, s.id, o.position, m.number LIMIT $8
"""


async def lines(scope: Scope, contact_nodes: Sequence[UUID], now: datetime) -> list[Line]:
    """By session and number; phones of members who live at `contact_nodes` or below. One statement."""
    found = await sql.rows(
        LINES,
        scope.session_id,
        scope.activity_id,
        None if scope.community_ids is None else list(scope.community_ids),
        scope.since,
        scope.until,
        list(contact_nodes),
        now,
        MOST,
    )
    stays = list[tuple[datetime, datetime | None]]
    return [Line(**{**dict(row), "stays": msgspec.json.decode(row["stays"], type=stays)}) for row in found]
