"""The close of a day, and hours that wait for a second person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.hours.approve_hours import approve_many, reject
from timebank.actions.hours.close_day import (
    Other,
    Sent,
    ask_correction,
    close_day,
    correct_hours,
    refuse_correction,
    see_day,
)
from timebank.actions.hours.enter_hours import correct_record, enter_hours, see_entries, see_entry, see_pending, send_again
from timebank.hours.entries import Entry, Later
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.refusals import told
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
approves = [needs(Right.APPROVE_HOURS)]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]
Said = Annotated[str, Meta(min_length=1, max_length=500)]


class DayLine(msgspec.Struct):
    """Planned, scanned and credited minutes of one stay, or of somebody with a place and none.

    `standing`: absent, excused, inside, open (not sent yet), pending, rejected, waits (for the organiser's
    confirmation), recorded, none. `units` are 1/100 point.
    """

    signup_id: UUID
    person_id: UUID
    name: str
    number: int
    role: str
    role_en: str
    attendance_id: UUID | None
    planned: int
    scanned: int | None
    credited: int | None
    hour_class: str | None
    units: int
    in_at: datetime | None
    out_at: datetime | None
    is_late: bool
    is_automatic: bool
    is_by_code: bool
    left_early: bool
    no_show: str | None
    entry_id: UUID | None
    entry_state: str | None
    asked: int | None
    asked_reason: str
    standing: str
    is_exception: bool


class DayView(msgspec.Struct):
    session_id: UUID
    planned: int
    is_service: bool
    lines: list[DayLine]


class Others(msgspec.Struct, forbid_unknown_fields=True):
    """Stays whose minutes are to be others than those that were scanned."""

    others: Annotated[list[Other], Meta(max_length=2000)] = []


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    minutes: Minutes
    reason: Said


class Why(msgspec.Struct, forbid_unknown_fields=True):
    reason: Said


class NewEntry(msgspec.Struct, forbid_unknown_fields=True):
    """Service of a past day in the fields of the national rules; class C, which earns no points."""

    activity_name: Said
    served_on: date
    place: Said
    service_content: Said
    service_minutes: Annotated[int, Meta(gt=0, le=1440)]
    organising_unit: Said
    person_in_charge: Said
    reason: Said

    @property
    def later(self) -> Later:
        return Later(**msgspec.structs.asdict(self))


class Corrected(NewEntry, forbid_unknown_fields=True):
    """A record of hours entered afterwards as it is to be; with 0 minutes it is taken back."""

    service_minutes: Annotated[int, Meta(ge=0, le=1440)]


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    entry_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]


class Result(msgspec.Struct):
    """`result`: approved, already (a repeat books nothing) or refused, with the refusal's `code`. `units` are 1/100 point."""

    entry_id: UUID
    result: str
    units: int
    code: str = ""


class Made(msgspec.Struct):
    entry_id: UUID


@get("/api/v1/sessions/{session_id:uuid}/day", guards=runs)
async def get_day(session_id: FromPath[UUID], caller: Who) -> DayView:
    """What was planned, scanned and credited, side by side per person; exceptions first."""
    day = await see_day(caller, session_id)
    lines = [DayLine(**{name: getattr(line, name) for name in DayLine.__struct_fields__}) for line in day.lines]
    return DayView(day.session_id, day.planned, day.is_service, lines)


@post("/api/v1/sessions/{session_id:uuid}/day", guards=runs, status_code=200)
async def post_day(session_id: FromPath[UUID], data: JSONBody[Others], caller: Who, now: Now) -> Sent:
    """One confirmation: what no scan proves goes to a second person, scanned stays that waited are credited. Safe to repeat."""
    return await close_day(caller, session_id, data.others, now)


