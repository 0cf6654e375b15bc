"""What is wrong after a run: what clients were told against what stands in the books."""

from __future__ import annotations

import asyncio
import time
from uuid import UUID

import asyncpg

from tests.faults.house import House, tell
from tests.faults.load import Done
from tests.faults.town import POINTS, PRICE, PURSE, Town
from timebank.points.reconcile import LONGEST

GRAIN = POINTS // 4
"""Of a long run, or on a slow machine, people have stayed for a quarter of an hour more when they leave."""
DRAINED = 15.0
"""Seconds within which everything is kept once the parts are back; how long it took is printed (I5)."""


async def sum_now(house: House) -> list[str]:
    """One reading, empty where all was right; none where the database was away."""
    try:
        connection = await house.database()
        try:
            rows = await connection.fetch("SELECT * FROM reconcile.wallets_are_what_was_issued", timeout=5)
        finally:
            await connection.close(timeout=2)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError):
        return []
    return ["; ".join(f"while it ran: {row['subject']}: {row['detail']}" for row in rows)]


async def drained(house: House) -> float:
    """Seconds until no promise is pending."""
    started = time.monotonic()
    while time.monotonic() - started < 4 * DRAINED:
        house.tend()
        try:
            connection = await house.database()
            pending = await connection.fetchval("SELECT count(*) FROM intent WHERE state = 'pending'")
            await connection.close()
        except (asyncpg.PostgresError, OSError):
            pending = None
        if pending == 0:
            break
        await asyncio.sleep(0.1)
    return time.monotonic() - started


async def wrong_in(house: House, where: Town, told: list[Done], *, kiosks: bool = True) -> list[str]:
    """How the books differ from what was told; nothing, where they do not."""
    connection = await house.database()
    try:
        found = [f"refused: {one}" for done in told for one in done.refused]
        stays = {stay: points for done in told for stay, points in done.stays.items()}
        found += await _wrong_credits(connection, where, stays)
        receipts = {key: one for done in told for key, one in done.receipts.items()}
        if await connection.fetchval("SELECT count(*) FROM wallet WHERE posted > $1", PURSE + max(stays.values())):
            found.append("somebody has more than was ever given to them")
        found += await _wrong_redemptions(
            connection, receipts, {key for done in told for key in done.given_up}, is_at_kiosks=kiosks
        )
        views = [row[0] for row in await connection.fetch("SELECT viewname FROM pg_views WHERE schemaname = 'reconcile'")]
        for view in views:
            rows = await connection.fetch(f'SELECT * FROM reconcile."{view}" LIMIT 3', timeout=LONGEST)
            found += [f"{view}: {row['subject']}: {row['detail']}" for row in rows]
        return found
    finally:
        await connection.close()


async def _wrong_credits(connection: asyncpg.Connection, where: Town, stays: dict[UUID, int]) -> list[str]:
    rows = await connection.fetch(
        "SELECT split_part(i.business_key, ':', 2)::uuid AS stay, i.state, i.amount, "
        "(SELECT count(*) FROM transfer t WHERE t.business_key = 'intent:' || i.business_key) AS transfers FROM intent i"
    )
    credited = {row["stay"]: row["amount"] for row in rows if (row["state"], row["transfers"]) == ("done", 1)}
    total = await connection.fetchval("SELECT sum(amount) FROM transfer WHERE business_key LIKE 'intent:%'")
    told = f"{sum(stays.values())} units told = {int(total)} units credited"
    tell(f"{len(stays)} acknowledged = {len(credited)} credits; {told}")
    found = [f"{row['stay']}: {row['state']}, {row['transfers']} transfers" for row in rows if row["stay"] not in credited]
    if stays != credited:
        found.append(f"acknowledged and credited differ: {set(stays.items()) ^ set(credited.items())}")
    if len(stays) != len(where.stays) or min(stays.values()) < POINTS or any(units % GRAIN for units in stays.values()):
        found.append(f"{len(stays)} of {len(where.stays)} were let out, with {set(stays.values())} units each")
    return found


async def _wrong_redemptions(
    connection: asyncpg.Connection, receipts: dict[str, UUID], given_up: set[str], *, is_at_kiosks: bool
) -> list[str]:
    rows = await connection.fetch("SELECT client_key, id, state FROM redemption")
    made = {row["client_key"]: row["id"] for row in rows if row["state"] != "undone"}
    undone = {row["client_key"] for row in rows if row["state"] == "undone"}
    sold = await connection.fetchval("SELECT coalesce(sum(amount), 0) FROM transfer WHERE kind = 'redeem'")
    left = await connection.fetchval("SELECT sum(s.count) + (SELECT count(*) FROM redemption) FROM stock s")
    given = await connection.fetchval("SELECT sum(change) FROM stock_move")
    tell(f"{len(receipts)} receipts = {len(made)} redemptions; {sold} units paid for {sold // PRICE} things")
    tell(f"{len(given_up)} keys given up, {len(undone)} of them undone")
    if undone - given_up:
        receipts = receipts | dict.fromkeys(undone - given_up, UUID(int=0))
    found = [] if made == receipts else [f"receipts and redemptions differ: {set(made.items()) ^ set(receipts.items())}"]
    if sold != PRICE * len(rows) or left != given:
        found.append(f"paid {sold} for {len(rows)} things at {PRICE}; stock and sales {left}, delivered {given}")
    if not given_up and is_at_kiosks:
        found.append("nobody gave a key up: the run shows nothing about it")
    return found
