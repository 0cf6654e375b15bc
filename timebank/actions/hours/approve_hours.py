"""A second person decides about hours that were sent: the record, and the points that it brings, with one confirmation each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules.errors import Refusal
from schedules.no_shows import SayWhy
from timebank.actions.action import action
from timebank.actions.door import stays
from timebank.communities import tree
from timebank.hours import entries, records
from timebank.hours.entries import Entry, EntryDecided
from timebank.outbox import bell, messages
from timebank.outbox.messages import Message
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import earning


class Approved(msgspec.Struct, frozen=True):
    """`units` (1/100 point) are on the way, below zero taken back; `is_news` is false for a repeat, which books nothing."""

    record_id: UUID
    units: int
    is_news: bool
    intent_id: UUID | None = None


class Row(msgspec.Struct, frozen=True):
    """What became of one of several: `refusal` says why not."""

    entry_id: UUID
    result: Literal["approved", "rejected", "already", "refused"]
    units: int = 0
    refusal: Refusal | None = None


async def approve_many(caller: Caller, entry_ids: Sequence[UUID], now: datetime) -> list[Row]:
    """Each on its own: one that is refused keeps no other from being booked, and a repeat books nothing (schedule-87).

    Raises SignInNeeded, NotAllowed where the caller approves nowhere.
    """
    caller.require(Right.APPROVE_HOURS)
    return [await _row(caller, entry_id, now) for entry_id in dict.fromkeys(entry_ids)]


async def reject_many(caller: Caller, entry_ids: Sequence[UUID], reason: str, now: datetime) -> list[Row]:
    """Each on its own, with one reason for all. Raises SignInNeeded, NotAllowed, Malformed without a reason."""
    caller.require(Right.APPROVE_HOURS)
    if not reason.strip():
        raise SayWhy(field="reason")
    rows = []
    for entry_id in dict.fromkeys(entry_ids):
        try:
            await reject(caller, entry_id, reason, now)
            rows.append(Row(entry_id, "rejected"))
        except Refusal as refusal:
            rows.append(Row(entry_id, "refused", refusal=refusal))
    return rows


async def _row(caller: Caller, entry_id: UUID, now: datetime) -> Row:
    try:
        approved = await approve(caller, entry_id, now)
    except Refusal as refusal:
        return Row(entry_id, "refused", refusal=refusal)
    if approved.intent_id:
        bell.ring(approved.intent_id)
    return Row(entry_id, "approved" if approved.is_news else "already", approved.units)


@action
async def approve(caller: Caller, entry_id: UUID, now: datetime) -> Approved:
    """The entry becomes a record: class B earns by the policy of its day, class C never. Safe to repeat.

    Raises NotAllowed, NotFound, OwnHours, EntryDecided for a rejected one, and what `earning.correct` raises.
    """
    entry = await _to_decide(caller, entry_id)
    if entry.state == "approved" and entry.record_id:
        return Approved(entry.record_id, 0, False)
    if entry.state != "pending":
        raise EntryDecided(state=entry.state)
    record_id, units, intent_id = await _book(caller, entry, now)
    await entries.decide(entry_id, "approved", caller.member(), "", record_id, now)
    await audit.write(caller.id, "hours.approved", f"hours_entry:{entry_id}", now, on_behalf_of=entry.member_id)
    if entry.kind != "stay":
        kind = "hours_corrected" if entry.corrects else "hours_approved"
        await _tell(entry, kind, now, minutes=entry.service_minutes, hour_class=entry.hour_class, reason=entry.reason)
    return Approved(record_id, units, True, intent_id)


@action
async def reject(caller: Caller, entry_id: UUID, reason: str, now: datetime) -> None:
    """With a reason that the one who entered it and the member read; it may be sent again (schedule-88). Safe to repeat.

    Raises NotAllowed, NotFound, OwnHours, Malformed without a reason, EntryDecided for an approved one.
    """
    if not reason.strip():
        raise SayWhy(field="reason")
    entry = await _to_decide(caller, entry_id)
    if entry.state == "approved":
        raise EntryDecided(state=entry.state)
    await entries.decide(entry_id, "rejected", caller.member(), reason.strip(), None, now)
    await audit.write(caller.id, "hours.rejected", f"hours_entry:{entry_id}", now, on_behalf_of=entry.member_id, reason=reason)
    await _tell(entry, "hours_rejected", now, reason=reason.strip())


async def _to_decide(caller: Caller, entry_id: UUID) -> Entry:
    entry = await entries.find(entry_id, locks=True)
    caller.require(Right.APPROVE_HOURS, await tree.ancestors(entry.community_id))
    await entries.check_other(entry, caller.member())
    return entry


async def _book(caller: Caller, entry: Entry, now: datetime) -> tuple[UUID, int, UUID | None]:
    """Record, units and the promise of them."""
    if entry.attendance_id is None:
        version = (await records.entered(entry.corrects)).version + 1 if entry.corrects else 1
        return await records.keep_confirmed(entry.id, version, caller.member(), now), 0, None
    stay = await stays.find(entry.attendance_id, locks=True)
    before = await records.last_of(stay.id)
    version = before.version + 1 if before else 1
    record_id = await records.keep_confirmed(entry.id, version, caller.member(), now)
    service = stays.service(stay, version, entry.hour_class, entry.service_minutes)
    if before is None:
        promise = await earning.earn(service, now, is_confirmed=True)
        return record_id, promise.amount if promise else 0, promise.id if promise else None
    changed = await earning.correct(service, caller.member(), entry.reason, now)
    return record_id, changed.amount, changed.id if changed.state == "pending" else None


async def _tell(entry: Entry, kind: str, now: datetime, **more: object) -> None:
    """The member, and whoever entered it for them."""
    node = await tree.node(entry.community_id)
    facts = {"title": entry.activity_name, "served_on": entry.served_on.isoformat(), "time_zone": node.time_zone, **more}
    own = "/me/hours/entries"
    close = f"/organise/sessions/{entry.session_id}/close" if entry.session_id else own
    told = [
        Message(key=f"hours:{entry.id}:{kind}:{one}", person_id=one, kind=kind, facts=facts, path=path)
        for one, path in {entry.entered_by: close, entry.member_id: own}.items()
    ]
    await messages.promise(told, now)
