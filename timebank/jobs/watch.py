"""Who watches the jobs: every process of the installation, so that none is watched by itself alone (docs/decisions/0018).

The API, the worker and the sweeper each look at `job_run` now and then. Whoever sees first that something is overdue raises
the alarm: in the log, and as a message to the coordinators of the whole, which the same process sends.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
import structlog

from schedules import sql
from timebank.database import transaction
from timebank.jobs import deliver, periodic, runs
from timebank.jobs.runs import Beat
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.settings import Settings
from timebank.web import clock

EVERY = timedelta(seconds=30)
ALARM_AGAIN = timedelta(hours=1)
"""While a job stays overdue the alarm is repeated so often and no more (schedule-105)."""
CREDIT = "credit points"

log = structlog.get_logger()

Process = Literal["api", "worker", "sweeper"]


def watched(chosen: Settings) -> list[runs.Periodic | Beat]:
    """Everything that has to run in this installation."""
    beats = [Beat(CREDIT, timedelta(seconds=10)), Beat("process api", EVERY), Beat("process sweeper", EVERY)]
    if chosen.redis_url:
        beats.append(Beat("process worker", EVERY))
    return [*periodic.TABLE, *beats]


async def keep_watching(process: Process, chosen: Settings) -> None:
    """Beats and looks, until cancelled. Never raises otherwise: PostgreSQL may be away.

    The first look comes after a pause: where everything was down, the jobs run again before anybody complains.
    """
    is_registered = False
    while True:
        try:
            if not is_registered:
                await runs.register(watched(chosen))
                is_registered = True
            await runs.beat(f"process {process}")
            await asyncio.sleep(EVERY.total_seconds())
            await look(clock.now(), chosen)
        except Exception as error:
            log.warning("the watch over jobs failed", error=f"{type(error).__name__}: {error}")
            await asyncio.sleep(EVERY.total_seconds())


async def look(now: datetime, chosen: Settings) -> list[str]:
    """Raises the alarm for what is overdue and takes it back for what is well again: the names raised. Safe to repeat."""
    async with transaction():
        raised, cleared = await _raise(), await _clear()
        told = [("job_overdue", await _causes(raised)), ("job_well", await _causes(cleared))]
        for kind, rows in told:
            await messages.promise([_message(kind, rows, keeper) for keeper in (await _keepers() if rows else [])], now)
    for row in raised:
        log.error("alarm: a job is overdue", job=row["name"], last_success=str(row["succeeded_at"]), error=row["last_error"])
    for row in cleared:
        log.warning("alarm over: the job runs again", job=row["name"])
    if any(rows for _, rows in told):
        await deliver.run(now, chosen)
    return [row["name"] for row in raised]


async def _causes(rows: list[asyncpg.Record]) -> list[asyncpg.Record]:
    """What is worth a message. With a sweeper that is dead all its jobs stand still, sooner or later: the one tells of all."""
    is_dead = await sql.value("SELECT alarm_at IS NOT NULL FROM job_run WHERE name = 'process sweeper'")
    processes = [row for row in rows if row["name"].startswith("process ")]
    return processes if is_dead or processes else rows


async def _raise() -> list[asyncpg.Record]:
    # Several processes look at once: the row lets one of them raise each alarm.
    return await sql.rows(
        "UPDATE job_run SET alarm_at = clock_timestamp(), alarms = alarms + 1 WHERE is_watched "
        "AND coalesce(succeeded_at, known_at) + every + patience < clock_timestamp() "
        "AND (alarm_at IS NULL OR alarm_at <= clock_timestamp() - $1::interval) "
        "RETURNING name, coalesce(succeeded_at, known_at) AS succeeded_at, coalesce(last_error, '') AS last_error, alarm_at",
        ALARM_AGAIN,
    )


async def _clear() -> list[asyncpg.Record]:
    return await sql.rows(
        "UPDATE job_run j SET alarm_at = NULL, alarms = 0 FROM job_run before "
        "WHERE before.name = j.name AND j.alarm_at IS NOT NULL AND j.succeeded_at + j.every + j.patience >= clock_timestamp() "
        "RETURNING j.name, j.succeeded_at, '' AS last_error, before.alarm_at"
    )


async def _keepers() -> list[asyncpg.Record]:
    """Coordinators of the whole, with the zone in which they read times."""
    return await sql.rows(
        "SELECT DISTINCT m.id, c.time_zone FROM role_grant g JOIN community c ON c.id = g.community_id "
        "JOIN member m ON m.id = g.member_id "
        "WHERE g.role = 'coordinator' AND g.ended_at IS NULL AND c.parent_id IS NULL AND m.state = 'active'"
    )


def _message(kind: str, rows: list[asyncpg.Record], keeper: asyncpg.Record) -> Message:
    facts = {
        "jobs": sorted(row["name"] for row in rows),
        "success_at": min(row["succeeded_at"] for row in rows).isoformat(),
        "time_zone": keeper["time_zone"],
    }
    key = f"{kind}:{max(row['alarm_at'] for row in rows).isoformat()}:{keeper['id']}"
    return Message(key=key, person_id=keeper["id"], kind=kind, facts=facts, path="/office/jobs")
