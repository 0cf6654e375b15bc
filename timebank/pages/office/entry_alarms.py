"""Alarms on entries in the office: the list, and one with its rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, URLEncodedBody

from schedules.errors import Refusal
from timebank.actions.hours.entry_alarms import note_alarm, see_alarm, see_alarms
from timebank.pages.forms import Ask, Long, Short, draw
from timebank.pages.render import go
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Now, Who, request_key

reads = [needs(Right.READ_LEDGER)]


class Looked(msgspec.Struct):
    note: Long = ""
    key: Short = ""


@get("/office/entries", guards=reads)
async def show_alarms(request: Ask, caller: Who) -> Response[str]:
    """Open ones first."""
    return draw(request, "afterwards/alarms.html", found=await see_alarms(caller))


@get("/office/entries/{alarm_id:uuid}", guards=reads)
async def show_alarm(alarm_id: FromPath[UUID], request: Ask, caller: Who) -> Response[str]:
    return draw(request, "afterwards/alarm.html", seen=await see_alarm(caller, alarm_id), note="")


@post("/office/entries/{alarm_id:uuid}", guards=reads)
async def send_note(
    alarm_id: FromPath[UUID], data: URLEncodedBody[Looked], request: Ask, caller: Who, now: Now
) -> Response[Any]:
    try:
        kept = request_key(caller, data.key, [alarm_id, data.note], now, "note alarm")
        await note_alarm.once(kept, caller, alarm_id, data.note, now)
    except Refusal as refusal:
        seen = await see_alarm(caller, alarm_id)
        return draw(request, "afterwards/alarm.html", refusal, seen=seen, note=data.note)
    return go(f"/office/entries/{alarm_id}")


routes: list[Any] = [show_alarms, show_alarm, send_note]
