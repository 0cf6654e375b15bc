"""Attendance is brought in line with the scans; hours and points follow, in the transaction that keeps a scan or its undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import conflicts, presence, sql, standing
from schedules.conflicts import Noted
from schedules.presence import Stay
from schedules.standing import Change, History
from timebank.actions import stays
from timebank.communities.policies import NoPolicy
from timebank.hours import changed
from timebank.points import earning, promised
from timebank.points.earning import Service
from timebank.points.refusals import PromiseStuck

LATE_SCANS = "scans that came late"
"""Why a record has a further version; read by people on the record."""
UNDONE = "a scan was undone"


class Settled(msgspec.Struct, frozen=True):
    """What changed, and the promises to ring for after the commit."""

    changes: list[Change]
    intent_ids: list[UUID]


async def settle(
    known: Mapping[UUID, History],
    since: datetime,
    scan_ids: Mapping[tuple[UUID, str], int],
    by_id: UUID,
    reason: str,
    now: datetime,
) -> Settled:
    """Writes what the scans of these people, the new ones among them, make of their attendance, hours and points.

    `since` is the first instant at which something is new. Runs in the caller's transaction, under the locks of
    `standing.lock`. What a person had decided stays and is noted for somebody to look at. Safe to repeat: changes nothing.
    """
    changes = [change for person_id, history in known.items() for change in standing.compare(person_id, history, since, now)]
    await standing.write(changes, scan_ids)
    noted: list[Noted] = []
    intent_ids: list[UUID] = []
    for change in changes:
        history = known[change.person_id]
        activity_id = history.terms[change.session_id].activity_id
        noted += [_kept(change, activity_id)] if change.is_kept else []
        if not change.is_kept and (owed := await _book(change, by_id, reason, now, intent_ids)):
            noted.append(msgspec.structs.replace(owed, activity_id=activity_id))
    for history in known.values():
        noted += _two_places(history, scan_ids, now)
    await conflicts.note(noted, now)
    return Settled(changes, intent_ids)


def _kept(change: Change, activity_id: UUID) -> Noted:
    """Scans say otherwise than what a person has decided."""
    stay = change.stay
    return Noted(
        key=f"hours_kept:{change.id}:{stay.in_at if stay else ''}:{stay.out_at if stay else ''}",
        kind="hours_kept",
        activity_id=activity_id,
        session_id=change.session_id,
        person_id=change.person_id,
        attendance_id=change.id,
        detail={"minutes": change.row.minutes, "scanned": stay.minutes if stay else None},
    )


def _two_places(history: History, scan_ids: Mapping[tuple[UUID, str], int], now: datetime) -> list[Noted]:
    """Ways in at one session while the person was inside at another: the stay before ended there."""
    return [
        Noted(
            key=f"two_places:{stay.began_by.scanner_id}:{stay.began_by.nonce}:{stay.cut_by.scanner_id}:{stay.cut_by.nonce}",
            kind="two_places",
            activity_id=history.terms[stay.session_id].activity_id,
            session_id=stay.session_id,
            person_id=stay.began_by.person_id,
            scan_id=_scan_id(stay.began_by, scan_ids),
            other_scan=_scan_id(stay.cut_by, scan_ids),
        )
        for stay in presence.derive(history.events, history.terms, now)
        if stay.cut_by is not None
    ]


def _scan_id(event: presence.Event, scan_ids: Mapping[tuple[UUID, str], int]) -> int:
    return event.scan_id or scan_ids[event.scanner_id, event.nonce]


async def _book(change: Change, by_id: UUID, reason: str, now: datetime, intent_ids: list[UUID]) -> Noted | None:
    """The record and the points of one change; what could not be taken back, or is owed now, is answered to be noted."""
    stay, recorded = change.stay, change.before.record_version if change.before else None
    earns = stay is not None and stay.out_at is not None and stay.is_by_code and bool(stay.minutes)
    if change.before and change.version == change.before.version and stay:
        return None
    if earns and stay:
        return await _record(change, stay, by_id, reason, now, intent_ids)
    if recorded is None or not change.before:
        return None
    waited = await changed.waits(change.id, recorded)
    ended = await stays.find_any(change.id)
    await changed.withdraw(change.id, change.version, reason, by_id, now)
    if waited or not ended.is_service:
        return None
    return await _correct(change, stays.service(ended, change.version, "A", 0), reason, now, intent_ids)


async def _record(change: Change, stay: Stay, by_id: UUID, reason: str, now: datetime, intent_ids: list[UUID]) -> Noted | None:
    """The next version of a class A record. The first one promises, a later one books the difference."""
    before = change.before
    waited = bool(before and before.record_version and await changed.waits(change.id, before.record_version))
    served = await changed.keep_next(change.id, change.version, reason if change.version > 1 else "", by_id, now)
    if served is None:
        return None
    service = msgspec.structs.replace(
        stays.service(await stays.find_any(change.id), change.version, "A", served.minutes),
        needs_confirmation=served.needs_confirmation,
    )
    if before is None or before.last_version == 0 or waited or not await promised.has_any(change.id):
        promise = await earning.earn(service, now)
        intent_ids += [promise.id] if promise else []
        return None
    return await _correct(change, service, reason, now, intent_ids)


async def _correct(change: Change, service: Service, reason: str, now: datetime, intent_ids: list[UUID]) -> Noted | None:
    """Books the difference to what earlier versions brought, linked to the first credit (checkin-63).

    Nobody decides it, so nobody can be in the way of it: who scans their own card, and whoever has spent the points, keep
    none of a stay that never was. What was spent is owed, also where the policy takes no debts from a decision of staff:
    else the next scan would earn it a second time. Where a promise is stuck, the points are somebody's to look at.
    """
    try:
        async with sql.savepoint():
            made = await earning.correct(service, None, reason, now, spent="owe")
    except (PromiseStuck, NoPolicy) as refusal:
        return _points(change, "points_not_taken", {"why": type(refusal).__name__, **getattr(refusal, "facts", {})})
    if made.state == "pending":
        intent_ids.append(made.id)
    owed = await promised.owed_by(change.id, change.version)
    return _points(change, "points_owed", {"units": owed, "taken": -made.amount}) if owed else None


def _points(change: Change, kind: conflicts.Kind, detail: dict[str, object]) -> Noted:
    return Noted(
        key=f"{kind}:{change.id}:v{change.version}",
        kind=kind,
        activity_id=UUID(int=0),
        session_id=change.session_id,
        person_id=change.person_id,
        attendance_id=change.id,
        detail=detail,
    )


async def settle_all(people: Sequence[UUID], since: datetime, by_id: UUID, reason: str, now: datetime) -> Settled:
    """`settle` of what is in the log already. Locks the sign-ups of these people first."""
    await standing.lock(people, since, now)
    return await settle(await standing.histories(people, since, now), since, {}, by_id, reason, now)
