"""What becomes of a scan of an upload: turned away by its desk, objected to by the server, or somebody was let in or out."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schedules import door_questions, presence
from schedules.decision import Verdict
from schedules.presence import Event, Stay
from schedules.scans import Here
from schedules.standing import History
from timebank.actions import admission, turned_away, upload_rows
from timebank.actions.admission import Admission
from timebank.actions.door import Person
from timebank.actions.queue import Result
from timebank.actions.upload_facts import Case
from timebank.actions.upload_rows import Judged


async def turned_away_by_desk(case: Case, verdict: Verdict) -> Judged:
    """Nobody was let in. Kept with the desk's own reason; disputed where the server let the person in, or would have.

    "Already in" says that somebody stood there, and is evidence only where the server says no worse: else it is disputed.
    """
    item, known, here = case.one.item, case.known, case.known.here(verdict.session)
    accepted = next((row for row in case.earlier if row.reason == "ok"), None)
    says_there = item.reason == "already_in"
    is_evidence = says_there and verdict.reason in ("ok", "already_in")
    disputed = accepted is not None or verdict.reason == "ok" or (says_there and not is_evidence)
    own = Verdict(reason=item.reason, session=verdict.session, questions=verdict.questions, choices=verdict.choices)
    refusal = await turned_away.refusal(case.scan.asking, known, own, here, case.one.at)
    event = upload_rows.event(case, known.member, own, here) if is_evidence and here and known.member else None
    if event and case.history and not case.past.is_undone(event):
        case.history.events.append(event)
    note = upload_rows.disputed(case, here, accepted.id if accepted else None, "ok" if accepted else verdict.reason)
    row = upload_rows.row(case, own, here)
    return Judged(
        result=Result(nonce=item.nonce, code=item.reason, refusal=refusal, disputed=disputed),
        # The view `presence` takes "already in" of a sign-up for evidence: without the sign-up it is only somebody's word.
        row=msgspec.structs.replace(row, signup_id=row.signup_id if event or not says_there else None),
        event=event,
        noted=(note,) if disputed else (),
    )


async def objected_to(case: Case, verdict: Verdict, here: Here | None) -> Judged:
    """The desk let the person in, or left it open, and the server objects: kept, and shown to the organiser."""
    refusal = await turned_away.refusal(case.scan.asking, case.known, verdict, here, case.one.at)
    return Judged(
        result=Result(nonce=case.one.item.nonce, code=verdict.reason, refusal=refusal, disputed=True),
        row=upload_rows.row(case, verdict, here),
        noted=(upload_rows.refused(case, verdict, here),),
    )


async def let_through(case: Case, person: Person, verdict: Verdict, here: Here, history: History) -> Judged:
    """A second way in that begins no stay of its own is kept as such, whichever of the two came first (checkin-78)."""
    item = case.one.item
    event = upload_rows.event(case, person, verdict, here)
    stood = _stays_at(here, history)
    if not case.past.is_undone(event):
        history.events.append(event)
    stays = _stays_at(here, history)
    is_second = item.direction == "in" and len(stays) <= len(stood) and event in history.events
    stay = next((stay for stay in reversed(stays) if stay.holds(event)), None)
    reason = "duplicate_offline" if is_second or verdict.reason == "already_in" else "ok"
    told = _told(case, person, here, verdict, event, stay)
    if item.answers:
        await door_questions.answer(
            here, here.signup_id, person.id, dict(item.answers), case.one.at, scanner_id=event.scanner_id, nonce=event.nonce
        )
    row = msgspec.structs.replace(
        upload_rows.row(case, verdict, here, told), reason=reason, person_id=person.id, is_own=person.is_own
    )
    noted = (upload_rows.two_desks(event, stay, here, history),) if is_second else ()
    return Judged(
        result=Result(nonce=item.nonce, code=reason, admission=told),
        row=row,
        event=event,
        noted=tuple(note for note in noted if note),
    )


def _stays_at(here: Here, history: History) -> Sequence[Stay]:
    found = presence.derive(history.events, history.terms, presence.BEFORE_ALL)
    return [stay for stay in found if stay.signup_id == here.signup_id]


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
    return msgspec.structs.replace(told, waits=told.waits and stay is not None and not stay.is_by_code)
