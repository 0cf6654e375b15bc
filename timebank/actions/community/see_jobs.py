"""How the work behind the scenes goes: every job, what it could not do, and messages that were given up."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules import sql
from schedules.errors import NotFound
from timebank.actions.action import action
from timebank.communities import tree
from timebank.outbox import deliveries
from timebank.people import audit
from timebank.people.callers import Caller, Right

MOST = 50
OVERDUE = "is_watched AND coalesce(succeeded_at, known_at) + every + patience < clock_timestamp()"
OVERDUE_ONES = f"SELECT name FROM job_run WHERE {OVERDUE} ORDER BY name"


class Job(msgspec.Struct, frozen=True):
    """One job as it stands in all processes together. `every` in seconds; `handled` by its last success."""

    name: str
    every: float
    started_at: datetime | None
    succeeded_at: datetime | None
    due_at: datetime | None
    handled: int
    error: str
    is_overdue: bool
    alarm_at: datetime | None


class Failure(msgspec.Struct, frozen=True):
    """An item that a job could not do, while it did the others. It is tried again at `next_at`."""

    job: str
    item: str
    error: str
    attempts: int
    first_at: datetime
    last_at: datetime
    next_at: datetime


class Stuck(msgspec.Struct, frozen=True):
    """A message that was given up; its reader finds it on their page all the same."""

    id: UUID
    kind: str
    due_at: datetime
    attempts: int
    error: str


class Jobs(msgspec.Struct, frozen=True):
    """`waiting`: messages that are due and not sent yet."""

    jobs: list[Job]
    failures: list[Failure]
    waiting: int
    stuck: list[Stuck]


async def see_jobs(caller: Caller, now: datetime) -> Jobs:
    """For coordinators of the whole. Reads only. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.GRANT_ROLES, await tree.roots())
    jobs = await sql.rows(
        "SELECT name, extract(epoch FROM every)::float8 AS every, started_at, succeeded_at, "
        "started_at + CASE WHEN failed_at >= started_at THEN least(every, interval '5 minutes') ELSE every END AS due_at, "
        f"handled, coalesce(last_error, '') AS error, {OVERDUE} AS is_overdue, alarm_at FROM job_run WHERE is_watched "
        f"ORDER BY NOT ({OVERDUE}), every, name"
    )
    failures = await sql.rows(
        "SELECT job, item, error, attempts, first_at, last_at, next_at FROM job_failure ORDER BY last_at DESC LIMIT $1", MOST
    )
    stuck = await sql.rows(
        "SELECT id, kind, due_at, attempts, coalesce(last_error, '') AS error FROM message "
        "WHERE state = 'failed' ORDER BY due_at DESC LIMIT $1",
        MOST,
    )
    return Jobs(
        [Job(**dict(row)) for row in jobs],
        [Failure(**dict(row)) for row in failures],
        await sql.value("SELECT count(*) FROM message WHERE state = 'pending' AND next_at <= $1", now),
        [Stuck(**dict(row)) for row in stuck],
    )


@action
async def send_again(caller: Caller, message_id: UUID, now: datetime) -> None:
    """A message that was given up is tried once more from the start, once its cause is mended. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound where it was not given up.
    """
    caller.require(Right.GRANT_ROLES, await tree.roots())
    if not await deliveries.try_again(message_id, now):
        raise NotFound(what="message")
    await audit.write(caller.id, "message.sent_again", f"message:{message_id}", now)


async def overdue() -> list[str]:
    """Names of jobs that should have succeeded by now, whoever asks."""
    return [row["name"] for row in await sql.rows(OVERDUE_ONES)]
