"""Objections to records that wait for an answer, and service that waits to be recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules import walltimes
from schedules.errors import Malformed, Refusal
from timebank.actions.hours.object_to_record import Reply, answer_objection, see_objections
from timebank.actions.hours.see_due import see_due
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller, Right
from timebank.web.access import needs
from timebank.web.request import Now, Who

runs = [needs(Right.RUN_ACTIVITIES)]
SOON = timedelta(days=5)
"""Three working days and a weekend."""


class Typed(msgspec.Struct):
    outcome: Short = ""
    words: Long = ""


@get("/organise/objections", guards=runs)
async def show_objections(request: Ask, caller: Who, now: Now) -> Response[str]:
    return await _page(request, caller, now)


@post("/organise/objections/{objection_id:uuid}", guards=runs)
async def take_answer(
    objection_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        await answer_objection(caller, objection_id, _reply(data), now)
    except Refusal as refusal:
        return await _page(request, caller, now, refusal, objection_id, data)
    return go("/organise/objections")


def _reply(data: Typed) -> Reply:
    if data.outcome not in ("corrected", "stands"):
        raise Malformed(field="outcome", reason="not one of the choices")
    return msgspec.convert(msgspec.structs.asdict(data), Reply)


async def _page(
    request: Ask,
    caller: Caller,
    now: Now,
    refusal: Refusal | None = None,
    about: UUID | None = None,
    typed: Typed | None = None,
) -> Response[str]:
    found = await see_objections(caller, now)
    return draw(request, "record/objections.html", refusal, found=found, about=about, typed=typed or Typed())


@get("/organise/due", guards=runs)
async def show_due(request: Ask, caller: Who, now: Now) -> Response[str]:
    """Late, due soon, or with time left; each with who has to act (Order 67 art. 11)."""
    lines = []
    for each in await see_due(caller, now):
        today = walltimes.day_of(now, each.time_zone)
        lines.append((each, "late" if each.due_on < today else "soon" if each.due_on - today <= SOON else "time"))
    return draw(request, "record/due.html", lines=lines)


routes: list[Any] = [show_objections, take_answer, show_due]
