"""Series, and sessions edited, added and copied. With `preview=true` the answer is what would happen, and nothing is kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from schedules.edits import Changed, Edit
from schedules.series import Template
from schedules.sessions import Session
from timebank.actions.activities.edit_session import Addition, Copies, add_session, copy_session, copy_week, edit_session
from timebank.actions.activities.plan_series import (
    Dated,
    SeriesChanged,
    dated,
    end_series,
    plan_series,
    revise_series,
    see_series,
    try_rooms,
)
from timebank.actions.activities.see_activity import judged
from timebank.actions.preview import preview as look
from timebank.api.sessions import SessionView, view
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]


class SeriesView(msgspec.Struct):
    """A series and its sessions to come. `strays`: sessions with sign-ups that the rule no longer has."""

    id: UUID
    activity_id: UUID
    follows_id: UUID | None
    template: Template
    ended_on: date | None
    sessions: list[Dated]
    strays: list[UUID]


class Revised(msgspec.Struct, forbid_unknown_fields=True):
    """The series as it is to be; from one of its sessions on, or (null) everything to come."""

    template: Template
    from_session: UUID | None = None


class End(msgspec.Struct, forbid_unknown_fields=True):
    """No session from this local day on."""

    from_on: date


class ToDay(msgspec.Struct, forbid_unknown_fields=True):
    to: date


class Weeks(msgspec.Struct, forbid_unknown_fields=True):
    """Any day of the week that is copied, and of the week to which."""

    week: date
    to_week: date


class Edited(msgspec.Struct):
    """`fields`: of time, place, note, places those that changed; `told`: people whose plans it touches.

    `clashes`: who has something else at the new time; nobody is dropped.
    """

    session: SessionView
    fields: list[str]
    told: int
    clashes: int


class Copied(msgspec.Struct):
    """`without_room`: copies whose room was taken. `there`: sessions whose copy stood there already."""

    made: list[SessionView]
    without_room: list[UUID]
    there: list[UUID]


@post("/api/v1/activities/{activity_id:uuid}/series", guards=runs)
async def post_series(
    activity_id: FromPath[UUID],
    data: JSONBody[Template],
    caller: Who,
    now: Now,
    preview: FromQuery[bool] = False,
    key: Key = None,
) -> Response[SeriesChanged]:
    """The activity comes again by one RRULE, in wall times of its zone. Sessions are made `weeks_ahead`; those whose room is
    taken stand without it.
    """
    if preview:
        return Response(await look(plan_series, caller, activity_id, data, now), status_code=200)
    kept = request_key(caller, key, [activity_id, data], now, "plan series")
    answer = await plan_series.once(kept, caller, activity_id, data, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/series/{series_id:uuid}", guards=runs)
async def get_series(series_id: FromPath[UUID], caller: Who, now: Now) -> SeriesView:
    """For who may run its activity."""
    seen = await see_series(caller, series_id, now)
    found = seen.series
    return SeriesView(
        found.id,
        found.activity_id,
        found.follows_id,
        found.template,
        found.ended_on,
        [dated(session) for session in seen.sessions],
        seen.strays,
    )


@put("/api/v1/series/{series_id:uuid}", guards=runs)
async def put_series(
    series_id: FromPath[UUID], data: JSONBody[Revised], caller: Who, now: Now, preview: FromQuery[bool] = False
) -> SeriesChanged:
    """Changes a series; with `from_session` it is split there. What was edited at one session alone stays, sessions with
    sign-ups stay where the rule no longer has them, empty ones go. Safe to repeat.
    """
    if preview:
        return await look(revise_series, caller, series_id, data.template, data.from_session, now)
    return await revise_series(caller, series_id, data.template, data.from_session, now)


@post("/api/v1/series/{series_id:uuid}/end", guards=runs, status_code=200)
async def post_end(
    series_id: FromPath[UUID], data: JSONBody[End], caller: Who, now: Now, preview: FromQuery[bool] = False
) -> SeriesChanged:
    """Sessions with sign-ups stay, empty ones go. Safe to repeat."""
    if preview:
        return await look(end_series, caller, series_id, data.from_on, now)
    return await end_series(caller, series_id, data.from_on, now)


@post("/api/v1/series/{series_id:uuid}/rooms", guards=runs, status_code=200)
async def post_rooms(series_id: FromPath[UUID], caller: Who, now: Now) -> list[Dated]:
    """Tries again the rooms of sessions that stand without theirs; those that got them. Safe to repeat."""
    return await try_rooms(caller, series_id, now)


@put("/api/v1/sessions/{session_id:uuid}", guards=runs)
async def put_session(
    session_id: FromPath[UUID], data: JSONBody[Edit], caller: Who, now: Now, preview: FromQuery[bool] = False
) -> Edited:
    """Edits one session alone: wall times of its activity, room or place, a note, places by role. Every derived time moves
    along; everybody signed up keeps their place and is told. 409 `space_taken` names what stands there. Safe to repeat.
    """
    if preview:
        return edited(await look(edit_session, caller, session_id, data, now), now)
    return edited(await edit_session(caller, session_id, data, now), now)


@post("/api/v1/activities/{activity_id:uuid}/sessions", guards=runs)
async def post_session(
    activity_id: FromPath[UUID], data: JSONBody[Addition], caller: Who, now: Now, key: Key = None
) -> Response[SessionView]:
    """A further session of a published activity, with its room or not at all."""
    kept = request_key(caller, key, [activity_id, data], now, "add session")
    answer = await add_session.once(kept, caller, activity_id, data, now)
    return Response(_view(answer.value, now), status_code=200 if answer.is_replay else 201)


@post("/api/v1/sessions/{session_id:uuid}/copy", guards=runs)
async def post_copy(
    session_id: FromPath[UUID],
    data: JSONBody[ToDay],
    caller: Who,
    now: Now,
    preview: FromQuery[bool] = False,
    key: Key = None,
) -> Response[Copied]:
    """The same session on another day, without its people."""
    if preview:
        return Response(_copied(await look(copy_session, caller, session_id, data.to, now), now), status_code=200)
    kept = request_key(caller, key, [session_id, data], now, "copy session")
    answer = await copy_session.once(kept, caller, session_id, data.to, now)
    return Response(_copied(answer.value, now), status_code=200 if answer.is_replay else 201)


@post("/api/v1/communities/{community_id:uuid}/copy-week", guards=runs)
async def post_week(
    community_id: FromPath[UUID],
    data: JSONBody[Weeks],
    caller: Who,
    now: Now,
    preview: FromQuery[bool] = False,
    key: Key = None,
) -> Response[Copied]:
    """All sessions of the week but those of series, once more in another week."""
    if preview:
        found = await look(copy_week, caller, community_id, data.week, data.to_week, now)
        return Response(_copied(found, now), status_code=200)
    kept = request_key(caller, key, [community_id, data], now, "copy week")
    answer = await copy_week.once(kept, caller, community_id, data.week, data.to_week, now)
    return Response(_copied(answer.value, now), status_code=200 if answer.is_replay else 201)


def edited(changed: Changed, now: datetime) -> Edited:
    told = len(changed.people) if changed.moves or "note" in changed.fields else 0
    clashes = sum(person.clash is not None for person in changed.people)
    return Edited(_view(changed.after, now), list(changed.fields), told, clashes)


def _copied(copies: Copies, now: datetime) -> Copied:
    return Copied([_view(one, now) for one in copies.made], copies.without_room, [one.id for one in copies.there])


def _view(session: Session, now: datetime) -> SessionView:
    return view(judged([session], now, False)[0], is_member=True)


routes: list[Any] = [
    post_series,
    get_series,
    put_series,
    post_end,
    post_rooms,
    put_session,
    post_session,
    post_copy,
    post_week,
]
