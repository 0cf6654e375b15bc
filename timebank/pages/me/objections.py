"""Something in one's own record is wrong: said here, answered by somebody else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import NotFound, Refusal
from timebank.actions.hours.object_to_record import object_to_record
from timebank.hours import summaries
from timebank.hours.summaries import Record
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Caller
from timebank.web.access import signed_in
from timebank.web.request import Now, Who, request_key


class Typed(msgspec.Struct):
    words: Long = ""
    key: Short = ""


@get("/me/hours/{record_id:uuid}/objection", guards=[signed_in])
async def show_form(record_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return draw(request, "record/object.html", record=await _own(caller, record_id), typed="")


@post("/me/hours/{record_id:uuid}/objection", guards=[signed_in])
async def take_objection(
    record_id: FromPath[UUID], data: URLEncodedBody[Typed], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        kept = request_key(caller, data.key, [record_id, data], now, "object to record")
        await object_to_record.once(kept, caller, record_id, data.words, now)
    except NotFound:
        raise
    except Refusal as refusal:
        return draw(request, "record/object.html", refusal, record=await _own(caller, record_id), typed=data.words)
    return go("/me/hours#objections")


async def _own(caller: Caller, record_id: UUID) -> Record:
    """Raises NotFound for another's as for one that was corrected meanwhile."""
    found = await summaries.one(caller.member(), record_id)
    if found is None:
        raise NotFound(what="service_record")
    return found


routes: list[Any] = [show_form, take_objection]
