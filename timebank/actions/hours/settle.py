"""Attendance is brought in line with the scans; hours and points follow, in the transaction that keeps a scan or its undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import conflicts, presence, standing
from schedules.conflicts import Noted
from schedules.standing import Change, History
from timebank.actions.hours import late_hours
from timebank.actions.hours.late_hours import Moved

LATE_SCANS = "scans that came late"
"""Why a record has a further version; read by people on the record."""
UNDONE = "a scan was undone"


class Settled(msgspec.Struct, frozen=True):
    """What changed, and the promises to ring for after the commit."""

    changes: list[Change]
    intent_ids: list[UUID]


def compared(known: Mapping[UUID, History], since: datetime, now: datetime) -> list[Change]:
    """What the scans of these people, the new ones among them, make of their attendance. Pure.

    `since` is the first instant at which something is new.
    """
    return [change for person_id, history in known.items() for change in standing.compare(person_id, history, since, now)]


async def settle(
    known: Mapping[UUID, History],
    changes: list[Change],
    scan_ids: Mapping[tuple[UUID, str], int],
    by_id: UUID,
    reason: str,
    now: datetime,
) -> Settled:
    """Writes the changes that `compared` has found, and what they make of hours and points.

    Runs in the caller's transaction, under the locks of `standing.take`. What a person had decided stays and is noted for
    somebody to look at. Safe to repeat: changes nothing.
    """
    await standing.write(changes, scan_ids)
    moved = [Moved(change, known[change.person_id].terms[change.session_id]) for change in changes]
    booked = await late_hours.book([each for each in moved if not each.change.is_kept], by_id, reason, now)
    noted = booked.noted + [_kept(each.change, each.terms.activity_id) for each in moved if each.change.is_kept]
    for history in known.values():
        noted += _two_places(history, scan_ids, now)
    await conflicts.note(noted, now)
    return Settled(changes, booked.intent_ids)


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
    if len({event.signup_id for event in history.events}) < 2:
        return []  # it takes two sign-ups: of most people nothing has to be gone through
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


async def settle_all(people: Sequence[UUID], since: datetime, by_id: UUID, reason: str, now: datetime) -> Settled:
    """`settle` of what is in the log already. Locks the sign-ups of these people first."""
    known = standing.histories(people, await standing.take(people, since, now))
    return await settle(known, compared(known, since, now), {}, by_id, reason, now)
