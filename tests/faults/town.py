"""People inside a session since an hour, each with a pass; points to spend and a shelf to spend them on."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from schedules import sql
from timebank import database
from timebank.people import keys, passes, pins
from timebank.people.callers import token_hash
from timebank.rewards import redemptions

POINTS = 100
"""What every stay earns: an hour, in units."""
PRICE = 300
PURSE = 100_000
PIN = "846372"
KIOSKS = 16
"""One for each hand of the clients: a kiosk serves one person at a time."""


class Stay(msgspec.Struct, frozen=True):
    """Somebody who is inside: what the desk reads when they leave, and the token of their sign-in."""

    member_id: UUID
    code: str
    token: str


class Town(msgspec.Struct, frozen=True):
    activity: UUID
    desk: str
    place: UUID
    reward: UUID
    stays: list[Stay]
    kiosks: list[str]
    """Their tokens."""


PEOPLE = """
WITH home AS (INSERT INTO household (id, community_id) SELECT m, $2 FROM unnest($1::uuid[]) m RETURNING id),
people AS (INSERT INTO member (id, community_id, household_id, name, joined_at)
    SELECT id, $2, id, 'Member', $3 FROM home RETURNING id)
SELECT count(*) FROM people
"""
INSIDE = """
WITH coming AS (INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at)
    SELECT gen_random_uuid(), $2, $3, m, 'confirmed', $4, $4 FROM unnest($1::uuid[]) m RETURNING id, person_id),
seen AS (INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id,
        happened_at, received_at, answer)
    SELECT 'in:' || person_id, $5, 'desk', 'in', 'told at the start', 'ok', $2, id, person_id, $6, $6, '{}' FROM coming
    RETURNING id, signup_id, person_id)
INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, in_scan, is_by_code)
SELECT gen_random_uuid(), signup_id, $2, person_id, $6, id, true FROM seen
"""


async def settle(database_url: str, secret: str, number: int) -> Town:
    """So many people. Safe on an empty database only."""
    keys.use(secret)
    pin = await pins.prepare(PIN)
    engine = sql.engine()
    engine.config = engine.config | {"dsn": database_url}
    await database.start_pool(2)
    try:
        async with database.transaction():
            await sql.rows("SET LOCAL statement_timeout = 0")
            return await _settle(number, pin)
    finally:
        await database.close_pool()


async def _settle(number: int, pin: str) -> Town:
    now = datetime.now(UTC)
    node, members = uuid4(), [uuid4() for _ in range(number)]
    tokens = [f"m{secrets.token_urlsafe(24)}" for _ in members]
    await sql.rows(
        "INSERT INTO community (id, kind, name, time_zone, ancestor_ids) "
        "VALUES ($1, 'sub_district', '和平街道', 'Asia/Shanghai', ARRAY[$1::uuid])",
        node,
    )
    await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, rules, made_at) VALUES ($1, $2, '2020-01-01', '{}', $3)",
        uuid4(),
        node,
        now,
    )
    await sql.rows(PEOPLE, members, node, now)
    await sql.rows("SELECT ledger.account_of(m) FROM unnest($1::uuid[]) m", members)
    await sql.rows(
        "INSERT INTO sign_in (token_hash, member_id, made_at, expires_at) "
        "SELECT t, m, $3, $3::timestamptz + interval '1 day' FROM unnest($1::bytea[], $2::uuid[]) AS x (t, m)",
        [token_hash(token) for token in tokens],
        members,
        now,
    )
    await passes.issue_many(members, now)
    await sql.rows(
        "INSERT INTO credential (member_id, kind, hash, set_at) SELECT m, 'pin', $2, $3 FROM unnest($1::uuid[]) m",
        members,
        pin,
        now,
    )
    held = {one: found.text for one in members if (found := await passes.current(one))}
    activity, desk = await _session(node, members, now)
    place, reward = await _shelf(node, members, now)
    kiosks = await _kiosks(node, place, now)
    stays = [Stay(m, held[m], token) for m, token in zip(members, tokens, strict=True)]
    return Town(activity, desk, place, reward, stays, kiosks)


async def _kiosks(node: UUID, place: UUID, now: datetime) -> list[str]:
    tokens = [f"d{secrets.token_urlsafe(24)}" for _ in range(KIOSKS)]
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, place_id, token_hash, made_at, paired_at) "
        "SELECT gen_random_uuid(), 'kiosk', 'Kiosk ' || n, $2, $3, t, $4, $4 "
        "FROM unnest($1::bytea[]) WITH ORDINALITY AS x (t, n)",
        [token_hash(token) for token in tokens],
        node,
        place,
        now,
    )
    return tokens


async def _session(node: UUID, members: list[UUID], now: datetime) -> tuple[UUID, str]:
    activity, session, role, desk = uuid4(), uuid4(), uuid4(), uuid4()
    token = f"d{secrets.token_urlsafe(24)}"
    hour_ago = await sql.value("SELECT $1::timestamptz - interval '61 minutes'", now)
    await sql.rows(
        "INSERT INTO activity (id, community_id, organiser_id, kind, is_service, title, content, organising_unit, "
        "person_in_charge, time_zone, risks, state, made_at) "
        "VALUES ($1, $2, $3, 'service', true, '巡逻', '走一圈', '居委会', 'Alice', 'Asia/Shanghai', 'none', 'published', $4)",
        activity,
        node,
        members[0],
        now,
    )
    await sql.rows(
        "INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at) "
        "SELECT $1, $2, s, s + interval '12 hours', s, s + interval '13 hours', '广场', s "
        "FROM (SELECT $3::timestamptz - interval '1 minute' AS s) x",
        session,
        activity,
        hour_ago,
    )
    await sql.rows(
        "INSERT INTO session_role (id, session_id, name, taken) VALUES ($1, $2, 'Helper', $3)", role, session, len(members)
    )
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, token_hash, made_at, paired_at) "
        "VALUES ($1, 'desk', 'Door', $2, $3, $4, $4)",
        desk,
        node,
        token_hash(token),
        now,
    )
    await sql.rows(INSIDE, members, session, role, now, desk, hour_ago)
    return activity, token


async def _shelf(node: UUID, members: list[UUID], now: datetime) -> tuple[UUID, UUID]:
    place, reward = uuid4(), uuid4()
    await sql.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, '服务站')", place, node)
    await sql.rows(
        "INSERT INTO reward (id, community_id, name, price, made_at) VALUES ($1, $2, '鸡蛋', $3, $4)", reward, node, PRICE, now
    )
    await redemptions.move_stock(reward, place, 10 * len(members), "delivered", members[0], now)
    await sql.rows(
        "SELECT ledger.credit('purse:' || m, gen_random_uuid(), ledger.account_of(m), $2, NULL, now()) "
        "FROM unnest($1::uuid[]) m",
        members,
        PURSE,
    )
    return place, reward
