"""Is the process alive, and can it serve?"""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from timebank.actions.community import see_jobs
from timebank.outbox import intents
from timebank.web.access import anyone


@get("/health/live", guards=[anyone])
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


@get("/health/ready", guards=[anyone])
async def ready() -> Response[dict[str, Any]]:
    """PostgreSQL answers and the migrations are there. 503 where not; Redis is not needed to serve.

    `overdue_jobs` names what stands still behind the scenes; the pages are served all the same.
    """
    try:
        waiting, overdue = await intents.backlog(), await see_jobs.overdue()
    except Exception as error:
        return Response({"status": "not ready", "cause": type(error).__name__}, status_code=503)
    return Response(
        {
            "status": "ready",
            "pending_credits": waiting.pending,
            "oldest_pending_seconds": waiting.oldest_seconds,
            "overdue_jobs": overdue,
        }
    )


routes: list[Any] = [live, ready]
