"""Absences: for the member whom they are about, and for staff who decide."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.hours.no_shows import (
    correct_no_show,
    decide_no_show,
    object_to_no_show,
    see_no_show,
    see_open_no_shows,
    see_own_no_shows,
    tell_in_person,
)
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]


class Objection(msgspec.Struct):
    text: Long = ""


class Decision(msgspec.Struct):
    """`stands`: yes, no, or wrong for one that is corrected without an objection."""

    stands: Short = ""
    reason: Long = ""


@get("/me/no-shows", guards=[signed_in])
async def show_own(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "afterwards/own_no_shows.html", found=await see_own_no_shows(caller, now))


@get("/me/no-shows/{no_show_id:uuid}", guards=[signed_in])
async def show_mine(no_show_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "afterwards/own_no_show.html", seen=await see_no_show(caller, no_show_id, now), text="")


@post("/me/no-shows/{no_show_id:uuid}", guards=[signed_in])
async def send_objection(
    no_show_id: FromPath[UUID], data: URLEncodedBody[Objection], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await object_to_no_show(caller, no_show_id, data.text, now)
    except Refusal as refusal:
        seen = await see_no_show(caller, no_show_id, now)
        return draw(request, "afterwards/own_no_show.html", refusal, seen=seen, text=data.text)
    return go(f"/me/no-shows/{no_show_id}")


@get("/organise/no-shows", guards=runs)
async def show_open(request: Ask, caller: Who, now: Now) -> Response[str]:
    """Objections that wait, and members who could not be told."""
    return draw(request, "afterwards/no_shows.html", found=await see_open_no_shows(caller, now))


@get("/organise/no-shows/{no_show_id:uuid}", guards=runs)
async def show_one(no_show_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "afterwards/no_show.html", seen=await see_no_show(caller, no_show_id, now), reason="")


@post("/organise/no-shows/{no_show_id:uuid}", guards=runs)
async def send_decision(
    no_show_id: FromPath[UUID], data: URLEncodedBody[Decision], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        if data.stands == "wrong":
            await correct_no_show(caller, no_show_id, data.reason, now)
        else:
            await decide_no_show(caller, no_show_id, data.reason, now, stands=data.stands == "yes")
    except Refusal as refusal:
        seen = await see_no_show(caller, no_show_id, now)
        return draw(request, "afterwards/no_show.html", refusal, seen=seen, reason=data.reason)
    return go(f"/organise/no-shows/{no_show_id}")


@post("/organise/no-shows/{no_show_id:uuid}/told", guards=runs)
async def send_told(no_show_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    """Told in person, where the message did not arrive."""
    await tell_in_person(caller, no_show_id, now)
    return go(f"/organise/no-shows/{no_show_id}")


routes: list[Any] = [show_own, show_mine, send_objection, show_open, show_one, send_decision, send_told]
