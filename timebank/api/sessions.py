"""Sessions: what is on, and how it stands to the caller."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from schedules import sessions, walltimes
from schedules.answers import Answer, Missed
from schedules.errors import Malformed, NotFound
from schedules.session_roles import Need
from schedules.sessions import Clash
from timebank.actions.activities.call_off import CalledOff, call_off_session
from timebank.actions.activities.change_places import Places, change_places
from timebank.actions.activities.see_activity import Seen, judged_for, see_sessions
from timebank.people.callers import Right
from timebank.web.access import anyone, needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class AnswerView(msgspec.Struct, omit_defaults=True):
    """The answer to "may I sign up?" by name. `at`: sign-up closed or opens; `clash`: the own session in the way or near."""

    name: str
    at: datetime | None = None
    clash: Clash | None = None
    lacks: tuple[Need, ...] = ()
    """With `role_missing` and `qualification_missing`: the skills, how they stand, and the way to a confirmation."""
    missed: Missed | None = None
    """With `needs_approval`: final no-shows of the last months, where these are why an organiser decides."""


class RoleView(msgspec.Struct):
    """`places` none: unlimited. `waiting`: people in line. `needs`: skills, with the member's standing.

    `answer` stands there for members.
    """

    id: UUID
    name: str
    name_en: str
    places: int | None
    taken: int
    left: int | None
    answer: AnswerView | None
    is_lead: bool = False
    needs: tuple[Need, ...] = ()
    waiting: int = 0


class SessionView(msgspec.Struct):
    """Instants in UTC, `local_start` on the wall of `time_zone`, real `minutes`. `state`: planned, cancelled or closed."""

    id: UUID
    activity_id: UUID
    community_id: UUID
    title: str
    title_en: str
    kind: str
    is_service: bool
    starts_at: datetime
    ends_at: datetime
    minutes: int
    time_zone: str
    local_start: str
    skipped_start: str | None
    opens_at: datetime
    closes_at: datetime
    signup_opens_at: datetime | None
    signup_closes_at: datetime
    withdraw_until: datetime
    place: str
    place_en: str
    space_id: UUID | None
    state: str
    call_off_reason: str
    series_id: UUID | None
    wanted_space: UUID | None
    note: str
    note_en: str
    roles: list[RoleView]
    answer: AnswerView | None
    signup_id: UUID | None
    has_waiting_list: bool = False
    needs_approval: bool = False
    position: int | None = None
    """The caller's place in line: 1 is next."""
    offered_until: datetime | None = None
    """A place is held for the caller until then."""


class Sessions(msgspec.Struct):
    """`after` is the cursor of the next page; none: this was the last."""

    sessions: list[SessionView]
    after: UUID | None


class NewPlaces(msgspec.Struct, forbid_unknown_fields=True):
    """`places` null: unlimited; 0: nobody more."""

    places: Annotated[int, Meta(ge=0, le=100_000)] | None


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/api/v1/sessions", guards=[anyone])
async def get_sessions(
    caller: Who,
    now: Now,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    community_id: FromQuery[UUID | None] = None,
    open_to_me: FromQuery[bool] = False,
    after: FromQuery[UUID | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 30,
) -> Sessions:
    """Public sessions that are not over at `since` (now) and start before `until`, by start.

    With `open_to_me`, those of the page in which the caller may sign up; go on while there is an `after`.
    """
    found = await see_sessions(
        caller,
        _aware(since, "since") or now,
        _aware(until, "until"),
        now,
        community_ids=[community_id] if community_id else None,
        after=after,
        limit=limit,
    )
    shown = [each for each in found if each.answer.is_open] if open_to_me else found
    is_member = caller.member_id is not None
    return Sessions([view(each, is_member=is_member) for each in shown], found[-1].session.id if len(found) == limit else None)


@get("/api/v1/sessions/{session_id:uuid}", guards=[anyone])
async def get_session(session_id: FromPath[UUID], caller: Who, now: Now) -> SessionView:
    """A public session. 404 for one of a draft."""
    session = await sessions.one(session_id, caller.member_id)
    if session.activity_state == "draft":
        raise NotFound(what="session")
    return view(
        (await judged_for(caller, [session], now))[0],
        is_member=caller.member_id is not None,
    )


@post("/api/v1/sessions/{session_id:uuid}/call-off", guards=runs, status_code=200)
async def post_call_off(session_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> CalledOff:
    """Frees the room; sign-ups and scans stay. Safe to repeat."""
    return await call_off_session(caller, session_id, data.reason, now)


@post("/api/v1/sessions/{session_id:uuid}/roles/{role_id:uuid}/places", guards=runs, status_code=200)
async def post_places(
    session_id: FromPath[UUID], role_id: FromPath[UUID], data: JSONBody[NewPlaces], caller: Who, now: Now
) -> Places:
    """Lowered below its sign-ups, nobody is dropped: `excess` says how many are above. Safe to repeat."""
    return await change_places(caller, session_id, role_id, data.places, now)


def view(seen: Seen, *, is_member: bool) -> SessionView:
    """The session as programs read it; strangers get no answers."""
    session = seen.session
    fields = {name: getattr(session, name) for name in SessionView.__struct_fields__ if hasattr(session, name)}
    fields |= {
        "local_start": walltimes.local_of(session.starts_at, session.time_zone).isoformat(timespec="minutes"),
        "skipped_start": session.skipped_start and session.skipped_start.isoformat(timespec="minutes"),
        "state": "cancelled" if session.is_called_off else session.state,
        "roles": [
            RoleView(
                role.id,
                role.name,
                role.name_en,
                role.places,
                role.taken,
                role.left,
                _answer(seen.by_role[role.id], is_member),
                role.is_lead,
                role.needs,
                role.waiting,
            )
            for role in session.roles
        ],
        "answer": _answer(seen.answer, is_member),
        "signup_id": session.own.id if session.own else None,
        "position": session.own.position if session.own else None,
        "offered_until": session.own.offered_until if session.own else None,
    }
    return SessionView(**fields)


def _answer(found: Answer, is_member: bool) -> AnswerView | None:
    return AnswerView(found.name.value, found.at, found.clash, found.lacks, found.missed) if is_member else None


def _aware(moment: datetime | None, field: str) -> datetime | None:
    if moment is not None and moment.tzinfo is None:
        raise Malformed(field=field, reason="an instant with its offset, such as 2026-11-26T18:00:00+08:00")
    return moment


routes: list[Any] = [get_sessions, get_session, post_call_off, post_places]
