"""What ends when a member goes: places, bookings, orders, gifts, teams, roles, passes, sign-ins."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import bookings, signups, sql
from timebank.actions.neighbours import leavers
from timebank.actions.points.gifts import end_for_leaver
from timebank.actions.rewards.order_reward import reminder_key
from timebank.actions.rooms import booking_ends, booking_prices
from timebank.actions.signups.withdraw import freed
from timebank.outbox import messages
from timebank.people import passes, phone_passes, sign_in, teams
from timebank.points import booking_costs
from timebank.rewards import orders


class Ahead(msgspec.Struct, frozen=True):
    """What a member still has to come: each a number."""

    signups: int
    bookings: int
    orders: int
    gifts: int
    teams: int


PLACES = """
SELECT u.id FROM signup u JOIN session s ON s.id = u.session_id
 WHERE u.person_id = $1 AND s.starts_at > $2 AND s.state = 'planned'
   AND u.state IN ('requested', 'confirmed', 'waiting', 'offered')
   AND NOT EXISTS (SELECT FROM attendance h WHERE h.signup_id = u.id AND h.state = 'counts')
 ORDER BY u.role_id
"""
BOOKED = """
SELECT b.id FROM booking b WHERE b.person_id = $1 AND b.starts_at > $2
   AND b.state NOT IN ('cancelled_by_user', 'cancelled_by_house', 'rejected', 'lapsed', 'offered', 'released') ORDER BY b.id
"""
ORDERED = """
SELECT h.id FROM hold h JOIN account a ON a.id = h.account_id JOIN pickup u ON u.hold_id = h.id
 WHERE a.owner_id = $1 AND h.state = 'pending' AND h.expires_at > $2 ORDER BY h.id
"""
GIFTS = "SELECT id FROM gift WHERE $1 IN (giver_id, receiver_id) AND state = 'waiting' ORDER BY id"
HELD = """
SELECT h.id FROM hold h WHERE h.state = 'pending' AND (h.account_id = (SELECT id FROM account WHERE owner_id = $1)
   OR h.id IN (SELECT hold_id FROM gift WHERE receiver_id = $1 AND state = 'waiting')
   OR h.id IN (SELECT hold_id FROM exchange WHERE helper_id = $1 AND state = 'agreed')) ORDER BY h.id FOR NO KEY UPDATE
"""
WALLETS = """
SELECT FROM wallet w WHERE w.account_id IN (
       SELECT unnest(ARRAY [account_id, to_account, ledger.pool_behind(scope, client_key)]) FROM hold WHERE id = ANY ($1))
 ORDER BY w.account_id FOR NO KEY UPDATE
"""
TEAMS = "SELECT team_id FROM team_person WHERE person_id = $1 AND state IN ('asked', 'applied', 'chosen') ORDER BY team_id"
INSIDE = "SELECT true FROM attendance WHERE person_id = $1 AND out_at IS NULL AND state = 'counts'"
HELPS = """
SELECT true FROM hold h JOIN account a ON a.id = h.account_id
 WHERE h.state = 'pending' AND h.purpose = 'exchange'
   AND (a.owner_id = $1 OR h.to_account = (SELECT id FROM account WHERE owner_id = $1)) LIMIT 1
"""


async def ahead(member_id: UUID, now: datetime) -> Ahead:
    """Reads only."""
    counts = [len(await sql.rows(each, member_id, now)) for each in (PLACES, BOOKED, ORDERED)]
    return Ahead(*counts, *[len(await sql.rows(each, member_id)) for each in (GIFTS, TEAMS)])


async def is_inside(member_id: UUID) -> bool:
    """Whether the member is checked in somewhere now."""
    return bool(await sql.value(INSIDE, member_id))


async def helps(member_id: UUID) -> bool:
    """Whether points are set aside for help that was agreed with a neighbour."""
    return bool(await sql.value(HELPS, member_id))


async def end_all(member_id: UUID, by: UUID, reason: str, now: datetime) -> None:
    """In the order in which everybody locks: places, bookings, then gifts, help, holds and every wallet of theirs ascending.

    Who waits is asked next, partners in gifts are told.
    """
    for row in await sql.rows(PLACES, member_id, now):
        await freed(await signups.take_back(row["id"], by, reason, now), now)
    ended = [
        await bookings.cancel(row["id"], by, now, house_reason="" if by == member_id else reason)
        for row in await sql.rows(BOOKED, member_id, now)
    ]
    # What was used is paid, as the job would have done: with the wallet its hold would end.
    used = await booking_costs.unsettled_of(member_id, now)
    await booking_costs.lock_all(used)
    # Somebody answers a gift, or hands an order over, at this moment: what they did is read after the wait, and left out.
    waiting = await sql.rows(f"{GIFTS} FOR NO KEY UPDATE", member_id)
    await leavers.lock(member_id)
    # One's own wallet, several givers' and those of pools that paid: whoever moves points between two of them has the lower
    # number first (ledger.move).
    held = [row["id"] for row in await sql.rows(HELD, member_id)]
    await sql.rows(WALLETS, held)
    await booking_ends.follow(ended, by, now)
    for booking_id in used:
        await booking_prices.end(await bookings.one(booking_id), by, now)
    for row in waiting:
        await end_for_leaver(row["id"], member_id, now)
    await leavers.end_for_leaver(member_id, by, now)
    for row in await sql.rows(ORDERED, member_id, now):
        await orders.kept_back(row["id"])
        await messages.withdraw([reminder_key(row["id"])])
    for row in await sql.rows(TEAMS, member_id):
        await teams.turn(row["team_id"], [member_id], teams.BUSY, "left", by, reason, now)
    await _close_doors(member_id, by, now)


async def _close_doors(member_id: UUID, by: UUID, now: datetime) -> None:
    """Nothing lets the person in any more: no card, no phone, no browser, no calendar address, no role, no bond."""
    await passes.revoke(member_id, now)
    await phone_passes.revoke(member_id, None, by, now)
    await sign_in.end_all(member_id, now)
    await sql.rows("UPDATE feed SET ended_at = $2 WHERE person_id = $1 AND ended_at IS NULL", member_id, now)
    await sql.rows(
        "UPDATE role_grant SET ended_at = $2, ended_by = $3 WHERE member_id = $1 AND ended_at IS NULL", member_id, now, by
    )
    await sql.rows(
        "UPDATE relative SET ended_at = $2, ended_by = $3 WHERE $1 IN (member_id, relative_id) AND ended_at IS NULL",
        member_id,
        now,
        by,
    )
    await sql.rows("UPDATE team SET leader_id = NULL WHERE leader_id = $1", member_id)
