"""The roll of a session, and who was missed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.hours.call_roll import Roll, RollCalled, call_roll, note_fact, see_roll
from timebank.actions.hours.no_shows import (
    SeenNoShow,
    correct_no_show,
    decide_no_show,
    object_to_no_show,
    report_no_show,
    see_no_show,
    see_open_no_shows,
    see_own_no_shows,
    see_session_no_shows,
    tell_in_person,
)
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]
Text = Annotated[str, Meta(max_length=500)]
Said = Annotated[str, Meta(min_length=1, max_length=500)]


class LineView(msgspec.Struct):
    """One person. `state`: expected, excused, here, left; `no_show` the state of one, where there is one."""

    signup_id: UUID
    member_id: UUID
    number: int
    name: str
    role: str
    role_en: str
    state: str
    is_late: bool
    in_at: datetime | None
    out_at: datetime | None
    minutes: int | None
    is_automatic: bool
    is_by_hand: bool
    left_early: bool
    no_show: str | None


class DoorView(msgspec.Struct):
    """`source`: desk, self (phones), manual (by hand), job (set by itself); `name` of the desk or the person."""

    source: str
    scanner_id: UUID | None
    name: str
    came: int
    went: int
    name_en: str = ""


class RollView(msgspec.Struct):
    """`inside` is what came less what went over all doors; `not_completed` arrived and have no way out yet."""

    session_id: UUID
    expected: int
    excused: int
    here: int
    late: int
    left: int
    inside: int
    doors: list[DoorView]
    people: list[LineView]
    not_completed: list[UUID]


class Present(msgspec.Struct, forbid_unknown_fields=True):
    """The sign-ups of those who were there."""

    present: Annotated[list[UUID], Meta(max_length=2000)]


class Fact(msgspec.Struct, forbid_unknown_fields=True):
    """`left_at`: when somebody who is still in left early; none: now."""

    kind: Literal["excused", "left_early"]
    reason: Text = ""
    left_at: Annotated[datetime, Meta(tz=True)] | None = None


class Report(msgspec.Struct, forbid_unknown_fields=True):
    member_id: UUID
    comment: Text = ""


class Objection(msgspec.Struct, forbid_unknown_fields=True):
    text: Said


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """`stands`: final; else dropped. The member reads the reason."""

    stands: bool
    reason: Said


class Why(msgspec.Struct, forbid_unknown_fields=True):
    reason: Said


class StepView(msgspec.Struct):
    """One state it has had. `by` and `by_name` are empty where a rule did it."""

    state: str
    at: datetime
    by: UUID | None
    by_name: str
    cause: str
    comment: str


class NoShowView(msgspec.Struct):
    """`state`: proposed, notified, objection, final, dropped. `undelivered` says why the member could not be told."""

    id: UUID
    session_id: UUID
    member_id: UUID
    number: int
    name: str
    title: str
    title_en: str
    starts_at: datetime
    state: str
    told_at: datetime | None
    objects_until: datetime | None
    undelivered: str | None
    history: list[StepView]


@get("/api/v1/sessions/{session_id:uuid}/roll", guards=runs)
async def get_roll(session_id: FromPath[UUID], caller: Who) -> RollView:
    """Who is expected, here, late and gone, and how many passed each door; agrees with the scan log."""
    return _roll(await see_roll(caller, session_id))


@post("/api/v1/sessions/{session_id:uuid}/roll", guards=runs, status_code=200)
async def post_roll(session_id: FromPath[UUID], data: JSONBody[Present], caller: Who, now: Now) -> RollCalled:
    """Ticks who was there: class B hours, which a second person confirms. Each has its own result: `recorded`, or the reason
    code that a scan would have been answered; an override is a check-in by name.

    Who has a place and was neither ticked nor seen is proposed as a no-show. Safe to repeat.
    """
    return await call_roll(caller, session_id, data.present, now)


@post("/api/v1/sign-ups/{signup_id:uuid}/facts", guards=runs, status_code=204)
async def post_fact(signup_id: FromPath[UUID], data: JSONBody[Fact], caller: Who, now: Now) -> None:
    """Excused, or left early; never a no-show. Who leaves early and is still in is checked out. Safe to repeat."""
    await note_fact(caller, signup_id, data.kind, data.reason, now, data.left_at)


@get("/api/v1/sessions/{session_id:uuid}/no-shows", guards=runs)
async def get_session_no_shows(session_id: FromPath[UUID], caller: Who, now: Now) -> list[NoShowView]:
    """Everybody who was missed at a session, dropped ones too."""
    return [_no_show(seen) for seen in await see_session_no_shows(caller, session_id, now)]


@post("/api/v1/sessions/{session_id:uuid}/no-shows", guards=runs, status_code=200)
async def post_report(session_id: FromPath[UUID], data: JSONBody[Report], caller: Who, now: Now) -> NoShowView:
    """Reports one person after the end; 409 `not_on_the_list` without a place there. Safe to repeat."""
    missed = await report_no_show(caller, session_id, data.member_id, data.comment, now)
    return _no_show(await see_no_show(caller, missed.id, now))


@get("/api/v1/no-shows", guards=runs)
async def get_open_no_shows(caller: Who, now: Now) -> list[NoShowView]:
    """Within the caller's reach: objections that wait, and members who could not be told."""
    return [_no_show(seen) for seen in await see_open_no_shows(caller, now)]


