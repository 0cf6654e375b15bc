"""What the pool pays for members in need: agreed by two of staff, within a month's limit, moved with the exchange itself.

That somebody is in need is sensitive (rules.md 7): `actions/points/support.py` alone reads it, and notes who has read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import msgspec

from schedules import sql, walltimes
from schedules.errors import NotFound, Refusal
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.outbox.functions import Refusals, call
from timebank.points.refusals import LEDGER

State = Literal["proposed", "approved", "refused", "withdrawn", "ended"]
Agreed = Literal["said", "paper", "representative"]
OLDEST_USE = timedelta(days=800)
"""What was exchanged longer ago comes back no more: help that was agreed far ahead is settled by then."""
REASON_KEPT = timedelta(days=365)
"""From the end of a support until its reason goes: so long somebody may have to be told why the pool paid."""


class SupportHeld(Refusal):
    """The member has a support already, or one is proposed. Facts: field."""


class SupportOver(Refusal):
    """It was approved, refused, taken back or ended meanwhile. Facts: state."""


class Support(msgspec.Struct, frozen=True):
    """Units of 1/100 point. `left` is what remains of this month, None where it is not in force.

    `state` is as of today: one whose last day is over, or whose member has left, has ended, whether or not a job has run.
    """

    id: UUID
    member_id: UUID
    number: int
    name: str
    community_id: UUID
    community: str
    community_en: str
    time_zone: str
    reason: str
    agreed: Agreed
    month_units: int
    from_on: date
    until_on: date
    proposed_by_id: UUID
    proposed_by: str
    proposed_at: datetime
    state: State
    decided_by: str
    decided_at: datetime | None
    ended_by: str
    ended_at: datetime | None


class Use(msgspec.Struct, frozen=True):
    """What the pool paid for one exchange, less what went back; `what` it was for, empty for help between neighbours."""

    used_at: datetime
    units: int
    returned: int
    what: str
    what_en: str


class Reading(msgspec.Struct, frozen=True):
    """Somebody of staff has looked at it, so many times on one day; `read_at` is the last."""

    name: str
    read_at: datetime
    times: int


class Paid(msgspec.Struct, frozen=True):
    """What a pool paid for members in need, less what came back, in units; names nobody."""

    this_month: int
    this_year: int


OVER = "(s.until_on < ($1::timestamptz AT TIME ZONE c.time_zone)::date OR m.state = 'left')"
"""Of a support s of member m whose pool is that of c: nothing of it is to come any more, whether or not a job has run."""
SELECT = f"""
SELECT s.id, s.member_id, m.number, m.name, s.community_id, c.name AS community, c.name_en AS community_en, c.time_zone,
       s.reason, s.agreed, s.month_units, s.from_on, s.until_on, s.proposed_by AS proposed_by_id, p.name AS proposed_by,
       s.proposed_at, CASE WHEN s.state = 'approved' AND {OVER} THEN 'ended'
            WHEN s.state = 'proposed' AND {OVER} THEN 'withdrawn' ELSE s.state END AS state,
       coalesce(d.name, '') AS decided_by, s.decided_at, coalesce(e.name, '') AS ended_by, s.ended_at
  FROM support s JOIN member m ON m.id = s.member_id JOIN community c ON c.id = s.community_id
  JOIN member p ON p.id = s.proposed_by LEFT JOIN member d ON d.id = s.decided_by LEFT JOIN member e ON e.id = s.ended_by
