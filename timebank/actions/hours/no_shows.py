"""What members and staff do about a no-show: report, object, decide, correct, tell somebody in person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from schedules import absences, no_shows
from schedules.errors import NotFound
from schedules.no_shows import CannotDecide, Change, NoShow
from timebank.actions.action import action
from timebank.actions.activities.see_activity import Person, named
from timebank.actions.hours import no_show_letters
from timebank.actions.hours.no_show_letters import rules_of
from timebank.actions.signups.reach import run_by
from timebank.communities import tree
from timebank.people import audit, households
from timebank.people.callers import Caller, Right


class Step(msgspec.Struct, frozen=True):
    """One state that it has had; `by` is None where a rule did it."""

    change: Change
    by: Person | None


class SeenNoShow(msgspec.Struct, frozen=True):
    """One with its whole history. `undelivered` says why the member could not be told; `may_decide` is the reader's."""

    no_show: NoShow
    person: Person
    steps: list[Step]
    undelivered: str | None
    may_decide: bool


@action
async def report_no_show(caller: Caller, session_id: UUID, person_id: UUID, comment: str, now: datetime) -> NoShow:
    """By who runs the session. A repeat gives the first. Raises NotAllowed, NotFound, NotOnTheList, WasThere, NotOverYet."""
    await run_by(caller, session_id)
    missed = await absences.report(session_id, person_id, caller.member(), comment, now)
    await no_show_letters.tell_proposed([missed], now)
    await audit.write(caller.id, "no_show.reported", f"session:{session_id}", now, on_behalf_of=person_id, comment=comment)
    return missed


@action
async def object_to_no_show(caller: Caller, no_show_id: UUID, text: str, now: datetime) -> NoShow:
    """The member's own. Raises NotFound, Malformed, ObjectionTooLate, NothingToDecide."""
    await _catch_up(no_show_id, now)
    before = await no_shows.find(no_show_id, now)
    until = now + timedelta(hours=(await rules_of(before)).objection_hours)
    missed = await no_shows.object_to(no_show_id, caller.member(), text, now, until)
    await no_show_letters.tell_objection(missed, caller.name, text.strip(), now)
    return missed


@action
async def decide_no_show(caller: Caller, no_show_id: UUID, reason: str, now: datetime, *, stands: bool) -> NoShow:
    """An objection, by staff other than the reporter, not about oneself or one's household.

    Raises NotAllowed, NotFound, Malformed, CannotDecide, NothingToDecide.
    """
    await _judges(caller, no_show_id, now)
    missed = await no_shows.decide(no_show_id, caller.member(), reason, now, stands=stands)
    await _told(caller, missed, "no_show.decided", reason, now)
    return missed


@action
async def correct_no_show(caller: Caller, no_show_id: UUID, reason: str, now: datetime) -> NoShow:
    """One that was wrong is dropped, also a final one. Raises as `decide_no_show`."""
    await _judges(caller, no_show_id, now)
    missed = await no_shows.correct(no_show_id, caller.member(), reason, now)
    await _told(caller, missed, "no_show.corrected", reason, now)
    return missed


@action
async def tell_in_person(caller: Caller, no_show_id: UUID, now: datetime) -> NoShow:
    """The message did not arrive and somebody told the member: from now on they may object. Safe to repeat.

    Raises NotAllowed, NotFound.
    """
    missed = await _judges(caller, no_show_id, now)
    hours = (await rules_of(missed)).objection_hours
    await no_shows.note_told(no_show_id, now, now + timedelta(hours=hours), now, caller.member())
    await audit.write(caller.id, "no_show.told", f"no_show:{no_show_id}", now, on_behalf_of=missed.person_id)
    return await no_shows.find(no_show_id, now)


@action
async def see_no_show(caller: Caller, no_show_id: UUID, now: datetime) -> SeenNoShow:
    """For the person it is about, and for staff. Raises SignInNeeded, NotFound for everybody else."""
    await _catch_up(no_show_id, now)
    missed = await no_shows.find(no_show_id, now)
    may_run = caller.may(Right.RUN_ACTIVITIES, await tree.ancestors(missed.community_id))
    if caller.member() != missed.person_id and not may_run:
        raise NotFound(what="no_show")
    return (await _seen(caller, [missed]))[0]


@action
async def see_own_no_shows(caller: Caller, now: datetime) -> list[SeenNoShow]:
    """The member's own, the last first. Raises SignInNeeded."""
    for missed_id, told_at in await no_show_letters.delivered(person_id=caller.member()):
        await no_show_letters.start_clock(missed_id, told_at, now)
    return await _seen(caller, await no_shows.of_person(caller.member(), now))


@action
async def see_session_no_shows(caller: Caller, session_id: UUID, now: datetime) -> list[SeenNoShow]:
    """Of one session, for who runs it. Raises SignInNeeded, NotAllowed, NotFound."""
    await run_by(caller, session_id)
    return await _seen(caller, await no_shows.of_session(session_id, now))


@action
async def see_open_no_shows(caller: Caller, now: datetime) -> list[SeenNoShow]:
    """Within reach: objections that wait, and members who could not be told. Raises SignInNeeded, NotAllowed."""
    caller.require(Right.RUN_ACTIVITIES)
    ids = [node.id for node in await tree.below(caller.nodes(Right.RUN_ACTIVITIES))]
    seen = await _seen(caller, await no_shows.open_ones(ids, now))
    return [one for one in seen if one.no_show.state == "objection" or one.undelivered is not None]


async def _judges(caller: Caller, no_show_id: UUID, now: datetime) -> NoShow:
    missed = await no_shows.find(no_show_id, now)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(missed.community_id))
    if await households.share(caller.member(), [missed.person_id]):
        raise CannotDecide()
    return missed


async def _told(caller: Caller, missed: NoShow, did: str, reason: str, now: datetime) -> None:
    await no_show_letters.tell_decided(missed, reason.strip(), now)
    await audit.write(caller.id, did, f"no_show:{missed.id}", now, on_behalf_of=missed.person_id, reason=reason)


async def _catch_up(no_show_id: UUID, now: datetime) -> None:
    """The clock runs from the delivery, whether or not the job has noted it."""
    for missed_id, told_at in await no_show_letters.delivered(no_show_id=no_show_id):
        await no_show_letters.start_clock(missed_id, told_at, now)


async def _seen(caller: Caller, missed: Sequence[NoShow]) -> list[SeenNoShow]:
    histories = await no_shows.histories([one.id for one in missed])
    actors = [change.by_id for changes in histories.values() for change in changes if change.by_id]
    people = await named([*actors, *(one.person_id for one in missed)])
    errors = await no_show_letters.undelivered([one.id for one in missed if one.state == "proposed"])
    return [
        SeenNoShow(
            one,
            people[one.person_id],
            [Step(change, people.get(change.by_id) if change.by_id else None) for change in histories[one.id]],
            errors.get(one.id),
            caller.member_id not in (one.person_id, one.reported_by),
        )
        for one in missed
    ]
