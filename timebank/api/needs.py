"""What activities ask of people, and sessions that lack them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody

from schedules import needs as asked_for
from schedules.errors import NotFound
from schedules.needs import Briefing, Needs
from schedules.shortage import Shortage
from timebank.actions.activities.cover import Asked, Lacking, ask_to_cover, see_at_risk, watch_session
from timebank.actions.activities.keep_needs import NeedsChoices, keep_needs, see_needs
from timebank.actions.activities.see_activity import Person, see_activity
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class NeedsView(msgspec.Struct):
    """What is asked, and what could be."""

    needs: Needs
    choices: NeedsChoices


class AtRisk(msgspec.Struct):
    """Sessions that lack people or a leader, and people who lack what their place needs."""

    sessions: list[Shortage]
    lacking: list[Lacking]


class WatchView(msgspec.Struct):
    """`shortage` none: enough people come, and somebody leads."""

    shortage: Shortage | None
    lacks: list[Lacking]
    asked: list[Person]
    unread: list[Person]


class Role(msgspec.Struct, forbid_unknown_fields=True):
    role_id: UUID


@get("/api/v1/activities/{activity_id:uuid}/needs", guards=runs)
async def get_needs(activity_id: FromPath[UUID], caller: Who) -> NeedsView:
    return NeedsView(*await see_needs(caller, activity_id))


@put("/api/v1/activities/{activity_id:uuid}/needs", guards=runs)
async def put_needs(activity_id: FromPath[UUID], data: JSONBody[Needs], caller: Who, now: Now) -> Needs:
    """Replaces all of it. Sign-ups made before stay; who lacks something is listed with the session."""
    return await keep_needs(caller, activity_id, data, now)


@get("/api/v1/activities/{activity_id:uuid}/briefing", guards=[signed_in])
async def get_briefing(activity_id: FromPath[UUID], caller: Who, now: Now) -> Briefing:
    """What is read before signing up. 404 where there is none."""
    await see_activity(caller, activity_id, now)
    found = await asked_for.briefing(activity_id)
    if found is None:
        raise NotFound(what="briefing")
    return found


@get("/api/v1/sessions/at-risk", guards=runs)
async def get_at_risk(caller: Who, now: Now) -> AtRisk:
    """Within the caller's reach, from the time that each activity sets before its start."""
    return AtRisk(*await see_at_risk(caller, now))


@get("/api/v1/sessions/{session_id:uuid}/watch", guards=runs)
async def get_watch(session_id: FromPath[UUID], caller: Who) -> WatchView:
    """What one session lacks, who lacks what a place needs, who was asked to cover, who has not read the briefing."""
    found = await watch_session(caller, session_id)
    return WatchView(found.shortage, found.lacks, found.asked, found.unread)


@post("/api/v1/sessions/{session_id:uuid}/cover", guards=runs, status_code=200)
async def post_cover(session_id: FromPath[UUID], data: JSONBody[Role], caller: Who, now: Now) -> Asked:
    """Asks up to thirty suitable people by message; again, the next ones. Nobody is asked twice for a session."""
    return await ask_to_cover(caller, session_id, data.role_id, now)


routes: list[Any] = [get_needs, put_needs, get_briefing, get_at_risk, get_watch, post_cover]
