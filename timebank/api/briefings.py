"""Codes at the end of a briefing, and the briefings that are read before signing up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.activities.briefings import (
    ByBriefing,
    Issued,
    acknowledge_briefing,
    issue_briefing_code,
    open_briefing_code,
    see_briefing_code,
    see_briefings,
    take_briefing_code,
    withdraw_briefing_code,
)
from timebank.people.briefing_codes import BriefingCode, Confirmed
from timebank.people.callers import Right
from timebank.people.skills import Skill
from timebank.web.access import needs, signed_in
from timebank.web.request import Key, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]


class NewCode(msgspec.Struct, forbid_unknown_fields=True):
    """The code confirms for `minutes`, twelve hours at most."""

    skill_id: UUID
    minutes: Annotated[int, Meta(ge=1, le=720)] = 15
    occasion: Annotated[str, Meta(max_length=200)] = ""


class Codes(msgspec.Struct):
    """Skills that the caller may confirm by a code, and the codes that they issued."""

    skills: list[Skill]
    codes: list[BriefingCode]


class Code(msgspec.Struct):
    code: BriefingCode
    confirmed: list[Confirmed]


class Opened(msgspec.Struct):
    """`is_confirmed`: this code has confirmed the caller already."""

    code: BriefingCode
    is_confirmed: bool


class Acknowledged(msgspec.Struct, forbid_unknown_fields=True):
    """The wording that was read, as the session or the refusal `briefing_unread` names it."""

    briefing_id: Annotated[int, Meta(ge=1, lt=2**62)]


@get("/api/v1/briefing-codes", guards=runs)
async def get_codes(caller: Who) -> Codes:
    return Codes(*await see_briefings(caller))


@post("/api/v1/briefing-codes", guards=runs)
async def post_code(data: JSONBody[NewCode], caller: Who, now: Now, key: Key = None) -> Response[Issued]:
    """A code to be shown as a QR: `path` below the public address."""
    kept = request_key(caller, key, data, now, "issue briefing code")
    answer = await issue_briefing_code.once(kept, caller, data.skill_id, data.occasion, data.minutes, now)
    return Response(answer.value, status_code=200 if answer.is_replay else 201)


@get("/api/v1/briefing-codes/{code_id:uuid}", guards=runs)
async def get_code(code_id: FromPath[UUID], caller: Who) -> Code:
    """Whom it confirmed; that stays when it is withdrawn."""
    return Code(*await see_briefing_code(caller, code_id))


@post("/api/v1/briefing-codes/{code_id:uuid}/withdraw", guards=runs, status_code=204)
async def post_withdraw(code_id: FromPath[UUID], caller: Who, now: Now) -> None:
    """Confirms nobody any more. Safe to repeat."""
    await withdraw_briefing_code(caller, code_id, now)


@get("/api/v1/briefing-codes/{code_id:uuid}/{mark:str}", guards=[signed_in])
async def get_opened(code_id: FromPath[UUID], mark: FromPath[str], caller: Who) -> Opened:
    """What the QR opens: who issued it, for what, until when. Confirms nothing."""
    return Opened(*await open_briefing_code(caller, code_id, mark))


@post("/api/v1/briefing-codes/{code_id:uuid}/{mark:str}", guards=[signed_in], status_code=200)
async def post_taken(code_id: FromPath[UUID], mark: FromPath[str], caller: Who, now: Now) -> ByBriefing:
    """The caller was there: the skill is confirmed, once for each code. Safe to repeat."""
    return await take_briefing_code(caller, code_id, mark, now)


@post("/api/v1/activities/{activity_id:uuid}/briefing", guards=[signed_in], status_code=204)
async def post_acknowledged(activity_id: FromPath[UUID], data: JSONBody[Acknowledged], caller: Who, now: Now) -> None:
    """The caller has read it. 404 where it was reworded meanwhile. Safe to repeat."""
    await acknowledge_briefing(caller, activity_id, data.briefing_id, now)


routes: list[Any] = [get_codes, post_code, get_code, post_withdraw, get_opened, post_taken, post_acknowledged]
