"""What a pool pays for members in need, in the transaction of the exchange and before it, and what of it goes back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from schedules import sql, walltimes
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.outbox.functions import Refusals, call
from timebank.points import supports
from timebank.points.refusals import LEDGER


class Use(msgspec.Struct, frozen=True):
    """What the pool paid for one exchange, less what went back; `what` it was for, empty for help between neighbours."""

    used_at: datetime
    units: int
    returned: int
    what: str
    what_en: str


class WantedUnit(msgspec.Struct, frozen=True):
    """One unit of a reward, under the key of the exchange that follows; `claims` where `redemptions.redeem` claims that key.

    `quoted_price` in units of 1/100 point, None where nobody was told one; a quote is honoured for `quote_minutes`.
    """

    scope: str
    client_key: str
    request_hash: bytes
    member_id: UUID
    reward_id: UUID
    quoted_price: int | None
    quote_minutes: int
    claims: bool = False


class Paid(msgspec.Struct, frozen=True):
    """What a pool paid for members in need, less what came back, in units; names nobody."""

    this_month: int
    this_year: int


OLDEST_USE = timedelta(days=800)
"""What was exchanged longer ago comes back no more: help that was agreed far ahead is settled by then."""


LISTED = 200
"""Uses of one support: years of it, one or two a week."""


async def uses(support_id: UUID) -> list[Use]:
    """Newest first."""
    found = await sql.rows(
        "SELECT u.used_at, u.units, u.returned, coalesce(w.name, '') AS what, coalesce(w.name_en, '') AS what_en "
        "FROM support_use u LEFT JOIN hold h ON h.scope = u.scope AND h.client_key = u.client_key "
        "LEFT JOIN redemption r ON r.scope = u.scope AND r.client_key = u.client_key "
        "LEFT JOIN reward w ON w.id = coalesce(h.reward_id, r.reward_id) "
        "WHERE u.support_id = $1 ORDER BY u.used_at DESC, u.id LIMIT $2",
        support_id,
        LISTED,
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
    if not await supports.is_supported(member_id):
        return 0
    return int(await sql.value(LEFT, member_id, *await limit(member_id, now)) or 0)


async def pay_missing(scope: str, key: str, member_id: UUID, needed: int, now: datetime) -> int:
    """What the member lacks for an exchange of `needed` units comes out of the pool; the units, 0 where it pays nothing.

    The exchange is to follow in the same transaction under the same scope and key. A repeat pays nothing more. Locks both
    wallets, ascending. Raises AccountClosed.
    """
    if not await supports.is_supported(member_id):
        return 0
    statement = "SELECT ledger.support($1, $2, $3, $4, $5, $6)"
    return int((await call(LEDGER, statement, scope, key, member_id, needed, *await limit(member_id, now)))[0][0])


async def pay_missing_for_reward(refusals: Refusals, wanted: WantedUnit, now: datetime) -> int:
    """The same for one unit of a reward. Locks the key, the household, then both wallets, ascending.

    Raises what the price refuses, by `refusals`; KeyConflict.
    """
    if not await supports.is_supported(wanted.member_id):
        return 0
    found = await call(
        refusals,
        "SELECT ledger.support_reward($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        wanted.scope,
        wanted.client_key,
        wanted.request_hash,
        wanted.claims,
        wanted.member_id,
        wanted.reward_id,
        wanted.quoted_price,
        wanted.quote_minutes,
        *await limit(wanted.member_id, now),
    )
    return int(found[0][0])


AT_ONCE = 200
"""By one run of the job; the next takes what is left."""


async def to_return(now: datetime) -> list[UUID]:
    """Uses of which something has to go back: the order lapsed, was cancelled or undone, the help was shorter."""
    found = await sql.rows(
        "SELECT u.id FROM support_use u WHERE u.returned + u.kept < u.units AND u.used_at > $1 "
        "AND NOT is_resting('settle supports', u.id::text, $3) AND ledger.support_due(u.id, clock_timestamp()) > 0 "
        "ORDER BY u.used_at LIMIT $2",
        now - OLDEST_USE,
        AT_ONCE,
        now,
    )
    return [row["id"] for row in found]


async def give_back(use_id: UUID) -> int:
    """To the pool, what an exchange did not take after all; the units. Safe to repeat. Locks both wallets, ascending."""
    return int((await call(LEDGER, "SELECT ledger.return_support($1)", use_id))[0][0])


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


async def moved(since: datetime, until: datetime) -> list[UUID]:
    """The supports of which anything was moved, there or back, in the time."""
    found = await sql.rows(
        "SELECT DISTINCT u.support_id FROM transfer t JOIN support_use u ON u.id = split_part(t.business_key, ':', 2)::uuid "
        "WHERE t.kind = 'support' AND t.recorded_at >= $1 AND t.recorded_at < $2",
        since,
        until,
    )
    return [row["support_id"] for row in found]
