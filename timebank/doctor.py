"""`timebank doctor`: looks at everything the service stands on and says what to do where something is amiss."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import asyncpg
import redis.asyncio

from timebank import ground, migrate, servers
from timebank.actions.community.see_jobs import OVERDUE_ONES
from timebank.outbox import bell
from timebank.outbox.intents import BACKLOG, Backlog
from timebank.settings import PREFIX, Settings

OLDEST_POSTGRES = 15
CLOCKS_APART_SECONDS = 2.0
BACKLOG_SECONDS = 60.0
QUEUE_LENGTH = 1000
FREE_BYTES = 500_000_000
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """One line: a fine thing, a hint, or something wrong with what to do about it."""

    mark: Literal["✓", "!", "✗"]
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.mark} {self.what}" + (f"\n    {self.remedy}" if self.remedy else "")


def main(settings: Settings) -> int:
    """Print every finding; 0 when nothing is wrong, 1 otherwise. Hints do not count as wrong. Changes nothing."""
    findings = asyncio.run(examine(settings))
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    return 1 if any(finding.mark == "✗" for finding in findings) else 0


async def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which they matter."""
    findings = [*_settings(settings), _disk(settings)]
    try:
        found = ground.found(settings)
    except ground.NotRunning as why:
        return [*findings, Finding("✗", "no database is known", str(why))]
    findings += [finding async for finding in _postgres(found)]
    findings += [finding async for finding in _redis(found)]
    return findings


def _settings(settings: Settings) -> list[Finding]:
    findings = [Finding("✓", f"settings make sense ({settings.mode} mode, {settings.base_url})")]
    if settings.is_secure and not settings.trusted_proxies:
        findings.append(
            Finding(
                "!",
                "https is spoken by a proxy, and no proxy is trusted: all visitors count as one for rate limits",
                f"Set {PREFIX}TRUSTED_PROXIES to the proxy's address, for example 127.0.0.1.",
            )
        )
    if settings.mode == "production" and not settings.is_secure:
        findings.append(
            Finding(
                "!",
                "phones reach this server by http: cameras and passes work only by https",
                f"Set an https {PREFIX}PUBLIC_URL.",
            )
        )
    return findings


def _disk(settings: Settings) -> Finding:
    folder = settings.data.resolve()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    what = f"{free // 1_000_000} MB free on the disk of {folder}"
    return Finding("✓", what) if free > FREE_BYTES else Finding("✗", what, "Free some space, or move the data folder.")


async def _postgres(settings: Settings) -> AsyncIterator[Finding]:
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=ANSWER_SECONDS, command_timeout=ANSWER_SECONDS)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
        yield Finding("✗", f"PostgreSQL does not answer: {error or type(error).__name__}", "Start it, or mend DATABASE_URL.")
        return
    try:
        yield _version(connection)
        yield await _role(connection)
        yield await _pooler(connection)
        yield await _time_limits(connection)
        yield await _database_clock(connection)
        yield await _migrations(settings)
        yield await _backlog(connection)
        yield await _jobs(connection)
        yield await _archive(connection, settings)
    finally:
        await connection.close()


def _version(connection: asyncpg.Connection) -> Finding:
    version = connection.get_server_version()
    what = f"PostgreSQL {version.major}.{version.minor} answers"
    if version.major < OLDEST_POSTGRES:
        return Finding("✗", what, f"Version {OLDEST_POSTGRES} or later is needed; 18 is what we test with.")
    return Finding("✓", what)


async def _role(connection: asyncpg.Connection) -> Finding:
    owns = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
    if owns:
        return Finding(
            "!",
            "the application's role owns the tables, so only triggers protect what counted",
            f"Use two roles: {PREFIX}OWNER_URL for migrations, {PREFIX}DATABASE_URL for timebank_app. See docs/settings.md.",
        )
    return Finding("✓", "the application's role owns no tables")


async def _pooler(connection: asyncpg.Connection) -> Finding:
    """PgBouncer gives the client a process number of its own making."""
    if await connection.fetchval("SELECT pg_backend_pid()") == connection.get_server_pid():
        return Finding("✓", "no connection pooler stands between")
    return Finding(
        "✗",
        "a connection pooler such as PgBouncer stands between, and statements prepared through it may get lost",
        "Connect to PostgreSQL itself: our own pools are small. Or use PgBouncer 1.21 or later with max_prepared_statements.",
    )


async def _time_limits(connection: asyncpg.Connection) -> Finding:
    names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
    unset = [name for name in names if await connection.fetchval("SELECT current_setting($1)", name) == "0"]
    if await connection.fetchval("SELECT current_setting('synchronous_commit')") == "off":
        return Finding(
            "✗",
            "synchronous_commit is off: a power cut can lose points",
            "ALTER ROLE timebank_app SET synchronous_commit = on;",
        )
    if unset:
        return Finding("!", f"the application's role has no {', '.join(unset)}", "See docs/settings.md, servers of your own.")
    return Finding("✓", "commits are durable and waits have limits")


