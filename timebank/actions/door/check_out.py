"""The way out: attendance, service record and promise of points, with the scan that makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import attendance, scans
from schedules.attendance import Closed, Inside
from schedules.decision import Verdict
from schedules.scans import Here
from timebank.actions.door import stays
from timebank.actions.door.admission import Admission, Outcome, admission, kept
from timebank.actions.door.door import Asking, Known, Person
from timebank.hours import records
from timebank.hours.records import Scanned
from timebank.outbox.intents import Promise
from timebank.points import earning

FIRST = 1
"""The version of an attendance that has just ended."""


class Leaving(msgspec.Struct, frozen=True):
    """A stay that a scan ends, and what is answered once it is known what it brings. `scanned`: where it brings anything.

    Records and promises are written for a whole group, before `scans.keep` writes the scans and the ends of the stays that
    they are about: a scan keeps the answer that tells the points. All of it is one commit, and keeping stops where a stay has
    ended meanwhile.
    """

    scanned: Scanned | None
    out_at: datetime
    begun_at: datetime
    answer: Callable[[Promise | None], Outcome]


def let_out(asking: Asking, known: Known, person: Person, verdict: Verdict, here: Here, now: datetime) -> Outcome | Leaving:
    """Ends the stay. A way out without one is kept and changes nothing: the first way out counts (checkin-50, checkin-51)."""
    sent, inside = asking.sent(now, person), known.schedule.inside
    if inside is None or inside.session != here.session:
        told = _left_before(asking, person, verdict, here, now)
        return Outcome(told, entry=scans.entry(sent, verdict, person.id, here, kept(told)))
    closed = ended(inside, now, sent.is_by_code and not verdict.is_forced)

    def answer(promise: Promise | None) -> Outcome:
        told = admission(
            asking,
            person,
            here,
            verdict,
            attendance_id=closed.id,
            at=closed.out_at,
            in_at=inside.in_at,
            minutes=closed.minutes,
            promise=promise,
        )
        entry = scans.entry(sent, verdict, person.id, here, kept(told), closed)
        return Outcome(told, entry=entry, intent_id=promise.id if promise else None)

    return leaving(asking, inside, closed, person.id, now, answer)


def _left_before(asking: Asking, person: Person, verdict: Verdict, here: Here, now: datetime) -> Admission:
    """What is told of the stay that had ended, where there was one."""
    last = here.last
    return admission(
        asking,
        person,
        here,
        verdict,
        attendance_id=last.id if last else None,
        at=(last and last.out_at) or now,
        in_at=last.in_at if last else None,
        minutes=last.minutes if last else None,
        was_out=last is not None and last.out_at is not None,
    )


def ended(inside: Inside, now: datetime, is_by_code: bool) -> Closed:
    """Once the grace is over the stay has ended at the planned end, whether the closing job has come round yet or not."""
    return attendance.forget(inside) if now > inside.closes_at else attendance.close(inside, now, is_by_code)


def leaving(
    asking: Asking,
    inside: Inside,
    closed: Closed,
    member_id: UUID,
    now: datetime,
    answer: Callable[[Promise | None], Outcome],
) -> Leaving:
    """What is not by the person's own code earns nothing before a second person has confirmed (class B)."""
    scanned = Scanned(
        member_id=member_id,
        attendance_id=closed.id,
        version=FIRST,
        session_id=UUID(inside.session),
        minutes=closed.minutes,
        ends_by_self=asking.is_self,
        entered_by=asking.scanner_id,
        recorded_at=now,
    )
    earns = closed.minutes and closed.is_by_code
    return Leaving(scanned if earns else None, closed.out_at, attendance.begun_at(inside.in_at, inside), answer)


async def earn(group: Sequence[Leaving]) -> list[Outcome]:
    """The class A records of the stays that this group of scans ends and their promises, and what each is answered.

    Runs in the transaction of `scan`. As many statements for many as for one.
    """
    recorded = [each.scanned for each in group if each.scanned]
    served = await records.keep_scanned(recorded)
    services = [
        stays.scanned(served[each.scanned.attendance_id], each.scanned.member_id, each.out_at, each.begun_at)
        for each in group
        if each.scanned and each.scanned.attendance_id in served
    ]
    promises = await earning.earn_all(services, max(each.recorded_at for each in recorded)) if services else []
    found = {service.attendance_id: promise for service, promise in zip(services, promises, strict=True)}
    return [each.answer(found.get(each.scanned.attendance_id) if each.scanned else None) for each in group]
