"""The close of a day: planned, scanned and credited side by side; what nobody has confirmed goes on to a second person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from schedules import leaving, sql
from schedules.errors import NotFound, Refusal
from schedules.no_shows import SayWhy
from timebank.actions.action import action, past_deadlocks
from timebank.actions.door import stays
from timebank.communities import policies, tree
from timebank.communities.policies import NoPolicy
from timebank.hours import confirmations, days, entries, records, requests
from timebank.hours.days import Day
from timebank.hours.entries import MinutesNotPossible, NothingChanged
from timebank.outbox import bell, messages
from timebank.outbox.intents import Promise
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import earning


class DayNotOver(Refusal):
    """The session is not over. Facts: ends_at."""


class NotService(Refusal):
    """The activity is no voluntary service: it gives no record (rules.md 3, Order 67 art. 19). Facts: none."""


class Sent(msgspec.Struct, frozen=True):
    """Hours that wait for a second person now, and how many stays were confirmed: their points are on the way.

    `left` stays wait for somebody else who runs the activity: they are the caller's own or of the caller's household.
    """

    entry_ids: list[UUID]
    confirmed: int = 0
    left: int = 0


class Other(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stay whose minutes are to be others than the ones that were scanned; the reason is read by the member."""

    attendance_id: UUID
    minutes: int
    reason: str


@action
async def see_day(caller: Caller, session_id: UUID) -> Day:
    """Raises SignInNeeded, NotAllowed, NotFound."""
    day = await days.of_session(session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(day.community_id))
    return day


async def close_day(
    caller: Caller, session_id: UUID, others: Sequence[Other], now: datetime, gone: Sequence[UUID] = ()
) -> Sent:
    """One confirmation for a session. Every stay that is neither on record nor waiting goes to a second person, with these
    other minutes where they are named; what was scanned and waits for the organiser brings its points (checkin-75). Stays of
    `gone` without a way out end at the planned end first, by the caller's word.

    Safe to repeat: what was sent is not sent again, and a stay is credited once. Raises NotAllowed, NotFound, NotService,
    DayNotOver, Malformed.
    """
    # A queue uploaded beside it locks the same stays in the order of persons, the page in that of its lines.
    sent, promised = await past_deadlocks(lambda: _close(caller, session_id, others, now, gone))
    for intent_id in promised:
        bell.ring(intent_id)
    return sent


@action
async def _close(
    caller: Caller, session_id: UUID, others: Sequence[Other], now: datetime, gone: Sequence[UUID]
) -> tuple[Sent, list[UUID]]:
    day = await days.of_session(session_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(day.community_id))
    if not day.is_service:
        raise NotService()
    if now < day.ends_at:
        raise DayNotOver(ends_at=day.ends_at)
    wanted = {one.attendance_id: one for one in others}
    if unknown := (wanted.keys() | set(gone)) - {line.attendance_id for line in day.lines}:
        raise NotFound(what="attendance", id=min(unknown))
    for line in day.lines:
        if line.attendance_id and line.attendance_id in gone and line.in_at and line.standing == "inside":
            await leaving.leave(line.attendance_id, max(line.in_at, day.ends_at), caller.member(), now)
    day = await days.of_session(session_id) if gone else day
    made = [
        await _send(caller, line.attendance_id, wanted.get(line.attendance_id), now)
        for line in day.lines
        if line.attendance_id and (line in day.to_send or (line.attendance_id in wanted and line.standing != "pending"))
    ]
    waiting = [line for line in day.to_confirm if line.attendance_id not in wanted]
    near = await confirmations.too_near(caller.member(), [line.person_id for line in waiting])
    mine = [line.attendance_id for line in waiting if line.attendance_id and line.person_id not in near]
    promised = [promise for promise in [await _confirm(caller, stay_id, now) for stay_id in mine] if promise]
    await audit.write(caller.id, "day.closed", f"session:{session_id}", now, sent=len(made), confirmed=len(promised))
    return Sent(made, len(promised), len(waiting) - len(mine)), [promise.id for promise in promised]


