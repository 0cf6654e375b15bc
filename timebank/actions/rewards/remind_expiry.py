"""Members are told of points that expire soon, asked from the lots: what comes near and was not told?"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from schedules import sql
from timebank.actions.action import action
from timebank.communities import policies
from timebank.communities.policies import Rules
from timebank.outbox import messages
from timebank.outbox.messages import Message

# The nearest of the rules' distances alone: points that come with a life of five days are told of once, not twice.
NEAR = f"""
SELECT a.id AS account_id, m.id AS person_id, m.community_id, c.time_zone, l.expires_at,
       'expiry:' || a.id || ':' || extract(epoch FROM l.expires_at)::bigint || ':' || d.days AS key
  FROM (SELECT account_id, expires_at FROM lot WHERE remaining > 0 AND expires_at > $1
           AND expires_at <= $1::timestamptz + interval '366 days' GROUP BY account_id, expires_at) l
  JOIN account a ON a.id = l.account_id AND a.kind = 'member' AND a.closed_at IS NULL
  JOIN member m ON m.id = a.owner_id AND m.reminders AND m.state <> 'left'
  JOIN community c ON c.id = m.community_id
 CROSS JOIN LATERAL (SELECT p.rules FROM unnest(c.ancestor_ids) WITH ORDINALITY AS above (id, depth)
                       JOIN policy p ON p.community_id = above.id AND p.valid_from <= ($1 AT TIME ZONE c.time_zone)::date
                      ORDER BY above.depth DESC, p.valid_from DESC, p.version DESC LIMIT 1) r
 CROSS JOIN LATERAL (SELECT min(x::int) AS days
                       FROM jsonb_array_elements_text(coalesce(r.rules::jsonb -> 'reminder_days',
                            '{msgspec.json.encode(Rules().reminder_days).decode()}')) x
                      WHERE l.expires_at <= $1 + make_interval(days => x::int)) d
 WHERE d.days IS NOT NULL
"""

# A hold keeps the oldest points (A10); one that ends before they are due gives them back in time to expire.
WOULD_EXPIRE = """
WITH kept AS (SELECT coalesce(sum(amount), 0) AS units
                FROM hold WHERE account_id = $1 AND state = 'pending' AND expires_at > $2),
     due AS (SELECT coalesce(sum(remaining), 0) AS by_then, coalesce(sum(remaining) FILTER (WHERE expires_at < $2), 0) AS before
               FROM lot WHERE account_id = $1 AND remaining > 0 AND expires_at <= $2)
SELECT (greatest(0, by_then - kept.units) - greatest(0, before - kept.units))::bigint FROM due, kept
"""


class Near(msgspec.Struct, frozen=True):
    """Points of one member that expire at one instant, `key` names the notice that is due."""

    account_id: int
    expires_at: datetime
    key: str

    def __str__(self) -> str:
        return self.key


async def due(job: str, now: datetime, at_most: int) -> list[Near]:
    """What comes near and was not told, except for what rests after a failure. Reads only."""
    found = await sql.rows(
        f"SELECT q.account_id, q.expires_at, q.key FROM ({NEAR}) q WHERE NOT EXISTS (SELECT FROM message WHERE key = q.key) "
        "AND NOT is_resting($2, q.key, $1) ORDER BY q.expires_at LIMIT $3",
        now,
        job,
        at_most,
    )
    return [Near(**dict(row)) for row in found]


@action
async def remind(near: Near, now: datetime) -> int:
    """Promises the notice; 1 where it is new. Its figure is what would expire if nothing were spent (ledger-61).

    Safe to repeat and to run twice at once: the key lets one through.
    """
    row = await sql.row(f"SELECT * FROM ({NEAR}) q WHERE q.key = $2", now, near.key)
    units = int(await sql.value(WOULD_EXPIRE, near.account_id, near.expires_at))
    if row is None or units == 0:
        return 0
    return await messages.promise([await _notice(row, units, now)], now)


async def _notice(row: asyncpg.Record, units: int, now: datetime) -> Message:
    today = now.astimezone(ZoneInfo(row["time_zone"])).date()
    rules = (await policies.in_force(row["community_id"], today)).rules
    facts = {"units": units, "unit": rules.unit_zh, "unit_en": rules.unit_en, "time_zone": row["time_zone"]}
    return Message(
        key=row["key"],
        person_id=row["person_id"],
        kind="points_expire",
        facts=facts | {"expires_at": row["expires_at"].isoformat()},
        path="/rewards",
        is_reminder=True,
        useful_until=row["expires_at"],
    )
