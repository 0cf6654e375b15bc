"""The year of a node in rows, as the ledger has it: points by the day on which they were booked, of members and pools.

Parameters and columns as in hours/yearly.py; what came back counts against what went, as on the board.
"""

from __future__ import annotations

from typing import Literal

from timebank.communities.years import ASKED
from timebank.points.figures import ADDS, OWNER, POOLS

Name = Literal["issued", "redeemed", "expired", "donated", "to_pools", "from_pools", "supported"]

ROWS_OF = """
SELECT {id} AS id, (t.recorded_at AT TIME ZONE q.zone)::date AS day, t.kind, '' AS what, '' AS what_en,
       coalesce(m.name, p.name) AS name, p.name_en, m.number, t.amount * ({adds}) AS amount
  FROM {asked} JOIN transfer t ON t.recorded_at >= q.since AND t.recorded_at < q.until AND ({adds}) <> 0
  JOIN account a ON a.id = {owner} LEFT JOIN member m ON m.id = a.owner_id LEFT JOIN community p ON p.id = a.owner_id
  JOIN community c ON c.id = coalesce(m.community_id, p.id) AND q.node = ANY (c.ancestor_ids)"""
MOVED = "t.id::text"
# Of what a pool paid for somebody in need not the movement: with it the line on that member's statement would be found.
UNNAMED = """CASE WHEN t.kind <> 'support' THEN t.id::text ELSE 'support-' || lpad((row_number() OVER (
       PARTITION BY (t.recorded_at AT TIME ZONE q.zone)::date, t.kind ORDER BY t.recorded_at, t.id))::text, 9, '0') END"""
BOARD: tuple[Literal["issued", "redeemed", "expired", "donated"], ...] = ("issued", "redeemed", "expired", "donated")
ROWS: dict[Name, str] = {
    **{name: ROWS_OF.format(id=MOVED, asked=ASKED, adds=ADDS[name], owner=OWNER[name]) for name in BOARD},
    "to_pools": ROWS_OF.format(id=UNNAMED, asked=ASKED, adds=f"(t.to_account IN {POOLS})::int", owner="t.to_account"),
    "from_pools": ROWS_OF.format(id=UNNAMED, asked=ASKED, adds=f"(t.from_account IN {POOLS})::int", owner="t.from_account"),
    # What came back counts against it. Its rows name the pool, never the member.
    "supported": ROWS_OF.format(
        id=UNNAMED,
        asked=ASKED,
        adds=f"CASE WHEN t.kind = 'support' THEN (t.from_account IN {POOLS})::int - (t.to_account IN {POOLS})::int ELSE 0 END",
        owner=f"CASE WHEN t.from_account IN {POOLS} THEN t.from_account ELSE t.to_account END",
    ),
}
