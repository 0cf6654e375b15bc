"""What stands on a record beside the hours; objections; and by when service has to be on record."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.hours.note_record import note_record, see_notes, take_back_note
from timebank.actions.hours.object_to_record import (
    Reply,
    answer_objection,
    object_to_record,
    see_objections,
    see_own_objections,
)
from timebank.actions.hours.see_due import keep_calendar, see_calendar, see_due
from timebank.hours.objections import Objection
from timebank.hours.record_notes import NewNote, Note
from timebank.hours.working_days import Day, Unrecorded
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.answers import Made
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
Said = Annotated[str, Meta(max_length=2000)]


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=500)]


class Objecting(msgspec.Struct, forbid_unknown_fields=True):
    """What is wrong, in the member's words."""

    words: Said


class Calendar(msgspec.Struct, forbid_unknown_fields=True):
    """All days of a year that are not what their weekday says."""

    days: Annotated[list[Day], Meta(max_length=400)]


@get("/api/v1/members/{member_id:uuid}/record-notes", guards=[signed_in])
async def get_notes(member_id: FromPath[UUID], caller: Who) -> list[Note]:
    """Training, honours, evaluations, the last first, with what was taken back. One's own, or for who runs activities there."""
    return await see_notes(caller, member_id)


@post("/api/v1/members/{member_id:uuid}/record-notes", guards=runs)
async def post_note(
    member_id: FromPath[UUID], data: JSONBody[NewNote], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """By who runs activities where the member lives, not for oneself or one's household. `kind` tells the three apart."""
    kept = request_key(caller, key, [member_id, data], now, "note record")
    answer = await note_record.once(kept, caller, member_id, data, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@post("/api/v1/record-notes/{note_id:uuid}/take-back", guards=runs, status_code=204)
async def post_note_end(note_id: FromPath[UUID], data: JSONBody[Reason], caller: Who, now: Now) -> None:
    """It stays readable as taken back. Safe to repeat: the first reason stands."""
    await take_back_note(caller, note_id, data.reason, now)


@get("/api/v1/me/objections", guards=[signed_in])
async def get_own_objections(caller: Who) -> list[Objection]:
    """One's own objections to records, with what was answered."""
    return await see_own_objections(caller)


@post("/api/v1/me/records/{record_id:uuid}/objection", guards=[signed_in])
async def post_objection(
    record_id: FromPath[UUID], data: JSONBody[Objecting], caller: Who, now: Now, key: Key = None
) -> Response[Made]:
    """Says that a record of one's own is wrong. 404 for another's; 409 `objection_open`."""
    kept = request_key(caller, key, [record_id, data], now, "object to record")
    answer = await object_to_record.once(kept, caller, record_id, data.words, now)
    return Response(Made(answer.value), status_code=200 if answer.is_replay else 201)


@get("/api/v1/objections", guards=runs)
async def get_objections(caller: Who, now: Now) -> list[Objection]:
    """What waits for an answer within the caller's reach, the first due first."""
    return [each for each, _late in await see_objections(caller, now)]


@post("/api/v1/objections/{objection_id:uuid}/answer", guards=runs, status_code=204)
async def post_answer(objection_id: FromPath[UUID], data: JSONBody[Reply], caller: Who, now: Now) -> None:
    """Once. 409 `own_hours`, `objection_answered`, and `not_corrected` where the record has no later version."""
    await answer_objection(caller, objection_id, data, now)


@get("/api/v1/hours/due", guards=runs)
async def get_due(caller: Who, now: Now) -> list[Unrecorded]:
    """Sessions with stays that are not on record, the first due first: ten working days after their end."""
    return await see_due(caller, now)


@get("/api/v1/working-days/{year:int}", guards=[signed_in])
async def get_calendar(year: FromPath[int]) -> list[Day]:
    """Days that are not what their weekday says; none: the year counts Monday to Friday and is provisional."""
    return await see_calendar(year)


@put("/api/v1/working-days/{year:int}", guards=[needs(Right.SET_RULES)], status_code=204)
async def put_calendar(year: FromPath[int], data: JSONBody[Calendar], caller: Who, now: Now) -> None:
    """The whole year at once, by the coordinator of a whole tree. Safe to repeat."""
    await keep_calendar(caller, year, data.days, now)


routes: list[Any] = [
    get_notes,
    post_note,
    post_note_end,
    get_own_objections,
    post_objection,
    get_objections,
    post_answer,
    get_due,
    get_calendar,
    put_calendar,
]
