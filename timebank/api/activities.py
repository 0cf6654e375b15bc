"""Activities: plan, publish, call off."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import activities
from schedules.activities import Activity
from schedules.plans import Plan
from timebank.actions.activities.call_off import CalledOff, call_off_activity
from timebank.actions.activities.plan_activity import Planned, plan_activity, rewrite_activity
from timebank.actions.activities.publish_activity import Published, publish_activity
from timebank.actions.activities.see_activity import see_activity
from timebank.api.sessions import SessionView, view
from timebank.people.callers import Right
from timebank.web.access import anyone, needs
from timebank.web.request import Key, Now, Who, request_key

PUBLIC_STATES = ("published", "cancelled")
runs = [needs(Right.RUN_ACTIVITIES)]


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class ActivityView(msgspec.Struct):
    """An activity with its sessions as they stand to the caller. `path` is its page, `short_path` what people type."""

    activity: Activity
    path: str
    short_path: str
    sessions: list[SessionView]


class Activities(msgspec.Struct):
    """`after` is the cursor of the next page; none: this was the last."""

    activities: list[Activity]
    after: int | None


@get("/api/v1/activities", guards=[anyone])
async def get_activities(
    community_id: FromQuery[UUID | None] = None,
    after: Annotated[int | None, QueryParameter(ge=1, le=2**62)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 30,
) -> Activities:
    """Public activities of one community or of all, newest first."""
    found = await activities.listed([community_id] if community_id else None, PUBLIC_STATES, before=after, limit=limit)
    return Activities([outward(each) for each in found], found[-1].number if len(found) == limit else None)


@post("/api/v1/activities", guards=runs)
async def post_activity(
    data: JSONBody[Plan], caller: Who, now: Now, key: Key = None, like: FromQuery[UUID | None] = None
) -> Response[Planned]:
    """A new draft. Times are wall times of the community, without an offset; one that the clocks skip moves on by the gap.

    With `like`, the id of another activity, it asks of people what that one asks: skills, a leader, a briefing, hosts.
    """
    answer = await plan_activity.once(request_key(caller, key, [data, like], now, "plan activity"), caller, data, now, like)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/activities/{activity_id:uuid}", guards=[anyone])
async def get_activity(activity_id: FromPath[UUID], caller: Who, now: Now) -> ActivityView:
    """A public activity; a draft for who may run it, 404 for others."""
    seen = await see_activity(caller, activity_id, now)
    activity = seen.activity if seen.may_run else outward(seen.activity)
    return ActivityView(
        activity,
        f"/activities/{activity.id}",
        f"/a/{activity.number}",
        [view(each, is_member=caller.member_id is not None) for each in seen.sessions],
    )


@put("/api/v1/activities/{activity_id:uuid}", guards=runs)
async def put_activity(activity_id: FromPath[UUID], data: JSONBody[Plan], caller: Who, now: Now) -> Planned:
    """Replaces a draft as a whole. Safe to repeat."""
    return await rewrite_activity(caller, activity_id, data, now)


@post("/api/v1/activities/{activity_id:uuid}/publish", guards=runs, status_code=200)
async def post_publish(activity_id: FromPath[UUID], caller: Who, now: Now, key: Key = None) -> Published:
    """Publishes a draft and takes its rooms; 409 `space_taken` names what stands there and the nearest free times."""
    answer = await publish_activity.once(
        request_key(caller, key, activity_id, now, "publish activity"), caller, activity_id, now
    )
    return answer.value


@post("/api/v1/activities/{activity_id:uuid}/call-off", guards=runs, status_code=200)
async def post_call_off(activity_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> CalledOff:
    """Calls off every session to which nobody has come. Safe to repeat."""
    return await call_off_activity(caller, activity_id, data.reason, now)


def outward(activity: Activity) -> Activity:
    """Without what is for staff only."""
    return msgspec.structs.replace(activity, staff_note="", cover=None)


routes: list[Any] = [get_activities, post_activity, get_activity, put_activity, post_publish, post_call_off]
