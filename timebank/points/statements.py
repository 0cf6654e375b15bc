"""The points of a period: the balance before it, every line booked in it, the balance after it.

The bounds are places in the wallet's own sequence, so that adjoining periods meet whatever the clocks did (ledger-116).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql


class Posted(msgspec.Struct, frozen=True):
    """One line of a wallet, in units of 1/100 point: above zero it came in.

    `source` names the version of a stay that it was earned or corrected by. `actor_id` is whoever acted for the owner, None
    where the owner did or nobody; `other` is the owner of the wallet on the other side, empty where there is none.
    """

    seq: int
    kind: str
    units: int
    balance_after: int
    effective_at: datetime
    recorded_at: datetime
    reason: str
    what: str
    what_en: str
    is_room: bool
    source: str
    actor_id: UUID | None
    actor: str
    actor_en: str
    is_device: bool
    other: str
    other_en: str
    movement_id: UUID | None = None


class Acted(msgspec.Struct, frozen=True):
    """What somebody did on another's wallet."""

    recorded_at: datetime
    kind: str
    units: int
    what: str
    what_en: str
    is_room: bool
    name: str


# What was bought, booked or done stands beside the movement, and beside the one that takes it back.
NAMED = """
LEFT JOIN redemption r ON r.transfer_id = coalesce(t.reverses, t.id) LEFT JOIN reward w ON w.id = r.reward_id
LEFT JOIN intent i ON i.id = coalesce(t.reverses, t.relates_to, t.id)
LEFT JOIN hold h ON h.transfer_id = coalesce(t.reverses, t.id) AND h.purpose = 'booking'
LEFT JOIN booking b ON b.id = CASE WHEN h.scope ~ '^booking:[0-9a-f-]{36}$' THEN substr(h.scope, 9)::uuid END
LEFT JOIN space s ON s.id = b.space_id
LEFT JOIN exchange x ON x.transfer_id = coalesce(t.reverses, t.id) LEFT JOIN neighbour_post np ON np.id = x.post_id
"""
WHAT = """
coalesce(w.name, s.name, np.title, i.payload ->> 'what', '') AS what,
coalesce(w.name_en, s.name_en, i.payload ->> 'what_en', '') AS what_en,
s.id IS NOT NULL AS is_room
"""
# Backwards from the wallet's newest line until one is old enough: years that nobody asks for are not read.
LAST = """
SELECT q.seq FROM posting q JOIN transfer u ON u.id = q.transfer_id
 WHERE q.account_id = a.id AND u.recorded_at < ${} ORDER BY q.seq DESC LIMIT 1
"""
LINES = f"""
SELECT p.seq, t.kind, p.amount AS units, p.balance_after, t.id AS movement_id,
       CASE WHEN t.reverses IS NULL THEN t.effective_at ELSE coalesce(i.earned_at, t.effective_at) END AS effective_at,
       t.recorded_at, coalesce(t.reason_code, '') AS reason,
       {WHAT},
       coalesce(substring(t.business_key FROM '^(?:intent|correct):(attendance:[0-9a-f-]{{36}}:v[0-9]+)$'), '') AS source,
       nullif(t.actor_id, a.owner_id) AS actor_id,
       coalesce(m.name, d.name, '') AS actor, coalesce(d.name_en, '') AS actor_en,
       d.name IS NOT NULL AS is_device,
       coalesce(om.name, oc.name, '') AS other, coalesce(oc.name_en, '') AS other_en
  FROM account a JOIN posting p ON p.account_id = a.id JOIN transfer t ON t.id = p.transfer_id
  {NAMED}
  LEFT JOIN member m ON m.id = nullif(t.actor_id, a.owner_id) LEFT JOIN device_called(t.actor_id, t.recorded_at) d ON true
  LEFT JOIN account o ON o.id = CASE WHEN t.from_account = a.id THEN t.to_account ELSE t.from_account END
  LEFT JOIN member om ON om.id = o.owner_id LEFT JOIN community oc ON oc.id = o.owner_id
 WHERE a.owner_id = $1 AND p.seq > coalesce(({LAST.format(2)}), 0) AND p.seq <= coalesce(({LAST.format(3)}), 0)
 ORDER BY p.seq
"""


async def lines(owner_id: UUID, since: datetime, until: datetime) -> list[Posted]:
    """What was booked from `since` until before `until`, in the order of the wallet. One statement, no lock."""
    return [Posted(**dict(row)) for row in await sql.rows(LINES, owner_id, since, until)]


BALANCE = f"""
SELECT p.balance_after FROM account a JOIN posting p ON p.account_id = a.id
 WHERE a.owner_id = $1 AND p.seq = ({LAST.format(2)})
"""


async def balance_before(owner_id: UUID, at: datetime) -> int:
    """Units on the wallet's books just before `at`; nothing before its first line."""
    return int(await sql.value(BALANCE, owner_id, at) or 0)


ACTED = f"""
SELECT t.recorded_at, t.kind, p.amount AS units, {WHAT}, m.name
  FROM transfer t JOIN posting p ON p.transfer_id = t.id JOIN account a ON a.id = p.account_id
  JOIN member m ON m.id = a.owner_id
  {NAMED}
 WHERE t.actor_id = $1 AND t.recorded_at >= $2 AND t.recorded_at < $3
   AND NOT EXISTS (SELECT FROM account own WHERE own.owner_id = $1 AND own.id IN (t.from_account, t.to_account))
 ORDER BY t.recorded_at, p.account_id LIMIT $4
"""


async def acted(actor_id: UUID, since: datetime, until: datetime, at_most: int) -> Sequence[Acted]:
    """What the member did on the wallets of others, the first first (ledger-120)."""
    return [Acted(**dict(row)) for row in await sql.rows(ACTED, actor_id, since, until, at_most)]
