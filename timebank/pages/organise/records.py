"""Hours that no stay stands behind: entered by staff for a member, and corrected once they are on record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.hours.enter_hours import NobodyHasNumber, correct_record, enter_hours_for, see_record
from timebank.hours.entries import Later
from timebank.pages.forms import Ask, Short, draw
from timebank.pages.organise.hours import Typed
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web.access import needs, signed_in
from timebank.web.request import Now, Who, request_key

runs = [needs(Right.RUN_ACTIVITIES)]


class TypedFor(Typed):
    """With whose they are: the number on the card."""

    number: Short = ""


@get("/organise/hours/new", guards=runs)
async def show_new_for(request: Ask, caller: Who) -> Response[str]:
    return draw(request, "afterwards/entry.html", typed=TypedFor(), before=None, record=None)


@post("/organise/hours/new", guards=runs)
async def send_new_for(data: URLEncodedBody[TypedFor], request: Ask, caller: Who, now: Now) -> Response[Any]:
    """For a member who cannot do it alone; somebody else approves."""
    try:
        kept = request_key(caller, data.key, data, now, "enter hours for")
        await enter_hours_for.once(kept, caller, _number(data.number), data.later, now)
    except Refusal as refusal:
        return draw(request, "afterwards/entry.html", refusal, typed=data, before=None, record=None)
    return go("/me/hours/entries")


@get("/me/hours/records/{record_id:uuid}", guards=[signed_in])
async def show_record(record_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    """For the member and for staff: what stands in the record, to be corrected."""
    record = await see_record(caller, record_id)
    typed = Typed(**{name: str(getattr(record, name)) for name in Later.__struct_fields__ if name != "reason"})
    return draw(request, "afterwards/entry.html", typed=typed, before=None, record=record)


@post("/me/hours/records/{record_id:uuid}", guards=[signed_in])
async def send_record(
    record_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    record = await see_record(caller, record_id)
    try:
        kept = request_key(caller, data.key, [record_id, data], now, "correct record")
        await correct_record.once(kept, caller, record_id, data.later, now)
    except Refusal as refusal:
        return draw(request, "afterwards/entry.html", refusal, typed=data, before=None, record=record)
    return go("/me/hours/entries")


def _number(text: str) -> int:
    cut = text.strip()
    if not cut.isascii() or not cut.isdigit() or len(cut) > 9:
        raise NobodyHasNumber(field="number", number=0)
    return int(cut)


routes: list[Any] = [show_new_for, send_new_for, show_record, send_record]
