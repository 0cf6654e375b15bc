"""A member objects to a record; whoever runs activities where they live answers, with the record corrected or with why not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import NotFound
from schedules.no_shows import SayWhy
from timebank.actions.action import action
from timebank.communities import tree
from timebank.hours import objections
from timebank.hours.entries import OwnHours
from timebank.hours.objections import NotCorrected, Objection, ObjectionAnswered, Outcome
from timebank.outbox import messages
from timebank.outbox.messages import Message
from timebank.people import audit, households
from timebank.people.callers import Caller, Right


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of it: the record was corrected, or stands; and why, for the member."""

    outcome: Outcome
    words: Annotated[str, Meta(max_length=2000)]


@action
async def object_to_record(caller: Caller, record_id: UUID, words: str, now: datetime) -> UUID:
    """Something in one's own record is wrong (rules-11). It is answered within ten working days.

    Raises SignInNeeded, NotFound (another's too), SayWhy, ObjectionOpen.
    """
    if not words.strip():
        raise SayWhy(field="words")
    made = await objections.file(record_id, caller.member(), words.strip(), now)
    await audit.write(caller.id, "record.objected", f"member:{caller.member()}", now, record=record_id)
    return made


async def see_own_objections(caller: Caller) -> list[Objection]:
    """Raises SignInNeeded."""
    return await objections.of_member(caller.member())


async def see_objections(caller: Caller, now: datetime) -> list[tuple[Objection, bool]]:
    """What waits for an answer within the caller's reach, each with whether it is late. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    found = await objections.waiting(caller.nodes(Right.RUN_ACTIVITIES))
    return [(each, is_late(each.answer_by, each.time_zone, now)) for each in found]


def is_late(due_on: date, zone: str, now: datetime) -> bool:
    """Whether the local day is over."""
    return walltimes.day_of(now, zone) > due_on


@action
async def answer_objection(caller: Caller, objection_id: UUID, reply: Reply, now: datetime) -> None:
    """By staff whom it is not about; "corrected" once the record has its further version. The member is told.

    Raises SignInNeeded, NotFound, OwnHours for who is concerned, entered or approved it, SayWhy, NotCorrected,
    ObjectionAnswered. Locks the objection.
    """
    found = await objections.find(objection_id, locks=True)
    if not caller.may(Right.RUN_ACTIVITIES, await tree.ancestors(found.community_id)):
        raise NotFound(what="record_objection")
    involved = [each for each in (found.member_id, found.entered_by, found.approved_by) if each]
    if caller.member() in involved or await households.share(caller.member(), [found.member_id]):
        raise OwnHours()
    if found.outcome:
        raise ObjectionAnswered(outcome=found.outcome)
    if not reply.words.strip():
        raise SayWhy(field="words")
    if reply.outcome == "corrected" and not found.is_corrected:
        raise NotCorrected()
    await objections.answer(objection_id, reply.outcome, reply.words.strip(), caller.member(), now)
    about = f"member:{found.member_id}"
    await audit.write(caller.id, "record.objection_answered", about, now, on_behalf_of=found.member_id, outcome=reply.outcome)
    await _tell(found, reply, now)


async def _tell(found: Objection, reply: Reply, now: datetime) -> None:
    facts = {
        "title": found.activity_name,
        "served_on": found.served_on,
        "reason": reply.words.strip(),
        "time_zone": found.time_zone,
    }
    kind = f"objection_{reply.outcome}"
    told = Message(key=f"objection:{found.id}", person_id=found.member_id, kind=kind, facts=facts, path="/me/hours")
    await messages.promise([told], now)