"""


async def one(support_id: UUID, now: datetime) -> Support:
    """Raises NotFound."""
    found = await sql.row(f"{SELECT} WHERE s.id = $2", now, support_id)
    if found is None:
        raise NotFound(what="support")
    return Support(**dict(found))


async def below(node_ids: Sequence[UUID], now: datetime, at_most: int = 300) -> list[Support]:
    """Of members who live at or below these nodes; those that wait first, then those in force, then the last that ended."""
    found = await sql.rows(
        f"{SELECT} JOIN community home ON home.id = m.community_id WHERE home.ancestor_ids && $2::uuid[] "
        "ORDER BY s.state = 'proposed' DESC, s.state = 'approved' DESC, coalesce(s.ended_at, s.proposed_at) DESC LIMIT $3",
        now,
        list(node_ids),
        at_most,
    )
    return [Support(**dict(row)) for row in found]


async def of_member(member_id: UUID, now: datetime) -> list[Support]:
    """Newest first."""
    found = await sql.rows(f"{SELECT} WHERE s.member_id = $2 ORDER BY s.proposed_at DESC", now, member_id)
    return [Support(**dict(row)) for row in found]


async def propose(
    member_id: UUID,
    community_id: UUID,
    reason: str,
    agreed: Agreed,
    month_units: int,
    from_on: date,
    until_on: date,
    by: UUID,
    now: datetime,
) -> UUID:
    """Nothing is paid before a second person has said yes. Raises SupportHeld."""
    await end_over(now, member_id)
    made = uuid4()
    # Two who propose for one member at once: the key of those that live lets one through.
    if not await sql.rows(
        "INSERT INTO support (id, member_id, community_id, reason, agreed, month_units, from_on, until_on, proposed_by, "
        "proposed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING 1",
        made,
        member_id,
        community_id,
        reason,
        agreed,
        month_units,
        from_on,
        until_on,
        by,
        now,
    ):
        raise SupportHeld(field="number")
    return made


async def decide(support_id: UUID, state: Literal["approved", "refused", "withdrawn"], by: UUID, now: datetime) -> bool:
    """Once; a repeat answers False. Raises SupportOver where it was decided otherwise, or is over: then nobody approves it."""
    if await sql.rows(
        "UPDATE support s SET state = $3, decided_by = $4, decided_at = $1 FROM member m, community c WHERE m.id = s.member_id "
        f"AND c.id = s.community_id AND s.id = $2 AND s.state = 'proposed' AND NOT ($3 = 'approved' AND {OVER}) RETURNING 1",
        now,
        support_id,
        state,
        by,
    ):
        return True
    found = await one(support_id, now)
    if found.state != state:
        raise SupportOver(state=found.state)
    return False


async def end(support_id: UUID, by: UUID, now: datetime) -> bool:
    """Nothing more is paid; what was exchanged stays. Once; a repeat answers False. Raises SupportOver."""
    if await sql.rows(
        "UPDATE support SET state = 'ended', ended_by = $2, ended_at = $3 WHERE id = $1 AND state = 'approved' RETURNING 1",
        support_id,
        by,
        now,
    ):
        return True
    found = await one(support_id, now)
    if found.state != "ended":
        raise SupportOver(state=found.state)
    return False


async def end_over(now: datetime, member_id: UUID | None = None) -> int:
    """Those whose last day is over, or whose member has left; how many. Nothing depends on when this runs."""
    found = await sql.rows(
        "UPDATE support s SET state = CASE s.state WHEN 'approved' THEN 'ended' ELSE 'withdrawn' END, "
        "ended_at = CASE s.state WHEN 'approved' THEN $1::timestamptz END, "
        "decided_by = coalesce(s.decided_by, s.proposed_by), decided_at = coalesce(s.decided_at, $1) "
        "FROM member m, community c WHERE m.id = s.member_id AND c.id = s.community_id AND s.state IN ('proposed', 'approved') "
        f"AND {OVER} AND ($2::uuid IS NULL OR m.id = $2) "
        "RETURNING 1",
        now,
        member_id,
    )
    return len(found)


async def forget_reasons(now: datetime) -> int:
    """Why somebody was in need goes a year after it ended, was refused or taken back; how many."""
    found = await sql.rows(
        "UPDATE support SET reason = '…' WHERE reason <> '…' AND state IN ('ended', 'refused', 'withdrawn') "
        "AND coalesce(ended_at, decided_at) < $1 RETURNING 1",
        now - REASON_KEPT,
    )
    return len(found)


async def read(support_ids: Sequence[UUID], reader_id: UUID, now: datetime) -> None:
    """Notes that somebody has looked at them; the members themselves read that (rules-20)."""
    await sql.rows(
        "INSERT INTO support_reading (support_id, reader_id, read_at) "
        "SELECT s.id, $2, $3 FROM support s WHERE s.id = ANY ($1::uuid[]) AND s.member_id <> $2",
        list(support_ids),
        reader_id,
        now,
    )


async def moved(since: datetime, until: datetime) -> list[UUID]:
    """The supports of which anything was moved, there or back, in the time."""
    found = await sql.rows(
        "SELECT DISTINCT u.support_id FROM transfer t JOIN support_use u ON u.id = split_part(t.business_key, ':', 2)::uuid "
        "WHERE t.kind = 'support' AND t.recorded_at >= $1 AND t.recorded_at < $2",
        since,
        until,
    )
    return [row["support_id"] for row in found]


async def readings(support_id: UUID, at_most: int = 200) -> list[Reading]:
    """By reader and day, newest first."""
    found = await sql.rows(
        "SELECT m.name, max(r.read_at) AS read_at, count(*)::int AS times FROM support_reading r "
        "JOIN member m ON m.id = r.reader_id JOIN support s ON s.id = r.support_id JOIN community c ON c.id = s.community_id "
        "WHERE r.support_id = $1 GROUP BY m.id, (r.read_at AT TIME ZONE c.time_zone)::date ORDER BY 2 DESC LIMIT $2",
        support_id,
        at_most,
    )
    return [Reading(**dict(row)) for row in found]


async def uses(support_id: UUID, at_most: int = 200) -> list[Use]:
    """Newest first."""
    found = await sql.rows(
        "SELECT u.used_at, u.units, u.returned, coalesce(w.name, '') AS what, coalesce(w.name_en, '') AS what_en "
        "FROM support_use u LEFT JOIN hold h ON h.scope = u.scope AND h.client_key = u.client_key "
        "LEFT JOIN redemption r ON r.scope = u.scope AND r.client_key = u.client_key "
        "LEFT JOIN reward w ON w.id = coalesce(h.reward_id, r.reward_id) "
        "WHERE u.support_id = $1 ORDER BY u.used_at DESC, u.id LIMIT $2",
        support_id,
        at_most,
    )
    return [Use(**dict(row)) for row in found]


async def limit(member_id: UUID, now: datetime) -> tuple[int | None, date]:
    """What the rules where the member lives let the pool pay in a month, in units (None: nothing), and the day there."""
    node = await tree.of_member(member_id)
    today = walltimes.day_of(now, node.time_zone)
    try:
        return (await policies.in_force(node.id, today)).rules.support_month_units, today
    except NoPolicy:
        return None, today


LEFT = """
SELECT least(coalesce(ledger.support_left(s.id, $2, $3, clock_timestamp()), 0), b.available)
  FROM support s JOIN account a ON a.owner_id = s.community_id CROSS JOIN LATERAL ledger.balance(a.id, clock_timestamp()) b
 WHERE s.member_id = $1 AND s.state = 'approved'
