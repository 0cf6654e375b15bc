"""The office's page about the work behind the scenes."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response, get, post
from litestar.params import FromPath

from timebank.actions.community.see_jobs import see_jobs, send_again
from timebank.communities import tree
from timebank.pages.forms import Ask, draw
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web import formats, job_names
from timebank.web.access import needs
from timebank.web.request import Now, Reads, Who
from timebank.web.words import Language, _, say


@get("/office/jobs", guards=[needs(Right.GRANT_ROLES)])
async def jobs(request: Ask, caller: Who, now: Now, language: Reads) -> Response[str]:
    """What stands still comes first."""
    seen = await see_jobs(caller, now)
    zone = (await tree.of_member(caller.member())).time_zone
    names = {job.name for job in seen.jobs} | {failure.job for failure in seen.failures}
    named = {name: job_names.told(name, language) for name in names}
    return draw(
        request,
        "office/jobs.html",
        seen=seen,
        zone=zone,
        tz=ZoneInfo(zone),
        named=named,
        often={job.name: _often(job.every, language) for job in seen.jobs},
        overdue=[job for job in seen.jobs if job.is_overdue],
    )


def _often(seconds: float, language: Language) -> str:
    if seconds < 60:
        return say(language, _("every %(count)s s"), count=round(seconds))
    return say(language, _("every %(time)s"), time=formats.hours(round(seconds / 60), language))


@post("/office/messages/{message_id:uuid}/send-again", guards=[needs(Right.GRANT_ROLES)])
async def take_send_again(message_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await send_again(caller, message_id, now)
    return go("/office/jobs#messages")


routes: list[Any] = [jobs, take_send_again]