@get("/api/v1/me/no-shows", guards=[signed_in])
async def get_own_no_shows(caller: Who, now: Now) -> list[NoShowView]:
    """The caller's own with who proposed, who decided and every comment."""
    return [_no_show(seen) for seen in await see_own_no_shows(caller, now)]


@get("/api/v1/no-shows/{no_show_id:uuid}", guards=[signed_in])
async def get_no_show(no_show_id: FromPath[UUID], caller: Who, now: Now) -> NoShowView:
    """For the member, and for who runs the activity."""
    return _no_show(await see_no_show(caller, no_show_id, now))


@post("/api/v1/no-shows/{no_show_id:uuid}/objection", guards=[signed_in], status_code=200)
async def post_objection(no_show_id: FromPath[UUID], data: JSONBody[Objection], caller: Who, now: Now) -> NoShowView:
    """The member's own; 409 `objection_too_late` after `objects_until`."""
    await object_to_no_show(caller, no_show_id, data.text, now)
    return _no_show(await see_no_show(caller, no_show_id, now))


@post("/api/v1/no-shows/{no_show_id:uuid}/decision", guards=runs, status_code=200)
async def post_decision(no_show_id: FromPath[UUID], data: JSONBody[Decision], caller: Who, now: Now) -> NoShowView:
    """Decides an objection; 409 `cannot_decide` for who reported it."""
    await decide_no_show(caller, no_show_id, data.reason, now, stands=data.stands)
    return _no_show(await see_no_show(caller, no_show_id, now))


@post("/api/v1/no-shows/{no_show_id:uuid}/correction", guards=runs, status_code=200)
async def post_correction(no_show_id: FromPath[UUID], data: JSONBody[Why], caller: Who, now: Now) -> NoShowView:
    """Drops one that was wrong, also a final one."""
    await correct_no_show(caller, no_show_id, data.reason, now)
    return _no_show(await see_no_show(caller, no_show_id, now))


@post("/api/v1/no-shows/{no_show_id:uuid}/told", guards=runs, status_code=200)
async def post_told(no_show_id: FromPath[UUID], caller: Who, now: Now) -> NoShowView:
    """The message did not arrive and the caller told the member in person: the time to object runs from now. Safe to repeat."""
    await tell_in_person(caller, no_show_id, now)
    return _no_show(await see_no_show(caller, no_show_id, now))


def _roll(roll: Roll) -> RollView:
    return RollView(
        session_id=roll.session.id,
        expected=roll.count("expected"),
        excused=roll.count("excused"),
        here=roll.count("here"),
        late=roll.late,
        left=roll.count("left"),
        inside=roll.inside,
        doors=[DoorView(p.door.source, p.door.scanner_id, p.name, p.door.came, p.door.went, p.name_en) for p in roll.doors],
        people=[
            LineView(
                signup_id=each.line.signup_id,
                member_id=each.person.id,
                number=each.person.number,
                name=each.person.name,
                **{name: getattr(each.line, name) for name in LineView.__struct_fields__[4:]},
            )
            for each in roll.people
        ],
        not_completed=[each.person.id for each in roll.not_completed],
    )


def _no_show(seen: SeenNoShow) -> NoShowView:
    missed = seen.no_show
    return NoShowView(
        id=missed.id,
        session_id=missed.session_id,
        member_id=missed.person_id,
        number=seen.person.number,
        name=seen.person.name,
        title=missed.title,
        title_en=missed.title_en,
        starts_at=missed.starts_at,
        state=missed.state,
        told_at=missed.told_at,
        objects_until=missed.objects_until,
        undelivered=seen.undelivered,
        history=[
            StepView(s.change.state, s.change.at, s.change.by_id, s.by.name if s.by else "", s.change.cause, s.change.comment)
            for s in seen.steps
        ],
    )


routes: list[Any] = [
    get_roll,
    post_roll,
    post_fact,
    get_session_no_shows,
    post_report,
    get_open_no_shows,
    get_own_no_shows,
    get_no_show,
    post_objection,
    post_decision,
    post_correction,
    post_told,
]
