"""Briefings: the organiser's code at their end, and what a member sees who scans it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.activities.briefings import (
    acknowledge_briefing,
    issue_briefing_code,
    open_briefing_code,
    see_briefing_code,
    see_briefings,
    take_briefing_code,
    withdraw_briefing_code,
)
from timebank.communities import tree
from timebank.pages import qr
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.me.my_skills import skill_id
from timebank.pages.render import go
from timebank.people import briefing_codes
from timebank.people.callers import Caller, Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Installed, Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]
MINUTES = ("5", "15", "30", "60")


class NewCode(msgspec.Struct):
    skill: Short = ""
    occasion: Short = ""
    minutes: Short = "15"
    key: Short = ""


class Acknowledged(msgspec.Struct):
    briefing: Short = ""
    read: Short = ""


@get("/organise/briefings", guards=runs)
async def show_briefings(request: Ask, caller: Who) -> Response[str]:
    return await briefings_page(request, caller)


@post("/organise/briefings", guards=runs)
async def take_code(data: URLEncodedBody[NewCode], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        minutes = int(data.minutes) if data.minutes.isascii() and data.minutes.isdigit() and len(data.minutes) < 6 else 0
        kept = request_key(caller, data.key, data, now, "issue briefing code")
        made = await issue_briefing_code.once(kept, caller, skill_id(data.skill), data.occasion, minutes, now)
    except Refusal as refusal:
        return await briefings_page(request, caller, refusal, data)
    return go(f"/organise/briefings/{made.value.code_id}")


async def briefings_page(
    request: Ask, caller: Caller, refusal: Refusal | None = None, typed: NewCode | None = None
) -> Response[str]:
    found, codes = await see_briefings(caller)
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(
        request, "briefings/list.html", refusal, skills=found, codes=codes, typed=typed or NewCode(), zone=zone, lengths=MINUTES
    )


@get("/organise/briefings/{code_id:uuid}", guards=runs)
async def show_code(code_id: FromPath[UUID], request: Ask, caller: Who, settings: Installed) -> Response[str]:
    """The QR to be shown, and whom it has confirmed so far."""
    code, people = await see_briefing_code(caller, code_id)
    address = f"{settings.base_url}{briefing_codes.path(code_id)}"
    zone = (await tree.node(code.community_id)).time_zone
    return draw(request, "briefings/code.html", code=code, people=people, picture=qr.svg(address), zone=zone)


@post("/organise/briefings/{code_id:uuid}/withdraw", guards=runs)
async def take_withdrawal(code_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await withdraw_briefing_code(caller, code_id, now)
    return go(f"/organise/briefings/{code_id}")


@get("/briefing/{code_id:uuid}/{mark:str}", guards=[signed_in])
async def show_opened(code_id: FromPath[UUID], mark: FromPath[str], request: Ask, caller: Who) -> Response[str]:
    """What the phone's camera opens. Shows, and confirms nothing."""
    return await opened_page(request, caller, code_id, mark)


@post("/briefing/{code_id:uuid}/{mark:str}", guards=[signed_in])
async def take_opened(code_id: FromPath[UUID], mark: FromPath[str], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        await take_briefing_code(caller, code_id, mark, now)
    except Refusal as refusal:
        return await opened_page(request, caller, code_id, mark, refusal)
    return go(f"/briefing/{code_id}/{mark}")


async def opened_page(request: Ask, caller: Caller, code_id: UUID, mark: str, refusal: Refusal | None = None) -> Response[str]:
    code, is_confirmed = await open_briefing_code(caller, code_id, mark)
    zone = (await tree.of_member(caller.member())).time_zone
    return draw(
        request,
        "briefings/opened.html",
        refusal,
        code=code,
        is_confirmed=is_confirmed,
        address=f"/briefing/{code_id}/{mark}",
        zone=zone,
    )


@post("/activities/{activity_id:uuid}/briefing", guards=[signed_in])
async def take_acknowledgement(
    activity_id: FromPath[UUID], data: URLEncodedBody[Acknowledged], caller: Who, now: Now
) -> Response[Any]:
    """“I have read this.” Back to the activity, where the places are open now; reworded meanwhile, it shows the new words."""
    if data.read and data.briefing.isascii() and data.briefing.isdigit() and len(data.briefing) < 19:
        await acknowledge_briefing(caller, activity_id, int(data.briefing), now)
    return go(f"/activities/{activity_id}#briefing")


routes: list[Any] = [
    show_briefings,
    take_code,
    show_code,
    take_withdrawal,
    show_opened,
    take_opened,
    take_acknowledgement,
]
