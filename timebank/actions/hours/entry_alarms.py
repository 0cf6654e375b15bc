"""Entries that are many or fast, for coordinators and auditors: they look, and write down what they found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from schedules.no_shows import SayWhy
from timebank.actions.action import action
from timebank.communities import tree
from timebank.hours import alarms, entries
from timebank.hours.alarms import Alarm, Note, OwnAlarm
from timebank.hours.entries import Entry
from timebank.people import audit, households
from timebank.people.callers import Caller, Right


class SeenAlarm(msgspec.Struct, frozen=True):
    """An alarm with its rows and what was said about it; `may_note` is the reader's. `time_zone` is its community's."""

    alarm: Alarm
    entries: list[Entry]
    notes: list[Note]
    may_note: bool
    time_zone: str


@action
async def see_alarms(caller: Caller) -> list[Alarm]:
    """Within reach, open ones first. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.READ_LEDGER)
    return await alarms.within(caller.nodes(Right.READ_LEDGER))


@action
async def see_alarm(caller: Caller, alarm_id: UUID) -> SeenAlarm:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    return await _seen(caller, alarm_id)


@action
async def note_alarm(caller: Caller, alarm_id: UUID, note: str, now: datetime) -> SeenAlarm:
    """The caller has looked at it. Points, hours and rights stay as they are: what follows is for people to decide.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed; OwnAlarm where it is about the caller, their household, their entries.
    """
    seen = await _seen(caller, alarm_id)
    if not note.strip():
        raise SayWhy(field="note")
    if not seen.may_note:
        raise OwnAlarm()
    await alarms.note(alarm_id, caller.member(), note.strip(), now)
    await audit.write(caller.id, "entry_alarm.noted", f"entry_alarm:{alarm_id}", now, on_behalf_of=seen.alarm.about_id)
    return await _seen(caller, alarm_id)


async def _seen(caller: Caller, alarm_id: UUID) -> SeenAlarm:
    caller.require(Right.READ_LEDGER)
    alarm = await alarms.find(alarm_id, caller.nodes(Right.READ_LEDGER))
    rows = await entries.of_alarm(alarm_id)
    near = [alarm.about_id, *(row.entered_by for row in rows), *(row.member_id for row in rows)]
    may_note = caller.member() not in near and not await households.share(caller.member(), [alarm.about_id])
    zone = (await tree.node(alarm.community_id)).time_zone
    return SeenAlarm(alarm, rows, await alarms.notes(alarm_id), may_note, zone)
