"""What an upload writes of one scan: the row of the log, the evidence that it is, and what is noted for the organiser."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec

from schedules import codes
from schedules.conflicts import Noted
from schedules.courses import Course
from schedules.decision import Verdict
from schedules.presence import EVIDENCE, Event, Stay
from schedules.scans import Here, Row
from timebank.actions.door import admission, turned_away
from timebank.actions.door.admission import Admission
from timebank.actions.door.door import Person
from timebank.actions.uploads.queue import Result
from timebank.actions.uploads.upload_facts import Case


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The result, the row for the log and the evidence that it is, where there is any; and what to note for the organiser.

    `beside`: the way in that a second one is noted beside. `has_answered`: it brought answers, so less is open for the next.
    """

    result: Result
    row: Row | None = None
    event: Event | None = None
    noted: tuple[Noted, ...] = ()
    beside: Event | None = None
    has_answered: bool = False


def notes(judged: Judged, ids: Mapping[tuple[UUID, str], int]) -> list[Noted]:
    """What is to be noted, with the scan that it is about and the one beside it, which may have come in the same group."""
    if judged.row is None:
        return []
    scan_id, other = ids[judged.row.scanner_id, judged.row.nonce], judged.beside
    other_scan = (other.scan_id or ids[other.scanner_id, other.nonce]) if other else None
    return [msgspec.structs.replace(note, scan_id=scan_id, other_scan=other_scan or note.other_scan) for note in judged.noted]


def _passed_over(case: Case, verdict: Verdict) -> tuple[str, ...]:
    """What somebody's word overrules, too: that its desk was withdrawn. As all that is forced it is no class A."""
    by_word = case.one.item.by_word and verdict.reason in EVIDENCE
    return (*verdict.passed_over, "desk_revoked") if by_word else verdict.passed_over


def event(case: Case, person: Person, verdict: Verdict, here: Here) -> Event:
    """The evidence that the person stood there."""
    item, scan = case.one.item, case.scan
    return Event(
        scanner_id=scan.asking.scanner_id,
        nonce=item.nonce,
        person_id=person.id,
        signup_id=here.signup_id,
        session_id=UUID(here.session),
        direction=item.direction,
        source="upload",
        at=case.one.at,
        # An override that nobody here may make begins no stay, neither now nor when an earlier scan turns up later.
        force_sent=bool(scan.asking.override_reason) and case.overrules,
        forced=bool(_passed_over(case, verdict)),
        passed_over=_passed_over(case, verdict),
        is_own=person.is_own,
        is_expected=here.is_expected,
    )


def row(case: Case, verdict: Verdict, here: Here | None, told: Admission | None = None) -> Row:
    """Whom a code claims to be is kept only where it says so truly."""
    item, asking, member = case.one.item, case.scan.asking, case.known.member
    person = member if verdict.reason not in turned_away.UNIDENTIFIED else None
    return Row(
        nonce=item.nonce,
        scanner_id=asking.scanner_id,
        operator_id=asking.operator_id,
        source="upload",
        direction=item.direction,
        raw_code=codes.kept(item.code),
        reason=verdict.reason,
        session_id=here.session if here else None,
        signup_id=here.signup_id if here else None,
        person_id=person.id if person else None,
        happened_at=case.one.happened_at,
        received_at=case.now,
        skew_ms=case.one.skew_ms,
        is_late=verdict.is_late,
        lacks_entry=verdict.lacks_entry,
        force_sent=bool(asking.override_reason),
        forced=bool(_passed_over(case, verdict)),
        force_reason=asking.override_reason,
        answer=admission.kept(told) if told else None,
        passed_over=_passed_over(case, verdict),
        is_own=person is not None and person.is_own,
        counts_at=case.one.at,
        desk_reason=item.reason,
    )


def disputed(case: Case, here: Here | None, other_scan: int | None, server: str) -> Noted:
    """The desk turned somebody away whom the server let in, or would have."""
    member = case.known.member
    return Noted(
        key=f"disputed:{case.scan.asking.scanner_id}:{case.one.item.nonce}",
        kind="disputed",
        activity_id=here.activity_id if here else case.one.item.activities[0],
        session_id=UUID(here.session) if here else case.one.item.session,
        person_id=member.id if member else None,
        other_scan=other_scan,
        detail={"server": server} | _remark(case),
    )


def refused(case: Case, verdict: Verdict, here: Here | None) -> Noted:
    """The desk let somebody in, or left it open, and the server objects."""
    member = case.known.member
    return Noted(
        key=f"refused_upload:{case.scan.asking.scanner_id}:{case.one.item.nonce}",
        kind="refused_upload",
        activity_id=here.activity_id if here else case.one.item.activities[0],
        session_id=UUID(here.session) if here else case.one.item.session,
        person_id=member.id if member and verdict.reason not in turned_away.UNIDENTIFIED else None,
        detail=_remark(case),
    )


def _remark(case: Case) -> dict[str, str]:
    """What was written down at the desk, for the organiser."""
    remark = case.one.item.remark.strip()
    return {"remark": remark} if remark else {}


def two_desks(event: Event, here: Here) -> Noted:
    """A second way in."""
    return Noted(
        key=f"two_desks:{event.scanner_id}:{event.nonce}",
        kind="two_desks",
        activity_id=here.activity_id,
        session_id=UUID(here.session),
        person_id=event.person_id,
    )


def beside(event: Event, stay: Stay | None, course: Course) -> Event | None:
    """The first other way in of the same stay, at whichever desk."""
    return next((other for other in course.events if _is_beside(other, event) and (stay is None or stay.holds(other))), None)


def _is_beside(other: Event, event: Event) -> bool:
    return other.direction == "in" and other.signup_id == event.signup_id and other is not event
