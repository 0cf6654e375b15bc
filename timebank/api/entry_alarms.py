"""Alarms on entries: many hours on a person's day, many entries of one enterer, entries typed too fast."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from timebank.actions.hours.entry_alarms import SeenAlarm, note_alarm, see_alarm, see_alarms
from timebank.hours.alarms import Alarm
from timebank.people.callers import Right
from timebank.web.access import needs
from timebank.web.request import Key, Now, Who, request_key

reads = [needs(Right.READ_LEDGER)]


class Looked(msgspec.Struct, forbid_unknown_fields=True):
    note: Annotated[str, Meta(min_length=1, max_length=500)]


@get("/api/v1/entry-alarms", guards=reads)
async def get_alarms(caller: Who) -> list[Alarm]:
    """Within the caller's reach, open ones first. `kind` person_day counts minutes, the others entries."""
    return await see_alarms(caller)


@get("/api/v1/entry-alarms/{alarm_id:uuid}", guards=reads)
async def get_alarm(alarm_id: FromPath[UUID], caller: Who) -> SeenAlarm:
    """With the entries that it is about and the notes of those who looked."""
    return await see_alarm(caller, alarm_id)


@post("/api/v1/entry-alarms/{alarm_id:uuid}/notes", guards=reads, status_code=200)
async def post_note(alarm_id: FromPath[UUID], data: JSONBody[Looked], caller: Who, now: Now, key: Key = None) -> SeenAlarm:
    """What somebody found who looked. It changes neither hours nor points. Not by those whom it is about."""
    kept = request_key(caller, key, [alarm_id, data], now, "note alarm")
    return (await note_alarm.once(kept, caller, alarm_id, data.note, now)).value


routes: list[Any] = [get_alarms, get_alarm, post_note]
