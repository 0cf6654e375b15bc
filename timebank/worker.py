"""Where the parts of arq's worker meet: `timebank work`. The queue is a doorbell; what it loses the sweeper finishes."""

from __future__ import annotations

import asyncio
from typing import Any

from arq.worker import Worker

from timebank import database, logs, settings
from timebank.errors import CannotRun
from timebank.jobs import watch
from timebank.jobs.credit import credit
from timebank.outbox import bell
from timebank.people import senders
from timebank.settings import Settings

POOL = 4
"""Connections to PostgreSQL, and jobs at a time: no job waits for a connection."""
POLL = 0.1
"""Seconds between two looks at the queue."""
TIME_LIMIT = 10
"""Seconds of a job. After kill -9 arq itself tries again only this plus 10 later (A3)."""
REDIS_PATIENCE = 5.0
"""Seconds for one answer of Redis; then the process ends and is started again (A8)."""


class NoRedis(CannotRun):
    """The worker has nothing to listen to."""


def main() -> int:
    """Runs until SIGTERM, finishing the jobs in its hands for 15 s at most; ends with an error when Redis goes (A8).

    Raises NoRedis.
    """
    chosen = settings.read()
    logs.configure(chosen)
    if not chosen.redis_url:
        raise NoRedis("The worker needs TIMEBANK_REDIS_URL; without Redis the sweeper alone credits points.")
    asyncio.set_event_loop(asyncio.new_event_loop())
    make(chosen).run()
    return 0


def make(chosen: Settings, **others: Any) -> Worker:
    """The worker with every setting that the pitfalls ask for; `others` are arq's, for tests."""
    options: dict[str, Any] = {
        "functions": [credit],
        "redis_pool": bell.connect(chosen.redis_url, REDIS_PATIENCE),
        "queue_name": bell.QUEUE,
        "job_serializer": bell.to_json,
        "job_deserializer": bell.from_json,
        "max_jobs": POOL,
        "poll_delay": POLL,
        "job_timeout": TIME_LIMIT,
        "max_tries": 100,
        "keep_result": 0,
        "job_completion_wait": 15,
        "health_check_interval": 15,
        "log_results": False,
        "on_startup": _start,
        "on_shutdown": _stop,
    }
    return Worker(**(options | others))


async def _start(ctx: dict[str, Any]) -> None:
    await database.start_pool(POOL)
    ctx["watching"] = asyncio.create_task(watch.keep_watching("worker", settings.read()))


async def _stop(ctx: dict[str, Any]) -> None:
    ctx["watching"].cancel()
    await senders.close()
    await database.close_pool()
