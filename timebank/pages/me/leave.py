"""Leaving the time bank: what becomes of everything, a choice, a last look, and goodbye."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.leaving.leave import HeirNotAllowed, Wish, foresee, leave
from timebank.actions.points.relatives import see_relatives
from timebank.pages.forms import Ask, Short, draw, member_number
from timebank.people.callers import NOBODY, Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key


class Typed(msgspec.Struct):
    heir_number: Short = ""
    erases: Short = ""
    key: Short = ""
    again: Short = ""

    def wish(self) -> Wish:
        """Raises HeirNotAllowed for what is no number."""
        number = member_number(self.heir_number)
        if number is None and self.heir_number.strip():
            raise HeirNotAllowed(field="heir_number", reason="not a number")
        return Wish(heir_number=number, erases=bool(self.erases))


@get("/me/leave", guards=[signed_in])
async def begin(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _form(request, caller, now, Typed())


async def _form(request: Ask, caller: Caller, now: Now, typed: Typed, refusal: Refusal | None = None) -> Response[str]:
    known = [each for each in await see_relatives(caller) if each.bond in ("household", "named")]
    seen = await foresee(caller, Wish(), now)
    return draw(request, "leaving/leave.html", refusal, seen=seen, relatives=known, typed=typed)


@post("/me/leave/check", guards=[signed_in], status_code=200)
async def check(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[str]:
    try:
        seen = await foresee(caller, data.wish(), now)
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    return draw(request, "leaving/check.html", seen=seen, typed=data)


@post("/me/leave", guards=[signed_in], status_code=200)
async def go_away(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The answer is the goodbye itself: nobody is signed in any more who could be led to a page."""
    if data.again:
        return await _form(request, caller, now, data)
    try:
        wish = data.wish()
        await leave(caller, wish, now, request_key(caller, data.key, wish, now, "leave"))
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    request.scope["user"] = NOBODY
    return draw(request, "leaving/goodbye.html", erases=wish.erases)


routes: list[Any] = [begin, check, go_away]
