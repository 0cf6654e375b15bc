"""The way in: the scan and the attendance that it opens."""

from __future__ import annotations

from datetime import datetime

from schedules import attendance, door_questions, scans
from schedules.attendance import Opened
from schedules.decision import Verdict
from schedules.scans import Here
from timebank.actions.door.admission import Outcome, admission, kept
from timebank.actions.door.check_out import Leaving, ended, leaving
from timebank.actions.door.door import Asking, Known, Person
from timebank.outbox.intents import Promise


async def let_in(
    asking: Asking, known: Known, person: Person, verdict: Verdict, here: Here, now: datetime
) -> Outcome | Leaving:
    """Who is in already and may come in again ends one stay and begins the next: none overlap (checkin-15, checkin-58).

    A session left without a scan ends at its planned time, unconfirmed (checkin-54). Runs in the transaction of `scan`.
    """
    sent, inside, closed = asking.sent(now, person), known.schedule.inside, None
    is_by_code = sent.is_by_code and not verdict.is_forced
    if inside and inside.session == here.session:
        closed = ended(inside, now, is_by_code)
    elif inside:
        closed = attendance.forget(inside)
    opened = Opened(
        signup_id=here.signup_id,
        session_id=here.session,
        person_id=person.id,
        entry=here.last_entry + 1,
        in_at=now,
        is_late=verdict.is_late,
        is_self=asking.is_self,
        is_by_code=is_by_code,
    )
    told = admission(asking, person, here, verdict, attendance_id=opened.id, at=now, in_at=now)
    if asking.answers:
        await door_questions.answer(
            here, here.signup_id, person.id, asking.answers, now, scanner_id=sent.scanner_id, nonce=sent.nonce
        )
    entry = scans.entry(sent, verdict, person.id, here, kept(told), closed, opened)

    def answer(promise: Promise | None) -> Outcome:
        return Outcome(told, entry=entry, intent_id=promise.id if promise else None)

    if inside and closed and inside.session == here.session:
        return leaving(asking, inside, closed, person.id, now, answer)
    return answer(None)
