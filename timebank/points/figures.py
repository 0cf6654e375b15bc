"""What the public board says of points, as the ledger has it: each figure is the sum of the rows that it opens (ledger-121).

Units of 1/100 point; what came back counts against what went. Days are those on which it was booked.
Sums have the columns day, kind, rows and amount; rows have id, day, at, kind, amount, and of their owner
name, name_en and number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from schedules import sql

Figure = Literal["issued", "redeemed", "expired", "donated", "pools"]


class Totals(msgspec.Struct, frozen=True):
    """`issued` is what left issuance, `redeemed` and `expired` what reached those accounts, `donated` what went to pools.

    `pools` is what pools hold: what came in, less what they gave out.
    """

    issued: int
    redeemed: int
    expired: int
    donated: int
    pools: int


POOLS = "(SELECT id FROM account WHERE kind = 'pool')"
# What a movement adds to a figure, and what it takes away again. A movement back that is itself taken back adds once more.
ADDS: dict[Figure, str] = {
    "issued": "(t.from_account = ledger.issuance())::int - (t.to_account = ledger.issuance())::int",
    "redeemed": "(t.to_account = ledger.redeemed())::int - (t.from_account = ledger.redeemed())::int",
    "expired": "(t.to_account = ledger.expired())::int - (t.from_account = ledger.expired())::int",
    # A value, not EXISTS: a planner that hashed it would read every movement there ever was.
    "donated": "(t.kind = 'donate')::int - (t.kind = 'reverse' AND "
    "coalesce((SELECT o.kind = 'donate' FROM transfer o WHERE o.id = t.reverses), false))::int",
    "pools": f"(t.to_account IN {POOLS})::int - (t.from_account IN {POOLS})::int",
}
OWNER: dict[Figure, str] = {
    "issued": "greatest(t.from_account, t.to_account)",
    "redeemed": "greatest(t.from_account, t.to_account)",
    "expired": "greatest(t.from_account, t.to_account)",
    "donated": "CASE WHEN t.kind = 'donate' THEN t.from_account ELSE t.to_account END",
    "pools": f"CASE WHEN t.to_account IN {POOLS} THEN t.to_account ELSE t.from_account END",
}


async def totals() -> Totals:
    """Since the beginning. One look at every movement, nothing kept beside them."""
    sums = ", ".join(f"coalesce(sum(t.amount * ({adds})), 0)::bigint AS {figure}" for figure, adds in ADDS.items())
    return Totals(**dict(await sql.one(f"SELECT {sums} FROM transfer t")))


async def by_month(figure: Figure, zone: str) -> list[Mapping[str, Any]]:
    """A line a month that has any, the last first; `day` is its first."""
    return await _sums(figure, "date_trunc('month', t.recorded_at AT TIME ZONE $1)::date", "''", "true", zone)


async def by_day(figure: Figure, zone: str, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
    """A line for each day and kind from `since` until before `until`, the last day first."""
    during = "t.recorded_at >= $2 AND t.recorded_at < $3"
    return await _sums(figure, "(t.recorded_at AT TIME ZONE $1)::date", "t.kind", during, zone, since, until)


async def _sums(figure: Figure, day: str, kind: str, during: str, *values: object) -> list[Mapping[str, Any]]:
    found = await sql.rows(
        f"SELECT {day} AS day, {kind} AS kind, count(*) AS rows, sum(t.amount * ({ADDS[figure]}))::bigint AS amount "
        f"FROM transfer t WHERE {during} AND ({ADDS[figure]}) <> 0 GROUP BY 1, 2 ORDER BY 1 DESC, 2",
        *values,
    )
    return list(found)


async def rows(
    figure: Figure, zone: str, since: datetime, until: datetime, nodes: Sequence[UUID], after: UUID | None, limit: int
) -> list[Mapping[str, Any]]:
    """The movements themselves, the last first, behind the row `after`. Names of who lives below one of `nodes`."""
    found = await sql.rows(
        f"""
        SELECT t.id, (t.recorded_at AT TIME ZONE $1)::date AS day, t.recorded_at AS at, t.kind,
               t.amount * ({ADDS[figure]}) AS amount,
               CASE WHEN near.ok THEN coalesce(m.name, p.name) END AS name, CASE WHEN near.ok THEN p.name_en END AS name_en,
               CASE WHEN near.ok THEN m.number END AS number
          FROM transfer t LEFT JOIN account a ON a.id = {OWNER[figure]}
          LEFT JOIN member m ON m.id = a.owner_id LEFT JOIN community p ON p.id = a.owner_id
          LEFT JOIN community c ON c.id = coalesce(m.community_id, p.id)
          CROSS JOIN LATERAL (SELECT coalesce(c.ancestor_ids && $4::uuid[], false) AS ok) near
         WHERE t.recorded_at >= $2 AND t.recorded_at < $3 AND ({ADDS[figure]}) <> 0
           AND ($5::uuid IS NULL OR (t.recorded_at, t.id) < (SELECT recorded_at, id FROM transfer WHERE id = $5))
         ORDER BY t.recorded_at DESC, t.id DESC LIMIT $6
        """,
        zone,
        since,
        until,
        list(nodes),
        after,
        limit,
    )
    return list(found)
