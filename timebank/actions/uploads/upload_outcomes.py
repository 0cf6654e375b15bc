"""What becomes of a scan of an upload: turned away by its desk, objected to by the server, or somebody was let in or out."""

from __future__ import annotations

import msgspec

from schedules import door_questions
from schedules.courses import Course
from schedules.decision import Verdict
from schedules.errors import Refusal
from schedules.presence import Event, Stay
from schedules.scans import Here
from timebank.actions.door import admission, turned_away
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import Person
from timebank.actions.uploads import upload_instant, upload_rows
from timebank.actions.uploads.queue import Result
from timebank.actions.uploads.upload_facts import Case
from timebank.actions.uploads.upload_rows import Judged


async def turned_away_by_desk(case: Case, verdict: Verdict) -> Judged:
    """Nobody was let in. Kept with the desk's own reason; disputed where the server let the person in, or would have.

    "Already in" says that somebody stood there, and is evidence only where the server says no worse: else it is disputed.
    A desk that asked what the activity asks turned nobody away: the answers come with the next scan. Where somebody wrote
    down who it was, the organiser is shown that, whatever the server says.
    """
    item, known, here = case.one.item, case.known, case.known.here(verdict.session)
    accepted = next((row for row in case.earlier if row.reason == "ok"), None)
    says_there = item.reason == "already_in"
    is_evidence = says_there and verdict.reason in ("ok", "already_in")
    asks = item.reason == "incomplete" and verdict.questions_open
    disputed = accepted is not None or (verdict.reason == "ok" and not asks) or (says_there and not is_evidence)
    own = Verdict(reason=item.reason, session=verdict.session, questions=verdict.questions, choices=verdict.choices)
    event = upload_rows.event(case, known.member, own, here) if is_evidence and here and known.member else None
    if event and case.course and not case.past.is_undone(event):
        case.course.add(event)
    note = upload_rows.disputed(case, here, accepted.id if accepted else None, "ok" if accepted else verdict.reason)
    row = upload_rows.row(case, own, here)
    noted = [note] if disputed else [upload_rows.refused(case, own, here)] if item.remark.strip() else []
    return Judged(
        result=Result(nonce=item.nonce, code=item.reason, refusal=await refusal(case, own, here), disputed=disputed),
        # The view `presence` takes "already in" of a sign-up for evidence: without the sign-up it is only somebody's word.
        row=msgspec.structs.replace(row, signup_id=row.signup_id if event or not says_there else None),
        event=event,
        noted=tuple(noted),
    )


async def objected_to(case: Case, verdict: Verdict, here: Here | None) -> Judged:
    """The desk let the person in, or left it open, and the server objects: kept, and shown to the organiser."""
    told = await refusal(case, verdict, here)
    return Judged(
        result=Result(nonce=case.one.item.nonce, code=verdict.reason, refusal=told, disputed=True),
        row=upload_rows.row(case, verdict, here),
        noted=(upload_rows.refused(case, verdict, here),),
    )


async def refusal(case: Case, verdict: Verdict, here: Here | None) -> Refusal:
    """As it is told at a door, with what was so at that instant."""
    own = await upload_instant.details(case, verdict.reason, here)
    return await turned_away.refusal(case.scan.asking, case.known, verdict, here, case.one.at, own)


async def let_through(case: Case, person: Person, verdict: Verdict, here: Here, course: Course) -> Judged:
    """A second way in that begins no stay of its own is kept as such, whichever of the two came first (checkin-78).

    One that its desk undid before it came is kept as well, and answered as undone.
    """
    item = case.one.item
    event = upload_rows.event(case, person, verdict, here)
    stood, counts = _stays_at(here, course), not case.past.is_undone(event)
    if counts:
        course.add(event)
    stays = _stays_at(here, course)
    is_second = item.direction == "in" and len(stays) <= len(stood) and counts
    stay = next((stay for stay in reversed(stays) if stay.holds(event)), None)
    reason = "duplicate_offline" if is_second or verdict.reason == "already_in" else "ok"
    told = _told(case, person, here, verdict, event, stay)
    answered = item.answers and await door_questions.answer(
        here, here.signup_id, person.id, dict(item.answers), case.one.at, scanner_id=event.scanner_id, nonce=event.nonce
    )
    row = msgspec.structs.replace(
        upload_rows.row(case, verdict, here, told),
        reason=reason,
        person_id=person.id,
        is_own=person.is_own,
        force_sent=event.force_sent,
    )
    beside = upload_rows.beside(event, stay, course) if is_second else None
    return Judged(
        result=Result(nonce=item.nonce, code=reason, admission=told) if counts else Result(nonce=item.nonce, code="annulled"),
        row=row,
        event=event,
        noted=(upload_rows.two_desks(event, here),) if beside else (),
        beside=beside,
        has_answered=bool(answered),
    )


def _stays_at(here: Here, course: Course) -> list[Stay]:
    return [stay for stay in course.stays() if stay.signup_id == here.signup_id]


def _told(case: Case, person: Person, here: Here, verdict: Verdict, event: Event, stay: Stay | None) -> Admission:
    """As at the door, but for points: they are on their way, and nobody waits at the desk any more."""
    is_out = event.direction == "out"
    told = admission.admission(
        case.scan.asking,
        person,
        here,
        verdict if verdict.reason == "ok" else Verdict(reason="ok", session=verdict.session),
        attendance_id=None,
        at=stay.out_at if stay and is_out and stay.out_at else event.at,
        in_at=stay.in_at if stay else None,
        minutes=stay.minutes if stay and is_out else None,
    )
    waits = told.waits and stay is not None and not stay.is_by_code
    return msgspec.structs.replace(told, waits=waits, force_sent=event.force_sent)
