"""Neighbours in need, for staff with that right: whom the pool pays for, a proposal, and the second person's yes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from schedules import walltimes
from schedules.errors import NotFound, Refusal
from timebank.actions.points.see_support import see_pools_in_reach, see_support, see_supports
from timebank.actions.points.support import (
    AgreementMissing,
    Kept,
    NobodyHere,
    Proposal,
    WrongSpan,
    approve_support,
    drop_support,
    end_support,
    preview_support,
    propose_support,
)
from timebank.communities import tree
from timebank.pages.forms import Ask, Long, Short, draw, member_number, units
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.points.supports import Agreed
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

staff = [needs(Right.SUPPORT)]
USUAL = timedelta(days=182)


class Typed(msgspec.Struct):
    number: Short = ""
    month_units: Short = ""
    from_on: Short = ""
    until_on: Short = ""
    reason: Long = ""
    agreed: Short = ""
    key: Short = ""
    again: Short = ""


@get("/office/support", guards=staff)
async def list_supports(request: Ask, caller: Who, now: Now) -> Response[str]:
    return draw(request, "supports/list.html", lines=await see_supports(caller, now))


@get("/office/support/new", guards=staff)
async def new_support(request: Ask, caller: Who, now: Now, number: FromQuery[str] = "") -> Response[str]:
    today = walltimes.day_of(now, (await tree.of_member(caller.member())).time_zone)
    typed = Typed(number=number[:20], from_on=str(today), until_on=str(today + USUAL))
    return await _draw_new(request, caller, typed)


async def _draw_new(request: Ask, caller: Caller, typed: Typed, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "supports/new.html", refusal, typed=typed, pools=await see_pools_in_reach(caller))


@post("/office/support/check", guards=staff)
async def check_proposal(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _look(request, caller, data, now)


async def _look(request: Ask, caller: Caller, typed: Typed, now: Now) -> Response[str]:
    """Whom it is for, by name, and all that was typed, with a key for the yes; nothing is done."""
    try:
        planned = await preview_support(caller, _proposal(typed), now)
    except Refusal as refusal:
        return await _draw_new(request, caller, typed, refusal)
    return draw(request, "supports/check.html", planned=planned, typed=typed)


@get("/office/support/check", guards=staff)
async def no_proposal() -> Response[Any]:
    """Where the language switch leads from there."""
    return go("/office/support/new")


@post("/office/support", guards=staff)
async def take_proposal(data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """The yes to what the look has shown: its key comes from there alone, and without one there is a look first."""
    if data.again:
        return await _draw_new(request, caller, data)
    if not data.key:
        return await _look(request, caller, data, now)
    try:
        proposal = _proposal(data)
        key = request_key(caller, data.key, proposal, now, "propose support")
        kept = (await propose_support.once(key, caller, proposal, now)).value
    except Refusal as refusal:
        return await _draw_new(request, caller, data, refusal)
    return go(f"/office/support/{kept.support_id}")


def _proposal(typed: Typed) -> Proposal:
    number = member_number(typed.number)
    if number is None:
        raise NobodyHere(field="number", reason="not a number")
    agreed, month_units = _agreed(typed.agreed), units("month_units", typed.month_units)
    from_on, until_on = _day("from_on", typed.from_on), _day("until_on", typed.until_on)
    return Proposal(number, month_units, from_on, until_on, typed.reason[:500], agreed)


def _day(field: str, text: str) -> date:
    try:
        return walltimes.of_our_days(date.fromisoformat(text.strip()), field)
    except ValueError as error:
        raise WrongSpan(field=field, reason="not a day") from error


def _agreed(text: str) -> Agreed:
    for each in get_args(Agreed):
        if each == text:
            found: Agreed = each
            return found
    raise AgreementMissing(field="agreed", reason="not one of the choices")


@get("/office/support/{support_id:uuid}", guards=staff)
async def show_support(support_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _one(request, caller, support_id, now)


async def _one(request: Ask, caller: Caller, support_id: UUID, now: Now, refusal: Refusal | None = None) -> Response[str]:
    return draw(request, "supports/one.html", refusal, seen=await see_support(caller, support_id, now))


Verb = Callable[[Caller, UUID, datetime], Awaitable[Kept]]


async def _done(verb: Verb, request: Ask, caller: Caller, support_id: UUID, now: Now) -> Response[Any]:
    """Back to the support, with the refusal where there is one; NotFound is a page of its own."""
    try:
        await verb(caller, support_id, now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _one(request, caller, support_id, now, refusal)
    return go(f"/office/support/{support_id}")


@post("/office/support/{support_id:uuid}/approve", guards=staff)
async def take_approval(support_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _done(approve_support, request, caller, support_id, now)


@post("/office/support/{support_id:uuid}/drop", guards=staff)
async def take_drop(support_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _done(drop_support, request, caller, support_id, now)


@post("/office/support/{support_id:uuid}/end", guards=staff)
async def take_end(support_id: FromPath[UUID], request: Ask, caller: Who, now: Now) -> Response[Any]:
    return await _done(end_support, request, caller, support_id, now)


routes: list[Any] = [
    list_supports,
    new_support,
    check_proposal,
    no_proposal,
    take_proposal,
    show_support,
    take_approval,
    take_drop,
    take_end,
]
