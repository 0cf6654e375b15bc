"""Hours and points of stays that scans changed: the next versions of their records, promised, corrected or taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import attendance, sql
from schedules.conflicts import Kind, Noted
from schedules.presence import Stay, Terms
from schedules.standing import Change
from timebank.actions.door import stays
from timebank.communities.policies import NoPolicy
from timebank.hours import changed, records
from timebank.hours.records import Scanned, Served
from timebank.points import earning, promised
from timebank.points.earning import Service
from timebank.points.refusals import PromiseStuck


class Moved(msgspec.Struct, frozen=True):
    """A stay that stands otherwise than before, with the terms of its session."""

    change: Change
    terms: Terms

    @property
    def earning(self) -> Stay | None:
        """The stay, where its minutes bring points by themselves: scanned in and out by the person's own code."""
        stay = self.change.stay
        return stay if stay and stay.out_at and stay.is_by_code and stay.minutes else None

    @property
    def is_news(self) -> bool:
        """Whether its hours are others than those of the version that stood before."""
        before = self.change.before
        return not (self.change.stay and before and self.change.version == before.version)

    @property
    def recorded(self) -> int | None:
        """The version of the record that stood before."""
        return self.change.before.record_version if self.change.before else None


class Booked(msgspec.Struct, frozen=True):
    """What could not be taken back or is owed, to be noted; and the promises to ring for after the commit."""

    noted: list[Noted]
    intent_ids: list[UUID]


async def book(moved: Sequence[Moved], by_id: UUID, reason: str, now: datetime) -> Booked:
    """The records and the points of these changes, in the transaction that makes them, after they are written.

    As many statements for many as for one, but for what is corrected or taken back. That goes first: under a cap of the day
    new promises have the room that it leaves.
    """
    news = [each for each in moved if each.is_news]
    waiting = await changed.waiting([each.change.id for each in news if each.recorded])
    served = await _recorded([each for each in news if each.earning], by_id, reason, now)
    promised_before = await promised.of_stays(
        {each.change.id: each.change.before.last_version for each in news if each.change.id in served and each.change.before}
    )
    noted: list[Noted | None] = []
    intent_ids: list[UUID] = []
    fresh: list[Service] = []
    for each in news:
        has_waited = each.recorded is not None and (each.change.id, each.recorded) in waiting
        if (found := served.get(each.change.id)) and (stay := each.earning):
            service = _service(found, stay, each)
            if has_waited or each.change.id not in promised_before:
                fresh.append(service)
            else:
                noted.append(await _correct(each, service, reason, now, intent_ids))
        elif each.recorded is not None and not each.earning:
            noted.append(await _take_back(each, has_waited, by_id, reason, now, intent_ids))
    intent_ids += [promise.id for promise in await earning.earn_all(fresh, now) if promise]
    return Booked([each for each in noted if each], intent_ids)


async def _recorded(moved: Sequence[Moved], by_id: UUID, reason: str, now: datetime) -> Mapping[UUID, Served]:
    """The next version of each class A record, by stay; none where the activity is no voluntary service."""
    scanned = [
        Scanned(
            member_id=each.change.person_id,
            attendance_id=each.change.id,
            version=each.change.version,
            session_id=each.change.session_id,
            minutes=stay.minutes or 0,
            ends_by_self=stay.ended_by is not None and stay.ended_by.source == "self",
            entered_by=by_id,
            recorded_at=now,
            reason=reason if each.change.version > 1 else "",
        )
        for each in moved
        if (stay := each.earning)
    ]
    return await records.keep_scanned(scanned)


def _service(served: Served, stay: Stay, moved: Moved) -> Service:
    begun_at = attendance.begun_at(stay.in_at, moved.terms)
    return stays.scanned(served, moved.change.person_id, stay.out_at or stay.in_at, begun_at)


async def _take_back(
    moved: Moved, has_waited: bool, by_id: UUID, reason: str, now: datetime, intent_ids: list[UUID]
) -> Noted | None:
    """The record is withdrawn, and what it brought with it."""
    change = moved.change
    ended = await stays.find_any(change.id)
    await changed.withdraw(change.id, change.version, reason, by_id, now)
    if has_waited or not ended.is_service:
        return None
    return await _correct(moved, stays.service(ended, change.version, "A", 0), reason, now, intent_ids)


async def _correct(moved: Moved, service: Service, reason: str, now: datetime, intent_ids: list[UUID]) -> Noted | None:
    """Books the difference to what earlier versions brought, linked to the first credit (checkin-63).

    Nobody decides it, so nobody can be in the way of it: who scans their own card, and whoever has spent the points, keep
    none of a stay that never was. What was spent is owed, also where the policy takes no debts from a decision of staff:
    else the next scan would earn it a second time. Where a promise is stuck, the points are somebody's to look at.
    """
    try:
        async with sql.savepoint():
            made = await earning.correct(service, None, reason, now, spent="owe")
    except (PromiseStuck, NoPolicy) as refusal:
        return _points(moved, "points_not_taken", {"why": type(refusal).__name__, **getattr(refusal, "facts", {})})
    if made.state == "pending":
        intent_ids.append(made.id)
    owed = await promised.owed_by(moved.change.id, moved.change.version)
    return _points(moved, "points_owed", {"units": owed, "taken": -made.amount}) if owed else None


def _points(moved: Moved, kind: Kind, detail: dict[str, object]) -> Noted:
    change = moved.change
    return Noted(
        key=f"{kind}:{change.id}:v{change.version}",
        kind=kind,
        activity_id=moved.terms.activity_id,
        session_id=change.session_id,
        person_id=change.person_id,
        attendance_id=change.id,
        detail=detail,
    )
