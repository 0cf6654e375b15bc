"""Donating points to the neighbourhood: how many, a look before it is done, because nobody takes it back by themselves."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.points.donate import Donating, donate, preview_donation, see_donating
from timebank.pages.forms import Ask, Short, draw, units
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key


class Typed(msgspec.Struct):
    points: Short = ""
    key: Short = ""
    again: Short = ""


@get("/me/donations", guards=[signed_in])
async def new_donation(request: Ask, caller: Who, now: Now, done: FromQuery[str] = "") -> Response[str]:
    return await _form(request, caller, now, Typed(), done=done)


async def _form(
    request: Ask, caller: Caller, now: Now, typed: Typed, refusal: Refusal | None = None, done: str = ""
) -> Response[str]:
    return draw(request, "gifts/donate.html", refusal, seen=await see_donating(caller, now), typed=typed, done=done)


@post("/me/donations/check", guards=[signed_in])
async def check_donation(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[str]:
    try:
        wanted = Donating(units("points", data.points))
        seen = await preview_donation(caller, wanted, now)
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    return draw(request, "gifts/donate_check.html", seen=seen, wanted=wanted, typed=data)


@post("/me/donations", guards=[signed_in])
async def take_donation(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    if data.again:
        return await _form(request, caller, now, data)
    try:
        wanted = Donating(units("points", data.points))
        await donate.once(request_key(caller, data.key, wanted, now, "donate"), caller, wanted, now)
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    return go("/me/donations?done=1")


routes: list[Any] = [new_donation, check_donation, take_donation]
