"""How the work behind the scenes goes, for programs that watch."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath

from timebank.actions.community.see_jobs import Jobs, see_jobs, send_again
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who


@get("/api/v1/jobs", guards=[needs(Right.GRANT_ROLES)])
async def get_jobs(caller: Who, now: Now) -> Jobs:
    """Every job with its last start and success, what it could not do, and messages given up. Coordinators of the whole."""
    return await see_jobs(caller, now)


@post("/api/v1/messages/{message_id:uuid}/send-again", guards=[needs(Right.GRANT_ROLES)], status_code=204)
async def post_send_again(message_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """A message that was given up is due again. 404 where it was not given up. Coordinators of the whole."""
    await send_again(caller, message_id, now)


routes: list[Any] = [get_jobs, post_send_again]