"""


async def left(member_id: UUID, now: datetime) -> int:
    """What the pool would still pay for the member this month, no more than it holds, in units; 0 for who has no support."""
    if not await is_supported(member_id):
        return 0
    return int(await sql.value(LEFT, member_id, *await limit(member_id, now)) or 0)


async def pay_missing(scope: str, key: str, member_id: UUID, needed: int, now: datetime, at: datetime | None = None) -> int:
    """What the member lacks for an exchange of `needed` units comes out of the pool; the units, 0 where it pays nothing.

    The exchange is to follow in the same transaction under the same scope and key. A repeat pays nothing more. Locks both
    wallets. Raises AccountClosed.
    """
    if not await is_supported(member_id):
        return 0
    statement = "SELECT ledger.support($1, $2, $3, $4, $5, $6, $7)"
    return int((await call(LEDGER, statement, scope, key, member_id, needed, *await limit(member_id, now), at))[0][0])


async def pay_missing_for_reward(
    refusals: Refusals,
    scope: str,
    key: str,
    request_hash: bytes,
    member_id: UUID,
    reward_id: UUID,
    quoted_price: int | None,
    quote_minutes: int,
    now: datetime,
    at: datetime | None = None,
    *,
    claims: bool,
) -> int:
    """The same for one unit of a reward; `claims` where `redemptions.redeem` follows, which claims the key.

    Locks the key, the household, then both wallets. Raises what the price refuses, by `refusals`.
    """
    if not await is_supported(member_id):
        return 0
    found = await call(
        refusals,
        "SELECT ledger.support_reward($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        scope,
        key,
        request_hash,
        claims,
        member_id,
        reward_id,
        quoted_price,
        quote_minutes,
        *await limit(member_id, now),
        at,
    )
    return int(found[0][0])


async def is_supported(member_id: UUID) -> bool:
    """Whether a support was approved and has not been ended; its days are judged by the ledger."""
    return bool(await sql.rows("SELECT FROM support WHERE member_id = $1 AND state = 'approved'", member_id))


async def has_any(member_id: UUID) -> bool:
    """Whether there is or was a support, or a proposal for one."""
    return bool(await sql.rows("SELECT FROM support WHERE member_id = $1 LIMIT 1", member_id))


async def to_return(now: datetime, at_most: int = 200) -> list[UUID]:
    """Uses of which something has to go back: the order lapsed, was cancelled or undone, the help was shorter."""
    found = await sql.rows(
        "SELECT u.id FROM support_use u WHERE u.returned + u.kept < u.units AND u.used_at > $1 "
        "AND ledger.support_due(u.id, clock_timestamp()) > 0 ORDER BY u.used_at LIMIT $2",
        now - OLDEST_USE,
        at_most,
    )
    return [row["id"] for row in found]


async def give_back(use_id: UUID, at: datetime | None = None) -> int:
    """To the pool, what an exchange did not take after all; the units. Safe to repeat. Locks both wallets."""
    return int((await call(LEDGER, "SELECT ledger.return_support($1, $2)", use_id, at))[0][0])


async def paid_by(community_id: UUID, now: datetime) -> Paid:
    """Of the community's pool, in the month and year of `now` on its own wall."""
    found = await sql.one(
        "SELECT coalesce(sum(u.units - u.returned) FILTER (WHERE date_trunc('month', u.wall) = date_trunc('month', n.wall)), "
        "0) AS this_month, coalesce(sum(u.units - u.returned), 0) AS this_year "
        "FROM community c CROSS JOIN LATERAL (SELECT $2::timestamptz AT TIME ZONE c.time_zone AS wall) n "
        "LEFT JOIN LATERAL (SELECT u.units, u.returned, u.used_at AT TIME ZONE c.time_zone AS wall FROM support_use u "
        "JOIN support s ON s.id = u.support_id WHERE s.community_id = c.id) u "
        "ON date_trunc('year', u.wall) = date_trunc('year', n.wall) WHERE c.id = $1",
        community_id,
        now,
    )
    return Paid(int(found["this_month"]), int(found["this_year"]))
