"""Brings the database to this version of the code: `timebank migrate`, `timebank up`, `python -m timebank.migrate`."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import asyncpg

from timebank.errors import CannotRun

APP = "timebank"
VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"
ONE_AT_A_TIME = 7_413_926_481
"""Key of the lock under which machines that start together migrate one after the other."""
SETTINGS = {"timezone": "UTC", "application_name": "timebank migrate", "statement_timeout": "0", "lock_timeout": "10s"}


class MigrationFailed(CannotRun):
    """The database is as the last whole migration left it."""


def run(owner_url: str) -> None:
    """Run what has not run yet, as the role that owns the tables; safe to repeat, and at once on several machines.

    In a process of its own, because Piccolo finds its engine in a module. Raises MigrationFailed.
    """
    environment = os.environ | {
        "TIMEBANK_DATABASE_URL": owner_url,
        "TIMEBANK_OWNER_URL": owner_url,
        "PICCOLO_CONF": "piccolo_conf",
    }
    command = [sys.executable, "-m", "timebank.migrate"]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip() or done.stdout.strip()
        raise MigrationFailed(f"The database could not be brought up to date. {why}")


class Behind(CannotRun):
    """The database is older than this version of the code."""


def refuse_if_behind(database_url: str) -> None:
    """Raises Behind where migrations of this code have not run. A database that does not answer is waited for elsewhere.

    One that is ahead is fine: a migration adds first, and takes away only in a later release than the code that does without.
    """
    try:
        waiting = asyncio.run(missing(database_url))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        return
    if waiting:
        raise Behind(
            f"The database is older than this version: {len(waiting)} migrations have not run, the first is {waiting[0]}. "
            "Run `timebank migrate`, then start this again; what still runs of the version before may go on meanwhile."
        )


async def missing(database_url: str) -> list[str]:
    """Ids of migrations that this version of the code has and the database has not, in order."""
    return sorted(_known() - await _ran(database_url))


async def unknown(database_url: str) -> list[str]:
    """Ids of migrations that the database has and this version of the code has not, in order."""
    return sorted(await _ran(database_url) - _known())


async def _ran(database_url: str) -> set[str]:
    connection = await asyncpg.connect(database_url, timeout=5)
    try:
        ran = await connection.fetch("SELECT name FROM migration WHERE app_name = $1", APP)
    except asyncpg.UndefinedTableError:
        ran = []
    finally:
        await connection.close()
    return {row["name"] for row in ran}


def _known() -> set[str]:
    ids = set()
    for file in VERSIONS.glob("*.py"):
        lines = [line for line in file.read_text("utf-8").splitlines() if line.startswith("ID = ")]
        ids |= {line.split("=")[1].strip().strip("\"'") for line in lines}
    return ids


async def forwards(owner_url: str, until: str = "all") -> None:
    """Run Piccolo's migrations in this process, up to the id `until`; only one process at a time gets past the lock."""
    from piccolo.apps.migrations.commands.forwards import run_forwards

    from piccolo_conf import DB

    DB.config = DB.config | {"dsn": owner_url, "server_settings": SETTINGS}
    waiting = await asyncpg.connect(owner_url)
    try:
        async with waiting.transaction():
            await waiting.execute("SELECT pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
            with contextlib.redirect_stdout(io.StringIO()):
                result = await run_forwards(app_name=APP, migration_id=until)
    finally:
        await waiting.close()
    if not result.success:
        raise MigrationFailed(result.message)


def main() -> int:
    """The migration's own process; what went wrong goes to the error output."""
    url = os.environ.get("TIMEBANK_OWNER_URL") or os.environ.get("TIMEBANK_DATABASE_URL", "")
    try:
        asyncio.run(forwards(url))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, MigrationFailed) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
