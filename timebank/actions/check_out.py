"""The way out: attendance, service record and promise of points, with the scan that makes them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from schedules import attendance, scans
from schedules.attendance import Closed, Inside
from schedules.decision import Verdict
from schedules.scans import Here
from timebank.actions import stays
from timebank.actions.admission import Outcome, admission, kept
from timebank.actions.door import Asking, Known, Person
from timebank.hours import records
from timebank.hours.records import Scanned
from timebank.outbox.intents import Promise
from timebank.points import earning

FIRST = 1
"""The version of an attendance that has just ended."""


async def let_out(asking: Asking, known: Known, person: Person, verdict: Verdict, here: Here, now: datetime) -> Outcome:
    """Ends the stay. A way out without one is kept and changes nothing: the first way out counts (checkin-50, checkin-51).

    Runs in the transaction of `scan`. Record and promise are written here, before `scans.keep` writes the scan and the end of
    the stay that they are about: the scan keeps the answer that tells the points. All of it is one commit, and keeping stops
    where the stay has ended meanwhile.
    """
    sent, inside = asking.sent(now, person), known.schedule.inside
    if inside is None or inside.session != here.session:
        last = here.last
        told = admission(
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
        return Outcome(told, entry=scans.entry(sent, verdict, person.id, here, kept(told)))
    closed = ended(inside, now, sent.is_by_code and not verdict.is_forced)
    promise = await earn(asking, closed, attendance.begun(inside), person.id, here, now)
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


def ended(inside: Inside, now: datetime, is_by_code: bool) -> Closed:
    """Once the grace is over the stay has ended at the planned end, whether the closing job has come round yet or not."""
    return attendance.forget(inside) if now > inside.closes_at else attendance.close(inside, now, is_by_code)


async def earn(
    asking: Asking, closed: Closed, begun_at: datetime, member_id: UUID, here: Here, now: datetime
) -> Promise | None:
    """The class A record of a stay that this scan ends, and its promise where there is one: not before a second person has
    confirmed (class B).
    """
    if not closed.minutes or not closed.is_by_code:
        return None
    stay = Scanned(
        member_id=member_id,
        attendance_id=closed.id,
        version=FIRST,
        session_id=UUID(here.session),
        minutes=closed.minutes,
        ends_by_self=asking.is_self,
    )
    served = (await records.keep_scanned([stay], asking.scanner_id, now)).get(closed.id)
    return await earning.earn(stays.scanned(served, member_id, closed.out_at, begun_at), now) if served else None
