"""A server of our own with members, sessions, rooms and rewards enough for every run."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

from schedules import sql
from timebank import database, migrate, servers
from timebank.people import keys, passes
from timebank.people.callers import token_hash

SECRET = "a secret of the benchmarks and of nobody else"  # noqa: S105
ON_NOW = 14
"""Sessions that are on: everybody is signed up for two of them, as somebody is who helps in the morning and in the afternoon."""
OVER = 2
"""Sessions of last week, of the floor alone: everybody was signed up for each."""
DESKS = 32
ROOMS = 40
REWARDS = 500
DAYS_BEHIND = 365
STEP = timedelta(minutes=30)


@dataclass
class World:
    """What the runs send requests about. `tokens` and `passes` are those of `members`, one each and in their order.

    `sessions` and `activities` are ON_NOW and then OVER, `desks` the tokens of DESKS; `rooms` are ROOMS, `rewards` REWARDS.
    """

    port: int
    owner_url: str
    database_url: str
    members: list[UUID] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    passes: list[str] = field(default_factory=list)
    sessions: list[UUID] = field(default_factory=list)
    activities: list[UUID] = field(default_factory=list)
    desks: list[str] = field(default_factory=list)
    rooms: list[UUID] = field(default_factory=list)
    rewards: list[UUID] = field(default_factory=list)
    place: UUID = field(default_factory=uuid4)
    zero: datetime = field(default_factory=lambda: datetime.now(UTC).replace(minute=0, second=0, microsecond=0))

    def group(self, number: int) -> range:
        """One of ON_NOW parts of everybody, by place in `members`; counted round. Session k is for the groups k and k - 1."""
        each, number = len(self.members) // ON_NOW, number % ON_NOW
        return range(number * each, (number + 1) * each)

    def signed_up(self, session: int) -> list[UUID]:
        if session >= ON_NOW:
            return self.members
        return [self.members[n] for turn in range(2) for n in self.group(session - turn)]


@contextlib.contextmanager
def served(processes: int) -> Iterator[tuple[servers.Running, int, dict[str, str]]]:
    """Embedded servers, migrated, and the service in `processes` processes of its own; yields the port and the environment."""
    with servers.temporary() as running, tempfile.TemporaryDirectory() as folder:
        migrate.run(running.owner_url)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = os.environ | {
            "TIMEBANK_MODE": "test",
            "TIMEBANK_DATABASE_URL": running.database_url,
            "TIMEBANK_REDIS_URL": running.redis_url,
            "TIMEBANK_SECRET": SECRET,
            "TIMEBANK_DATA": folder,
            "TIMEBANK_PORT": str(port),
            "TIMEBANK_API_PROCESSES": str(processes),
        }
        log = (Path(folder) / "log").open("wb")
        service = subprocess.Popen([sys.executable, "-m", "timebank.cli", "serve"], env=environment, stdout=log, stderr=log)
        try:
            _wait(port, Path(log.name))
            yield running, port, environment
        finally:
            service.terminate()
            service.wait()
            log.close()


def _wait(port: int, log: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the service did not start:\n{log.read_text()[-3000:]}")


@contextlib.asynccontextmanager
async def filled(running: servers.Running, port: int, members: int) -> AsyncIterator[World]:
    """A world of `members` people; its pool is open meanwhile."""
    engine = sql.engine()
    engine.config = engine.config | {"dsn": running.database_url}
    await database.start_pool(4, seconds=300)
    world = World(port, running.owner_url, running.database_url)
    try:
        for fill in (_people, _sessions, _last_year, _rooms_and_rewards):
            async with database.transaction():
                await sql.rows("SET LOCAL statement_timeout = 0")
                await fill(world, members)
        await _settle(world)
        yield world
    finally:
        await database.close_pool()


async def _people(world: World, count: int) -> None:
    keys.use(SECRET)
    now, node = datetime.now(UTC), uuid4()
    world.members = [uuid4() for _ in range(count)]
    world.tokens = [f"m{secrets.token_urlsafe(24)}" for _ in range(count)]
    households = [uuid4() for _ in range(count)]
    await sql.rows(
        "INSERT INTO community (id, kind, name, time_zone, ancestor_ids) VALUES ($1, 'sub_district', 'Bench', "
        "'Asia/Shanghai', ARRAY[$1::uuid])",
        node,
    )
    await sql.rows(
        "INSERT INTO policy (id, community_id, valid_from, rules, made_at) VALUES ($1, $2, '2020-01-01', '{}', $3)",
        uuid4(),
        node,
        now,
    )
    await sql.rows("INSERT INTO household (id, community_id) SELECT h, $2 FROM unnest($1::uuid[]) h", households, node)
    await sql.rows(
        "INSERT INTO member (id, community_id, household_id, name, joined_at) "
        "SELECT m, $3, h, 'Member ' || n, $4 FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS x (m, h, n)",
        world.members,
        households,
        node,
        now,
    )
    await sql.rows(
        "WITH a AS (INSERT INTO account (kind, owner_id) SELECT 'member', m FROM unnest($1::uuid[]) m RETURNING id) "
        "INSERT INTO wallet (account_id) SELECT id FROM a",
        world.members,
    )
    await sql.rows(
        "INSERT INTO sign_in (token_hash, member_id, made_at, expires_at) SELECT t, m, $3, $3::timestamptz + interval '1 day' "
        "FROM unnest($1::bytea[], $2::uuid[]) AS x (t, m)",
        [token_hash(token) for token in world.tokens],
        world.members,
        now,
    )
    await passes.issue_many(world.members, now)
    world.passes = [made.text for member in world.members if (made := await passes.current(member))]
    world.desks = [f"d{secrets.token_urlsafe(24)}" for _ in range(DESKS)]
    await sql.rows(
        "INSERT INTO device (id, kind, name, community_id, token_hash, made_at, paired_at) "
        "SELECT gen_random_uuid(), 'desk', 'Desk ' || n, $2, t, $3, $3 FROM unnest($1::bytea[]) WITH ORDINALITY AS x (t, n)",
        [token_hash(token) for token in world.desks],
        node,
        now,
    )


async def _sessions(world: World, count: int) -> None:
    """The first ON_NOW are on, the rest were last week."""
    now = datetime.now(UTC)
    node = await sql.value("SELECT id FROM community")
    world.sessions = [uuid4() for _ in range(ON_NOW + OVER)]
    world.activities = [uuid4() for _ in world.sessions]
    await sql.rows(
        "INSERT INTO activity (id, community_id, organiser_id, kind, is_service, title, content, organising_unit, "
        "person_in_charge, time_zone, "
        "closes_after, risks, state, made_at) SELECT a, $2, $3, 'service', true, 'Patrol', 'Walking', 'Unit', "
        "'Alice', 'Asia/Shanghai', 600, 'none', "
        "'published', $4 FROM unnest($1::uuid[]) a",
        world.activities,
        node,
        world.members[0],
        now,
    )
    await sql.rows(
        "INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at) "
        "SELECT s, a, t - interval '2 hours', t + interval '3 hours', t - interval '3 hours', t + interval '9 hours', 'Square', $3 "
        "FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS x (s, a, n), "
        "LATERAL (SELECT $3::timestamptz - CASE WHEN n > $4 THEN interval '9 days' ELSE interval '0' END AS t) y",
        world.sessions,
        world.activities,
        now,
        ON_NOW,
    )
    await sql.rows(
        "INSERT INTO session_role (id, session_id, name, taken) SELECT gen_random_uuid(), s, 'Helper', $2 FROM "
        "unnest($1::uuid[]) s",
        world.sessions,
        count,
    )
    for place, session in enumerate(world.sessions):
        await sql.rows(
            "INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at) SELECT gen_random_uuid(), r.session_id, r.id, m, "
            "'confirmed', $3, $3 FROM session_role r, unnest($2::uuid[]) m WHERE r.session_id = $1",
            session,
            world.signed_up(place),
            now,
        )


async def _last_year(world: World, _count: int) -> None:
    """A log that is not empty: a session every week, and once a quarter everybody was in and out of one.

    PostgreSQL plans by it, as it does where people work.
    """
    await sql.rows(
        "INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at) "
        "SELECT gen_random_uuid(), a, t, t + interval '2 hours', t - interval '1 hour', t + interval '3 hours', 'Square', t "
        "FROM unnest($1::uuid[]) a, generate_series(1, 52) w, LATERAL (SELECT now() - w * interval '7 days' AS t) x",
        world.activities,
    )
    for month in range(1, 13):
        third = world.members[month % 3 :: 3]
        await sql.rows(ONCE, world.activities[0], len(third), third, month)
        await sql.rows(EVERYBODY_CAME, timedelta(days=30 * month))


ONCE = """
WITH s AS (INSERT INTO session (id, activity_id, starts_at, ends_at, opens_at, closes_at, place, changed_at)
           SELECT gen_random_uuid(), $1, t, t + interval '2 hours', t - interval '1 hour', t + interval '3 hours', 'Square', t
             FROM (SELECT now() - $4::int * interval '30 days' AS t) x RETURNING id),
     r AS (INSERT INTO session_role (id, session_id, name, taken) SELECT gen_random_uuid(), id, 'Helper', $2 FROM s
           RETURNING id, session_id)