async def _confirm(caller: Caller, attendance_id: UUID, now: datetime) -> Promise | None:
    """The points of a stay that was scanned and waited; None where somebody was quicker, or it was corrected meanwhile."""
    stay = await stays.find(attendance_id, locks=True)
    kept = await records.last_of(attendance_id)
    if kept is None or kept.is_withdrawn or kept.hour_class != "A":
        return None
    if not await confirmations.confirm(attendance_id, kept.version, caller.member(), now):
        return None
    return await earning.earn(stays.service(stay, kept.version, "A", kept.service_minutes), now, is_confirmed=True)


@action
async def correct_hours(caller: Caller, attendance_id: UUID, minutes: int, reason: str, now: datetime) -> UUID:
    """Other minutes for one stay, on record or not; booked once a second person approves (schedule-89).

    Raises SignInNeeded, NotAllowed, NotFound, NotService, Malformed, NothingChanged, EntryPending.
    """
    stay = await stays.find(attendance_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(stay.community_id))
    if not stay.is_service:
        raise NotService()
    made = await _send(caller, attendance_id, Other(attendance_id, minutes, reason), now)
    await audit.write(
        caller.id, "hours.corrected", f"attendance:{attendance_id}", now, on_behalf_of=stay.person_id, minutes=minutes
    )
    return made


async def _send(caller: Caller, attendance_id: UUID, other: Other | None, now: datetime) -> UUID:
    stay = await stays.find(attendance_id, locks=True)
    minutes, reason = (other.minutes, other.reason.strip()) if other else (stay.minutes, "")
    if not 0 <= minutes <= stay.longest:
        raise MinutesNotPossible(field="minutes", longest=stay.longest, attendance_id=attendance_id)
    kept = await records.last_of(attendance_id)
    stands = kept.service_minutes if kept and not kept.is_withdrawn else None
    if minutes == stands:
        raise NothingChanged(minutes=minutes)
    if not reason and minutes != (stay.minutes if kept is None else stands):
        raise SayWhy(field="reason", attendance_id=attendance_id)
    kind: Literal["stay", "correction"] = "stay" if kept is None else "correction"
    made = await entries.send_stay(attendance_id, kind, "B", minutes, reason, caller.member(), now)
    await requests.answer(attendance_id, "taken", caller.member(), reason, now)
    return made


@action
async def ask_correction(caller: Caller, attendance_id: UUID, minutes: int, reason: str, now: datetime) -> None:
    """The member's wish where the check-out was set by itself; a day from the message about it, or as the policy says.

    Raises SignInNeeded, NotFound (another's stay too), Malformed, CorrectionTooLate, CorrectionAsked.
    """
    stay = await stays.find(attendance_id)
    if stay.person_id != caller.member():
        raise NotFound(what="attendance")
    until = await asks_until(stay, now)
    await requests.ask(attendance_id, caller.member(), minutes, stay.longest, reason, now, until)


async def asks_until(stay: stays.Stay, now: datetime) -> datetime:
    """Until when the member may ask: the time runs from the delivery of the message; before it there is all of it."""
    told_at = await sql.value("SELECT done_at FROM message WHERE key = $1", f"stay-closed:{stay.id}")
    return (told_at or now) + timedelta(hours=await correction_hours(stay.community_id, stay.served_on))


async def correction_hours(community_id: UUID, on: date) -> int:
    """By the policy of the session's day."""
    try:
        return (await policies.in_force(community_id, on)).rules.correction_hours
    except NoPolicy:
        return policies.Rules().correction_hours


@action
async def refuse_correction(caller: Caller, attendance_id: UUID, reason: str, now: datetime) -> None:
    """The organiser leaves the minutes as they are; the member reads why. Safe to repeat.

    Raises SignInNeeded, NotAllowed, NotFound, Malformed.
    """
    asked = await requests.find(attendance_id)
    stay = await stays.find(attendance_id)
    caller.require(Right.RUN_ACTIVITIES, await tree.ancestors(stay.community_id))
    if not reason.strip():
        raise SayWhy(field="reason")
    if await requests.answer(attendance_id, "refused", caller.member(), reason, now):
        facts = {"title": asked.title, "title_en": asked.title_en, "reason": reason.strip(), "time_zone": stay.time_zone}
        key, path = f"correction:{attendance_id}:refused", "/me/hours/entries"
        await messages.promise(
            [Message(key=key, person_id=asked.member_id, kind="correction_refused", facts=facts, path=path)], now
        )
