"""A member's own stay at a session, and what became of its points."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.actions.door.admission import Met
from timebank.hours.days import LEFT_EARLY
from timebank.people.callers import Caller
from timebank.points.wallets import balance

Points = Literal["none", "waits", "waits_for_organiser", "on_the_way", "stuck", "credited"]


class Stay(Met, frozen=True, kw_only=True):
    """`points` tells where `units` (1/100 point, of all versions together) are; `available` is what the member can spend."""

    attendance_id: UUID
    community_id: UUID
    in_at: datetime
    out_at: datetime | None
    minutes: int | None
    is_late: bool
    is_automatic: bool
    is_service: bool
    counts_from: datetime
    """Before that no minute counts."""
    points: Points
    units: int
    reason: str | None
    left_early: bool
    pool: str
    """Of a group's service whose points are the pool's: whose pool it is; else empty."""
    pool_en: str
    above: int
    """Of the units, those that lay above the most that the wallet takes (ledger-110)."""
    available: int = 0


STAY = f"""
SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at, s.ends_at,
       a.time_zone, h.id AS attendance_id, a.community_id, h.in_at, h.out_at, h.minutes, h.is_late, h.is_automatic,
       a.is_service, s.starts_at - make_interval(mins => a.tolerance) AS counts_from,
       CASE WHEN i.state = 'done' THEN 'credited' WHEN i.state = 'pending' THEN 'on_the_way' WHEN i.state = 'dead' THEN 'stuck'
            WHEN w.asked_at IS NOT NULL THEN 'waits_for_organiser'
            WHEN i.state IS NULL AND a.is_service AND h.minutes > 0 THEN 'waits' ELSE 'none' END AS points,
       coalesce(i.amount, 0) AS units, i.reason, coalesce(c.name, '') AS pool, coalesce(c.name_en, '') AS pool_en,
       coalesce((SELECT sum(units) FROM above_cap WHERE intent_id = ANY (i.ids)), 0)::int AS above,
       {LEFT_EARLY} AS left_early
  FROM attendance h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
  LEFT JOIN space p ON p.id = s.space_id CROSS JOIN LATERAL (
       SELECT coalesce(max(version), 1) AS last FROM service_record WHERE attendance_id = h.id) r
  LEFT JOIN stay_confirmation w ON w.attendance_id = h.id AND w.version = r.last AND w.confirmed_at IS NULL
  CROSS JOIN LATERAL (
       SELECT CASE WHEN bool_or(state = 'dead') THEN 'dead' WHEN bool_or(state = 'pending') THEN 'pending'
                   WHEN bool_or(state = 'done') THEN 'done' WHEN count(*) > 0 THEN 'nothing' END AS state,
              sum(CASE WHEN kind = 'correct' THEN -amount ELSE amount END)::int AS amount, max(reason) AS reason,
              max(account_id) AS account_id,
              array_agg(id) AS ids
         FROM intent WHERE business_key = ANY (
              SELECT 'attendance:' || h.id || ':v' || v FROM generate_series(1, r.last) v)) i
  LEFT JOIN account o ON o.id = i.account_id AND o.kind = 'pool' LEFT JOIN community c ON c.id = o.owner_id
 WHERE h.id = $1 AND h.person_id = $2 AND h.state = 'counts'
"""


async def see_stay(caller: Caller, attendance_id: UUID, now: datetime) -> Stay:
    """Raises NotFound, also for somebody else's. Two statements once points are credited, else one."""
    found = await sql.row(STAY, attendance_id, caller.member())
    if found is None:
        raise NotFound(what="attendance")
    stay = Stay(**dict(found))
    if stay.points != "credited":
        return stay
    return msgspec.structs.replace(stay, available=(await balance(caller.member(), now)).available)
