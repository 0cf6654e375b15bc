"""When a periodic job ran and whether it succeeded: a row in `job_run`, by the database's clock, for all processes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from schedules import sql

LEAST_PATIENCE = timedelta(minutes=1)
AFTER_FAILURE = timedelta(minutes=5)
"""A job that failed is tried again no later, however seldom it runs."""


CUT = "cut short: it took too long, or its process was stopped"


class Periodic(NamedTuple):
    """One job: at most once in `every`, whoever runs it; `run` answers how much it handled, and is safe to repeat.

    It is overdue when no success has come `patience` after it should have; none: as long again, and a minute at least.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], Awaitable[int]]
    patience: timedelta | None = None
    after: str = ""
    """A job that goes first where both are due, as after a standstill."""


class Beat(NamedTuple):
    """Something that runs all the time and says so in `every`; watched like a job."""

    name: str
    every: timedelta
    patience: timedelta | None = None


PAUSE = f"CASE WHEN j.failed_at >= j.started_at THEN least(n.every, interval '{AFTER_FAILURE.seconds} s') ELSE n.every END"
DUE_ONES = f"""
SELECT n.name FROM unnest($1::text[], $2::interval[]) AS n (name, every) LEFT JOIN job_run j ON j.name = n.name
 WHERE j.started_at IS NULL OR j.started_at + {PAUSE} <= clock_timestamp()
"""
CLAIM = f"""
INSERT INTO job_run AS j (name, started_at, every) VALUES ($1, clock_timestamp(), $2)
ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, every = excluded.every
 WHERE j.started_at IS NULL OR j.started_at + {PAUSE.replace("n.every", "excluded.every")} <= excluded.started_at
RETURNING name
"""


async def register(jobs: Sequence[Periodic | Beat]) -> None:
    """Makes all of them known, so that one that never runs is missed; what is no longer among them is watched no more."""
    names = [job.name for job in jobs]
    await sql.rows(
        "INSERT INTO job_run AS j (name, every, patience, is_watched) "
        "SELECT name, every, patience, true "
        "FROM unnest($1::text[], $2::interval[], $3::interval[]) AS n (name, every, patience) ORDER BY name "
        "ON CONFLICT (name) DO UPDATE SET every = excluded.every, patience = excluded.patience, is_watched = true, "
        "known_at = CASE WHEN j.is_watched THEN j.known_at ELSE clock_timestamp() END "
        "WHERE (j.every, j.patience, j.is_watched) IS DISTINCT FROM (excluded.every, excluded.patience, true)",
        names,
        [job.every for job in jobs],
        [max(job.every, LEAST_PATIENCE) if job.patience is None else job.patience for job in jobs],
    )
    await sql.rows("UPDATE job_run SET is_watched = false, alarm_at = NULL WHERE is_watched AND NOT name = ANY ($1)", names)


async def due(jobs: Sequence[Periodic]) -> list[Periodic]:
    """Those whose time has come. One statement that locks nothing; `run_if_due` decides."""
    found = {row["name"] for row in await sql.rows(DUE_ONES, [job.name for job in jobs], [job.every for job in jobs])}
    return [job for job in jobs if job.name in found]


async def run_if_due(job: Periodic, now: datetime) -> bool:
    """Runs a job whose time has come; True where it ran. An error is noted on its row and raised."""
    # Several sweepers: the row lets one of them through in each interval.
    if not await sql.rows(CLAIM, job.name, job.every):
        return False
    try:
        handled = await job.run(now)
    except BaseException as error:
        await sql.rows(
            "UPDATE job_run SET failed_at = clock_timestamp(), last_error = $2 WHERE name = $1",
            job.name,
            CUT if isinstance(error, asyncio.CancelledError) else f"{type(error).__name__}: {error}",
        )
        raise
    await succeeded(job.name, handled)
    return True


async def succeeded(name: str, handled: int) -> None:
    """Notes a success."""
    await sql.rows(
        "UPDATE job_run SET succeeded_at = clock_timestamp(), handled = $2, last_error = NULL, failed_at = NULL "
        "WHERE name = $1",
        name,
        handled,
    )


async def beat(name: str, handled: int = 0) -> None:
    """Notes that something runs."""
    await sql.rows(
        "UPDATE job_run SET started_at = clock_timestamp(), succeeded_at = clock_timestamp(), handled = $2 WHERE name = $1",
        name,
        handled,
    )
