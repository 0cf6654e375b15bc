"""Giving points: to whom and how many, a look before it is done, and the answer of the one who is to have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.points.gifts import (
    Planned,
    Wish,
    accept_gift,
    decline_gift,
    give,
    preview_gift,
    see_gifts,
    see_giving,
    withdraw_gift,
)
from timebank.actions.points.relatives import Naming, confirm_relative, end_relative, name_relative
from timebank.actions.points.terms import RecipientNotAllowed
from timebank.pages.forms import Ask, Short, draw, units
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key

NUMBER = re.compile(r"[0-9]{1,15}")


class Typed(msgspec.Struct):
    """`to` is the number of a relative in the list; where it is empty, `to_number` was typed."""

    to: Short = ""
    to_number: Short = ""
    points: Short = ""
    word: Short = ""
    key: Short = ""
    again: Short = ""


class TypedNumber(msgspec.Struct):
    number: Short = ""
    key: Short = ""


@get("/me/gifts", guards=[signed_in])
async def list_gifts(request: Ask, caller: Who, now: Now, done: FromQuery[str] = "") -> Response[str]:
    return await gifts_page(request, caller, now, done=done)


async def gifts_page(request: Ask, caller: Caller, now: Now, refusal: Refusal | None = None, done: str = "") -> Response[str]:
    seen, giving = await see_gifts(caller), await see_giving(caller, now)
    return draw(request, "gifts/list.html", refusal, gifts=seen, giving=giving, done=done)


@get("/me/gifts/new", guards=[signed_in])
async def new_gift(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _form(request, caller, now, Typed())


async def _form(request: Ask, caller: Caller, now: Now, typed: Typed, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "gifts/new.html", refusal, giving=await see_giving(caller, now), typed=typed)


@post("/me/gifts/check", guards=[signed_in])
async def check_gift(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[str]:
    """The question "is this right?", or the form with what is wrong; nothing is done."""
    try:
        planned = await preview_gift(caller, _wish(data), now)
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    if data.again:
        return await _form(request, caller, now, data)
    return await _question(request, caller, now, planned, data)


async def _question(request: Ask, caller: Caller, now: Now, planned: Planned, data: Typed) -> Response[str]:
    return draw(request, "gifts/check.html", planned=planned, giving=await see_giving(caller, now), typed=data)


@post("/me/gifts", guards=[signed_in])
async def take_gift(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    if data.again:
        return await _form(request, caller, now, data)
    try:
        wish = _wish(data)
        await give.once(request_key(caller, data.key, wish, now, "give"), caller, wish, now)
    except Refusal as refusal:
        return await _form(request, caller, now, data, refusal)
    return go("/me/gifts?done=given")


def _wish(data: Typed) -> Wish:
    """What was typed. Raises RecipientNotAllowed, NotAnAmount."""
    to = _number(data.to or data.to_number, "to_number")
    return Wish(to_number=to, units=units("points", data.points), word=data.word.strip())


def _number(text: str, field: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip().removeprefix("#")
    if not NUMBER.fullmatch(plain) or not int(plain):
        raise RecipientNotAllowed(gifts="anyone", field=field)
    return int(plain)


@post("/me/gifts/{gift_id:uuid}/accept", guards=[signed_in])
async def take_acceptance(gift_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _end(accept_gift(caller, gift_id, now), request, caller, now, "accepted")


@post("/me/gifts/{gift_id:uuid}/decline", guards=[signed_in])
async def take_refusal(gift_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _end(decline_gift(caller, gift_id, now), request, caller, now, "declined")


@post("/me/gifts/{gift_id:uuid}/withdraw", guards=[signed_in])
async def take_withdrawal(gift_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _end(withdraw_gift(caller, gift_id, now), request, caller, now, "withdrawn")


async def _end(ending: Awaitable[object], request: Ask, caller: Caller, now: datetime, done: str) -> Response[Any]:
    """The list with what was done, or with why not."""
    try:
        await ending
    except Refusal as refusal:
        return await gifts_page(request, caller, now, refusal)
    return go(f"/me/gifts?done={done}")


@get("/me/gifts/relatives", guards=[signed_in])
async def relatives(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _relatives(request, caller, now)


async def _relatives(request: Ask, caller: Caller, now: Now, refusal: Refusal | None = None, typed: str = "") -> Response[str]:
    return draw(request, "gifts/relatives.html", refusal, giving=await see_giving(caller, now), typed=typed)


@post("/me/gifts/relatives", guards=[signed_in])
async def take_relative(data: URLEncodedBody[TypedNumber], request: Ask, caller: Who, now: Now) -> Response[Any]:
    try:
        naming = Naming(_number(data.number, "number"))
        await name_relative(caller, naming, request_key(caller, data.key, naming, now, "name relative"), now)
    except Refusal as refusal:
        return await _relatives(request, caller, now, refusal, data.number)
    return go("/me/gifts/relatives")


@post("/me/gifts/relatives/{bond_id:uuid}/confirm", guards=[signed_in])
async def take_confirmation(bond_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await confirm_relative(caller, bond_id, now)
    return go("/me/gifts/relatives")


@post("/me/gifts/relatives/{bond_id:uuid}/end", guards=[signed_in])
async def take_end(bond_id: FromPath[UUID], caller: Who, now: Now) -> Response[Any]:
    await end_relative(caller, bond_id, now)
    return go("/me/gifts/relatives")


routes: list[Any] = [
    list_gifts,
    new_gift,
    check_gift,
    take_gift,
    take_acceptance,
    take_refusal,
    take_withdrawal,
    relatives,
    take_relative,
    take_confirmation,
    take_end,
]
