"""Training, honours and evaluation come onto a member's record, by whoever runs activities where they live (rules.md 3)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import NotFound
from schedules.no_shows import SayWhy
from timebank.actions.action import action
from timebank.communities import tree
from timebank.communities.tree import Node
from timebank.hours import record_notes
from timebank.hours.entries import DayNotPossible, OwnHours
from timebank.hours.record_notes import Evaluation, Honour, NewNote, Note, Training
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, households, members
from timebank.people.callers import Caller, Right
from timebank.people.members import Member

OLDEST = 1900
PATH = "/me/hours"


async def see_notes(caller: Caller, member_id: UUID) -> list[Note]:
    """One's own, or those of a member whose activities the caller runs; to others the member does not exist.

    Raises SignInNeeded, NotFound.
    """
    if caller.member() != member_id:
        await _reach(caller, member_id)
    return await record_notes.of_member(member_id)


async def see_noted(caller: Caller, member_id: UUID) -> Member:
    """Whose record it is, for whoever may write on it. Raises SignInNeeded, NotFound."""
    await _reach(caller, member_id)
    return await members.one(member_id)


async def _reach(caller: Caller, member_id: UUID) -> Node:
    node = await tree.of_member(member_id)
    if not caller.may(Right.RUN_ACTIVITIES, node.ancestor_ids):
        raise NotFound(what="member")
    return node


@action
async def note_record(caller: Caller, member_id: UUID, note: NewNote, now: datetime) -> UUID:
    """Stands on the record from now on; the member is told. No minute of service changes.

    Raises SignInNeeded, NotFound (member, or another's record), OwnHours for one's own or one's household's, SayWhy,
    DayNotPossible.
    """
    node = await _reach(caller, member_id)
    await _refuse_own(caller, member_id)
    checked = _checked(note, walltimes.day_of(now, node.time_zone))
    if isinstance(checked, Evaluation) and not await record_notes.is_of(checked.record_id, member_id):
        raise NotFound(what="service_record")
    made = await record_notes.enter(member_id, checked, caller.member(), now)
    kept = await record_notes.one(made)
    await audit.write(caller.id, "record.noted", f"member:{member_id}", now, on_behalf_of=member_id, kind=kept.kind)
    facts = {"name": kept.name, "given_by": kept.given_by}
    told = Message(key=f"record_note:{made}", person_id=member_id, kind=f"noted_{kept.kind}", facts=facts, path=PATH)
    await messages.promise([told], now)
    return made


@action
async def take_back_note(caller: Caller, note_id: UUID, reason: str, now: datetime) -> None:
    """It stays readable as taken back, with why; the member is told. Safe to repeat. Raises SignInNeeded, NotFound, OwnHours,
    SayWhy.
    """
    note = await record_notes.one(note_id)
    await _reach(caller, note.member_id)
    await _refuse_own(caller, note.member_id)
    if not reason.strip():
        raise SayWhy(field="reason")
    if await record_notes.take_back(note_id, reason.strip(), caller.member(), now):
        about = f"member:{note.member_id}"
        await audit.write(caller.id, "record.note_ended", about, now, on_behalf_of=note.member_id, kind=note.kind)
        facts = {"name": note.name, "reason": reason.strip()}
        key = f"record_note:{note_id}:end"
        told = Message(key=key, person_id=note.member_id, kind="note_taken_back", facts=facts, path=PATH)
        await messages.promise([told], now)


async def _refuse_own(caller: Caller, member_id: UUID) -> None:
    if caller.member() == member_id or await households.share(caller.member(), [member_id]):
        raise OwnHours()


def _checked(note: NewNote, today: date) -> NewNote:
    """With blanks cut off. Raises SayWhy for an empty field, DayNotPossible for a day to come."""
    text = {name: value.strip() for name, value in msgspec.structs.asdict(note).items() if isinstance(value, str)}
    for field, value in text.items():
        if not value:
            raise SayWhy(field=field)
    field = {Training: "trained_on", Honour: "honoured_on", Evaluation: "evaluated_on"}[type(note)]
    day: date = getattr(note, field)
    if day.year < OLDEST or day > today:
        raise DayNotPossible(field=field)
    return msgspec.structs.replace(note, **text)