@post("/api/v1/attendances/{attendance_id:uuid}/correction", guards=runs)
async def post_correct(
    attendance_id: FromPath[UUID], data: JSONBody[Wish], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Other minutes for one stay; a second person approves, then the difference is booked with a link to the first credit."""
    kept = request_key(caller, key, [attendance_id, data], now, "correct hours")
    answer = await correct_hours.once(kept, caller, attendance_id, data.minutes, data.reason, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/attendances/{attendance_id:uuid}/correction-request", guards=[signed_in], status_code=204)
async def post_ask(attendance_id: FromPath[UUID], data: JSONBody[Wish], caller: Who, now: Now) -> None:
    """The member asks for other minutes where the check-out was set by itself, within a day of being told."""
    await ask_correction(caller, attendance_id, data.minutes, data.reason, now)


@post("/api/v1/attendances/{attendance_id:uuid}/correction-request/refuse", guards=runs, status_code=204)
async def post_refuse(attendance_id: FromPath[UUID], data: JSONBody[Why], caller: Who, now: Now) -> None:
    """The minutes stay as they are; the member reads why. Safe to repeat."""
    await refuse_correction(caller, attendance_id, data.reason, now)


@get("/api/v1/hours-entries", guards=approves)
async def get_pending(caller: Who) -> list[Entry]:
    """What waits for a second person within the caller's reach, by session."""
    return await see_pending(caller)


@get("/api/v1/hours-entries/{entry_id:uuid}", guards=[signed_in])
async def get_entry(entry_id: FromPath[UUID], caller: Who) -> Entry:
    """For the member, whoever entered it, and whoever may decide."""
    return await see_entry(caller, entry_id)


@post("/api/v1/hours-entries/approve", guards=approves, status_code=200)
async def post_approve(data: JSONBody[Chosen], caller: Who, now: Now) -> list[Result]:
    """Several at once, each with its own result. Approving twice books once."""
    return [
        Result(row.entry_id, row.result, row.units, told(row.refusal).code if row.refusal else "")
        for row in await approve_many(caller, data.entry_ids, now)
    ]


@post("/api/v1/hours-entries/{entry_id:uuid}/reject", guards=approves, status_code=204)
async def post_reject(entry_id: FromPath[UUID], data: JSONBody[Why], caller: Who, now: Now) -> None:
    """With a reason; it can be corrected and sent again. Safe to repeat."""
    await reject(caller, entry_id, data.reason, now)


@post("/api/v1/hours-entries/{entry_id:uuid}/again", guards=[signed_in])
async def post_again(
    entry_id: FromPath[UUID], data: JSONBody[Corrected], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """A rejected entry of the caller's, corrected; the first version stays. Of a session's list, minutes and reason count."""
    kept = request_key(caller, key, [entry_id, data], now, "send hours again")
    answer = await send_again.once(kept, caller, entry_id, data.later, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@get("/api/v1/me/hours-entries", guards=[signed_in])
async def get_own_entries(caller: Who) -> list[Entry]:
    """The caller's own and what they entered for others, every version that was sent."""
    return await see_entries(caller)


@post("/api/v1/me/hours-entries", guards=[signed_in])
async def post_own_entry(data: JSONBody[NewEntry], caller: Who, now: Now, key: Key = None) -> Response[Made]:
    """Hours of a past day, pending until somebody else approves. 409 `consent_missing` under 18."""
    answer = await enter_hours.once(request_key(caller, key, data, now, "enter hours"), caller, data.later, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/members/{member_id:uuid}/hours-entries", guards=runs)
async def post_members_entry(
    member_id: FromPath[UUID], data: JSONBody[NewEntry], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Staff enter hours for a member; somebody else approves. 409 `consent_missing` under 18."""
    kept = request_key(caller, key, [member_id, data], now, "enter hours for")
    answer = await enter_hours.once(kept, caller, data.later, now, member_id)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/service-records/{record_id:uuid}/correction", guards=[signed_in])
async def post_record_correction(
    record_id: FromPath[UUID], data: JSONBody[Corrected], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Hours that were entered afterwards, corrected by the member or staff; somebody else approves, every version stays.

    404 for the record of a stay: that is corrected with its attendance.
    """
    kept = request_key(caller, key, [record_id, data], now, "correct record")
    answer = await correct_record.once(kept, caller, record_id, data.later, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


routes: list[Any] = [
    post_record_correction,
    get_day,
    post_day,
    post_correct,
    post_ask,
    post_refuse,
    get_pending,
    get_entry,
    post_approve,
    post_reject,
    post_again,
    get_own_entries,
    post_own_entry,
    post_members_entry,
]