async def _database_clock(connection: asyncpg.Connection) -> Finding:
    before = time.time()
    theirs = (await connection.fetchval("SELECT clock_timestamp()")).timestamp()
    return _clock("PostgreSQL", theirs - (before + time.time()) / 2)


def _clock(whose: str, ahead: float) -> Finding:
    what = f"{whose}'s clock and ours are {abs(ahead):.1f} s apart"
    if abs(ahead) > CLOCKS_APART_SECONDS:
        return Finding("✗", what, "Let both machines keep time by NTP: codes at the door live 15 seconds.")
    return Finding("✓", what)


async def _migrations(settings: Settings) -> Finding:
    missing = await migrate.missing(settings.database_url)
    if missing:
        return Finding("✗", f"{len(missing)} migrations have not run, the first is {missing[0]}", "Run `timebank migrate`.")
    if ahead := await migrate.unknown(settings.database_url):
        return Finding(
            "!", f"the database is ahead of this code by {len(ahead)} migrations", "Bring the code up to date here too."
        )
    return Finding("✓", "migrations are up to date")


async def _backlog(connection: asyncpg.Connection) -> Finding:
    """Whether credits flow: the age of the oldest promise that is due and not kept."""
    try:
        behind = Backlog(**dict(await connection.fetchrow(BACKLOG)))
    except asyncpg.UndefinedTableError:
        return Finding("✗", "there are no tables yet", "Run `timebank migrate`.")
    what = f"{behind.pending} credits wait, the oldest for {behind.oldest_seconds:.0f} s"
    if behind.oldest_seconds > BACKLOG_SECONDS:
        return Finding("✗", what, "Is `timebank sweep` running? Its log names what it could not credit.")
    return Finding("✓", what)


async def _jobs(connection: asyncpg.Connection) -> Finding:
    """Whether the work behind the scenes goes on; the office's page of jobs says more."""
    try:
        overdue = [row["name"] for row in await connection.fetch(OVERDUE_ONES)]
        failed = await connection.fetchval("SELECT count(*) FROM job_failure")
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
        return Finding("✗", "what jobs did is not known", "Run `timebank migrate`.")
    if overdue:
        return Finding("✗", f"jobs stand still: {', '.join(overdue)}", "Are `timebank sweep` and `timebank work` running?")
    if failed:
        return Finding("!", f"jobs could not do {failed} items", "The office's page of jobs lists them with their errors.")
    return Finding("✓", "every job ran when it should")


async def _archive(connection: asyncpg.Connection, settings: Settings) -> Finding:
    """Whether what is written is also kept; what cannot be kept waits on the disk of the data and fills it."""
    ours = servers.read_addresses(settings.data).database_url == settings.database_url
    if await connection.fetchval("SELECT current_setting('archive_mode')") == "off" or (ours and not settings.archive):
        remedy = f"Set {PREFIX}ARCHIVE; see docs/faults.md." if ours else "Turn on archive_mode; see docs/faults.md."
        return Finding("!", "no archive is kept: after a loss the last backup is all there is", remedy)
    kept = await connection.fetchrow(
        "SELECT last_archived_time AS kept_at, last_failed_time AS failed_at FROM pg_stat_archiver"
    )
    if kept["failed_at"] and (kept["kept_at"] is None or kept["failed_at"] > kept["kept_at"]):
        what = f"the archive has taken nothing since {kept['failed_at']:%Y-%m-%d %H:%M} UTC"
        return Finding("✗", what, "Is its disk there, and not full? Until then the disk of the data fills up.")
    return Finding("✓", "what is written is kept in the archive too")


async def _redis(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.redis_url:
        yield Finding("✗", "no Redis is known: credits come by the sweeper alone", f"Set {PREFIX}REDIS_URL.")
        return
    client = redis.asyncio.Redis.from_url(
        settings.redis_url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )
    try:
        about = await client.info()
        yield Finding("✓", f"{about.get('server_name', 'redis')} {about.get('valkey_version', about['redis_version'])} answers")
        yield _memory(about)
        yield await _redis_clock(client)
        yield await _queue(client)
    except (redis.RedisError, OSError) as error:
        yield Finding(
            "✗", f"Redis does not answer: {error}", "Start it, or mend REDIS_URL. Until then the sweeper credits alone."
        )
    finally:
        await client.aclose()


def _memory(about: dict[str, str]) -> Finding:
    policy = about.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        return Finding(
            "!", f"Redis may throw away rings when memory is short ({policy})", "CONFIG SET maxmemory-policy noeviction"
        )
    return Finding("✓", "Redis keeps every ring")


async def _redis_clock(client: redis.asyncio.Redis) -> Finding:
    before = time.time()
    seconds, micros = await client.time()
    return _clock("Redis", seconds + micros / 1e6 - (before + time.time()) / 2)


async def _queue(client: redis.asyncio.Redis) -> Finding:
    waiting = await client.zcard(bell.QUEUE)
    what = f"{waiting} jobs wait in the queue"
    if waiting > QUEUE_LENGTH:
        return Finding("✗", what, "Is `timebank work` running?")
    return Finding("✓", what)