INSERT INTO signup (id, session_id, role_id, person_id, state, made_at, changed_at)
SELECT gen_random_uuid(), session_id, id, m, 'confirmed', now(), now() FROM r, unnest($3::uuid[]) m
"""
EVERYBODY_CAME = """
WITH u AS (SELECT u.id, u.session_id, u.person_id, s.starts_at FROM signup u JOIN session s ON s.id = u.session_id
            WHERE s.starts_at = now() - $1::interval),
     x AS (INSERT INTO scan (nonce, scanner_id, source, direction, raw_code, reason, session_id, signup_id, person_id, happened_at,
                             received_at)
           SELECT u.id::text || d, u.person_id, 'desk', d, 'bench', 'ok', u.session_id, u.id, u.person_id, u.starts_at, u.starts_at
             FROM u, unnest('{in,out}'::text[]) d RETURNING id, direction, signup_id)
INSERT INTO attendance (id, signup_id, session_id, person_id, in_at, out_at, in_scan, out_scan, minutes, version, is_by_code)
SELECT gen_random_uuid(), u.id, u.session_id, u.person_id, u.starts_at, u.starts_at + interval '1 hour', i.id, o.id, 60, 1, true
  FROM u JOIN x i ON i.signup_id = u.id AND i.direction = 'in' JOIN x o ON o.signup_id = u.id AND o.direction = 'out'
