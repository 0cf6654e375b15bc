"""An activity's own page: what, when, where, and one tap to take a place, to ask for one or to join the line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect
from msgspec import Meta

from schedules import activities, appointments, calendars, sessions
from schedules.errors import NotFound, Refusal
from timebank.actions.activities.foretell import foretell
from timebank.actions.activities.see_activity import see_activity, see_sessions
from timebank.actions.activities.see_board import around, by_day, neighbourhoods
from timebank.actions.signups.sign_up import sign_up
from timebank.actions.signups.withdraw import FreedFromHere
from timebank.pages.forms import Ask, draw
from timebank.pages.public.board import chosen
from timebank.pages.render import go, page
from timebank.people.callers import Caller
from timebank.web.access import anyone, signed_in
from timebank.web.request import Installed, Now, Reads, Who, request_key

PAGE = 40
Key = Annotated[str, Meta(max_length=200)]


class Place(msgspec.Struct):
    """One tap on a role's button; with `wait`, on that of the waiting list."""

    session: UUID
    role: UUID
    wait: Key = ""
    key: Key = ""


@get("/activities", guards=[anyone])
async def show_activities(
    request: Ask,
    caller: Who,
    now: Now,
    community: FromQuery[str] = "",
    for_me: FromQuery[bool] = False,
    after: FromQuery[UUID | None] = None,
) -> Response[str]:
    """Everything to come, by day."""
    nodes = await neighbourhoods()
    here = await chosen(nodes, community, caller)
    ids = await around(here.id) if here else None
    found = await see_sessions(caller, now, None, now, community_ids=ids, after=after, limit=PAGE)
    only_open = for_me and caller.member_id is not None
    shown = [seen for seen in found if seen.answer.is_open] if only_open else found
    return page(
        request,
        "activities/list.html",
        days=by_day(shown),
        nodes=nodes,
        here=here,
        only_open=only_open,
        after=found[-1].session.id if len(found) == PAGE else None,
        is_first=after is None,
    )


@get("/activities/{activity_id:uuid}", guards=[anyone])
async def show_activity(activity_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await activity_page(request, caller, activity_id, now)


@get("/a/{number:int}", guards=[anyone])
async def follow_number(number: FromPath[int]) -> Redirect:
    """The short address that stands on a poster."""
    if not 0 < number < 2**62:
        raise NotFound(what="activity")
    found = await activities.find_by_number(number)
    return go(f"/activities/{found.id}")


@post("/activities/{activity_id:uuid}/sign-up", guards=[signed_in])
async def take_place(
    activity_id: FromPath[UUID], data: URLEncodedBody[Place], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    kept = request_key(caller, data.key, [data.session, data.role, data.wait], now, "sign up")
    try:
        await sign_up.once(kept, caller, data.session, now, data.role, bool(data.wait))
    except Refusal as refusal:
        return await activity_page(request, caller, activity_id, now, refusal)
    return go(f"/activities/{activity_id}#session-{data.session}")


async def activity_page(
    request: Ask,
    caller: Caller,
    activity_id: UUID,
    now: datetime,
    refusal: Refusal | None = None,
    stays: FreedFromHere | None = None,
) -> Response[str]:
    """The page as it stands to the reader; with the refusal of what was just tried, or with what `stays` of it."""
    seen = await see_activity(caller, activity_id, now)
    to_come = [each for each in seen.sessions if each.session.ends_at > now]
    return draw(
        request,
        "activities/activity.html",
        refusal,
        seen=seen,
        activity=seen.activity,
        to_come=to_come,
        worth=await foretell([each.session for each in to_come]),
        stays=stays,
        host=request.url.netloc,
        over=[each for each in seen.sessions if each.session.ends_at <= now],
    )


@get("/sessions/{session_id:uuid}/calendar.ics", guards=[anyone])
async def save_date(session_id: FromPath[UUID], caller: Who, language: Reads, settings: Installed) -> Response[bytes]:
    """One session for the reader's own calendar; saved again after a change, it replaces the older entry."""
    session = await sessions.one(session_id, caller.member_id)
    if session.activity_state == "draft":
        raise NotFound(what="session")
    title, place = (
        (session.title_en or session.title, session.place_en or session.place)
        if language == "en"
        else (session.title, session.place)
    )
    url = f"{settings.base_url}/activities/{session.activity_id}"
    entry = appointments.entry(session, urlsplit(settings.base_url).hostname or "timebank", url, title, place)
    return Response(
        calendars.text(title, [entry]),
        media_type="text/calendar",
        headers={"content-disposition": 'attachment; filename="session.ics"', "cache-control": "no-store"},
    )


routes: list[Any] = [show_activities, show_activity, follow_number, take_place, save_date]