"""


async def _settle(world: World) -> None:
    """What PostgreSQL does by itself within the minute: it looks at what the tables hold."""
    owner = await asyncpg.connect(world.owner_url)
    try:
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()


async def _rooms_and_rewards(world: World, count: int) -> None:
    node, now = await sql.value("SELECT id FROM community"), datetime.now(UTC)
    world.rooms = [uuid4() for _ in range(ROOMS)]
    await sql.rows(
        "INSERT INTO space (id, community_id, name, seats, time_zone, horizon) "
        "SELECT s, $2, 'Room ' || n, 10, 'Asia/Shanghai', 366 FROM unnest($1::uuid[]) WITH ORDINALITY AS x (s, n)",
        world.rooms,
        node,
    )
    await sql.rows(
        "INSERT INTO opening (space_id, weekday, opens, closes) SELECT s, d, '00:00', '00:00' FROM "
        "unnest($1::uuid[]) s, generate_series(0, 6) d",
        world.rooms,
    )
    await sql.rows("INSERT INTO place (id, community_id, name) VALUES ($1, $2, 'Shelf')", world.place, node)
    # A year of bookings behind every room, so that plans are made as where people book.
    await sql.rows(
        "WITH b AS (INSERT INTO booking (id, space_id, person_id, household_id, made_by, starts_at, ends_at, terms, state, made_at, "
        "changed_at, changed_by) SELECT gen_random_uuid(), s, m.id, m.household_id, m.id, t, t + interval '1 hour', '{}', 'done', t, t, m.id "
        "FROM unnest($1::uuid[]) WITH ORDINALITY AS x (s, n), generate_series(0, $3 - 1) AS d, "
        "LATERAL (SELECT $2::timestamptz - interval '1 day' * (1 + d) AS t) w, "
        "LATERAL (SELECT id, household_id FROM member WHERE number = 1 + (n * $3 + d) % $4) m RETURNING id, space_id, starts_at, ends_at) "
        "INSERT INTO occupancy (booking_id, space_key, kind, active, use_from, use_until, busy_until) "
        "SELECT b.id, s.key, 'booking', true, b.starts_at, b.ends_at, b.ends_at FROM b JOIN space s ON s.id = b.space_id",
        world.rooms,
        now,
        DAYS_BEHIND,
        count,
    )
    await sql.rows("INSERT INTO booking_household SELECT DISTINCT household_id FROM member")
    world.rewards = [uuid4() for _ in range(REWARDS)]
    await sql.rows(
        "INSERT INTO reward (id, community_id, name, price, made_at) SELECT r, $2, 'Towel ' || n, 10, $3 FROM "
        "unnest($1::uuid[]) WITH ORDINALITY AS x (r, n)",
        world.rewards,
        node,
        now,
    )
    await sql.rows(
        "INSERT INTO stock (reward_id, place_id, count) SELECT r, $2, 1000000 FROM unnest($1::uuid[]) r",
        world.rewards,
        world.place,
    )
    await sql.rows(
        "SELECT ledger.credit('bench:' || owner_id, gen_random_uuid(), id, 1000000, NULL, now()) FROM account "
        "WHERE kind = 'member'"
    )
