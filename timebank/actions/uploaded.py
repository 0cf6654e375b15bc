"""One scan of an upload: what was known when it happened, what the server says of it, and how that differs from the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from schedules import codes, door_questions, presence, sql
from schedules.codes import Card, Phone, Typed
from schedules.conflicts import Noted
from schedules.decision import Asked, Inside, Verdict, decide
from schedules.presence import Event, Stay
from schedules.reasons import DeskRevoked, NonceConflict
from schedules.scans import Here, Row
from schedules.standing import History
from timebank.actions import admission, door, turned_away
from timebank.actions.admission import Admission
from timebank.actions.door import Known, Person, Scan
from timebank.actions.queue import OWN, Item, Result, Timed
from timebank.people.callers import Caller, NotAllowed


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """A row of this desk's with the same nonce. `is_disputed`: an organiser is shown it."""

    id: int
    nonce: str
    source: str
    reason: str
    desk_reason: str | None
    session_id: UUID | None
    raw_code: str
    answer: str | None
    is_disputed: bool


class Past(msgspec.Struct, frozen=True):
    """What came before with these nonces: rows of the log, and undos with the instant that counts, None for staff's."""

    rows: dict[str, list[Before]]
    undone: dict[str, list[tuple[UUID | None, datetime | None]]]

    def is_undone(self, event: Event) -> bool:
        """As the view `passage` has it: by staff, or within fifteen minutes by the desk, but not by whom it is about."""
        mine = event.person_id
        return any(
            when is None or (when <= event.at + UNDO and mine not in (by_id, event.scanner_id))
            for by_id, when in self.undone.get(event.nonce, [])
        )


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """The result, the row for the log and the evidence that it is, where there is any; and what to note for the organiser."""

    result: Result
    row: Row | None = None
    event: Event | None = None
    noted: tuple[Noted, ...] = ()


UNDO = presence.UNDO
LOCK_DESK = "SELECT 1 FROM device WHERE id = $1 AND revoked_at IS NULL FOR NO KEY UPDATE"
LOCK_MEMBER = "SELECT 1 FROM member WHERE id = $1 FOR NO KEY UPDATE"
HOLDERS = """
SELECT member_id FROM pass WHERE id = ANY ($1) OR typed_code = ANY ($2)
UNION SELECT member_id FROM phone_pass WHERE id = ANY ($1)
"""
BEFORE = """
SELECT c.id, c.nonce, c.source, c.reason, c.desk_reason, c.session_id, c.raw_code, c.answer::text,
       EXISTS (SELECT FROM door_conflict x WHERE x.scan_id = c.id AND x.kind IN ('disputed', 'refused_upload')) AS is_disputed
  FROM scan c WHERE c.scanner_id = $1 AND c.nonce = ANY ($2) ORDER BY c.id
"""
UNDONE = """
SELECT scan_nonce, operator_id, CASE WHEN by_id IS NULL THEN counts_at END AS at
  FROM scan_undo WHERE scanner_id = $1 AND scan_nonce = ANY ($2)
"""
REPLACED = """
SELECT id, revoked_at FROM pass WHERE id = ANY ($1) OR typed_code = ANY ($2)
UNION ALL SELECT id, revoked_at FROM phone_pass WHERE id = ANY ($1)
"""


async def lock_desk(caller: Caller) -> None:
    """One upload or undo of a scanner at a time. Raises DeskRevoked where the desk was withdrawn meanwhile."""
    # The same queue sent twice at once, or a scan beside its undo: the second waits here and finds what the first has kept.
    statement = LOCK_DESK if caller.device_kind == "desk" else LOCK_MEMBER
    if not await sql.rows(statement, door.scanner_id(caller)):
        raise DeskRevoked()


async def holders(scans: Sequence[Scan]) -> list[UUID]:
    """Whom the codes lead to, before anything about them is believed: for locks."""
    found = await sql.rows(HOLDERS, *_named(scans))
    return [row["member_id"] for row in found]


def _named(scans: Sequence[Scan]) -> tuple[list[UUID], list[str]]:
    ids = [scan.code.pass_id for scan in scans if isinstance(scan.code, Card | Phone)]
    return ids, [scan.code.code for scan in scans if isinstance(scan.code, Typed)]


async def past(scanner_id: UUID, nonces: Sequence[str]) -> Past:
    """Two statements."""
    rows: dict[str, list[Before]] = {}
    undone: dict[str, list[tuple[UUID | None, datetime | None]]] = {}
    for row in await sql.rows(BEFORE, scanner_id, list(nonces)):
        rows.setdefault(row["nonce"], []).append(Before(**dict(row)))
    for row in await sql.rows(UNDONE, scanner_id, list(nonces)):
        undone.setdefault(row["scan_nonce"], []).append((row["operator_id"], row["at"]))
    return Past(rows, undone)


async def judge(one: Timed, scan: Scan, known: Known, history: History | None, before: Past, now: datetime) -> Judged:
    """What the server says of it at its own time, and what is to be written. `history` gains the evidence that it is."""
    item, earlier = one.item, before.rows.get(one.item.nonce, [])
    asked = door.asked(scan, known)
    if known.is_allowed and not asked.is_allowed:
        # Who overruled has gone home: judged without, so that the server's own refusal is kept and shown (checkin-78).
        asked = msgspec.structs.replace(asked, is_allowed=True, is_override=False)
    if not asked.is_allowed:
        return Judged(result=Result(nonce=item.nonce, code="not_allowed", refusal=NotAllowed(right="scan")))
    kept = next((row for row in earlier if _is_repeat(one, row)), None)
    if asked.earlier == "other" or (kept and kept.raw_code != codes.kept(item.code) and kept.reason != "ok"):
        return Judged(result=Result(nonce=item.nonce, code="nonce_conflict", refusal=NonceConflict()))
    if kept:
        return Judged(result=await _again(one, scan, known, kept))
    if any(row.source == "upload" and row.reason != "ok" for row in earlier):
        # One nonce is one scan: refused by the desk, it is not let in under the same name, nor the other way round.
        return Judged(result=Result(nonce=item.nonce, code="nonce_conflict", refusal=NonceConflict()))
    asked = await _then(asked, scan, known, history, one.at)
    verdict = decide(asked)
    if verdict.reason == "already_elsewhere" and (item.is_admission or item.reason == "already_in"):
        # The person did go in there: the stay before ends at that moment (schedules/presence.py).
        verdict = decide(msgspec.structs.replace(asked, inside=None))
    if item.is_refusal:
        return await _refused_by_desk(one, scan, known, verdict, earlier, history, before, now)
    here = known.here(verdict.session)
    if verdict.reason not in ("ok", "already_in") or here is None or known.member is None or history is None:
        return await _refused_by_server(one, scan, known, verdict, here, now)
    return await _admitted(one, scan, known.member, verdict, here, history, before, now)


def _is_repeat(one: Timed, row: Before) -> bool:
    """A refusal of the desk repeats only such a refusal (checkin-19); anything else what was kept of it, or accepted."""
    if one.item.is_refusal:
        return row.source == "upload" and row.desk_reason not in OWN
    return row.reason == "ok" or (row.source == "upload" and row.desk_reason in OWN)


async def _again(one: Timed, scan: Scan, known: Known, kept: Before) -> Result:
    """The answer that was given before."""
    if kept.answer:
        told = admission.again(kept.answer, scan.asking, known)
        return Result(nonce=one.item.nonce, code=kept.reason, admission=told, disputed=kept.is_disputed)
    session = str(kept.session_id) if kept.session_id else None
    verdict = Verdict(reason=kept.reason, session=session)
    refusal = await turned_away.refusal(scan.asking, known, verdict, known.here(session), one.at)
    return Result(nonce=one.item.nonce, code=kept.reason, refusal=refusal, disputed=kept.is_disputed)


async def _then(asked: Asked, scan: Scan, known: Known, history: History | None, at: datetime) -> Asked:
    """The question with what was so at that instant: who had come by then, and a pass that was replaced only later."""
    stays = presence.derive([event for event in history.events if event.at < at], history.terms, at) if history else []
    inside = presence.inside_at(history.events, history.terms, at) if history else None
    code = asked.code
    if code.is_replaced and await _was_in_force(scan, at):
        code = msgspec.structs.replace(code, is_replaced=False)
    return msgspec.structs.replace(
        asked,
        earlier="none",
        code=code,
        places=tuple(
            msgspec.structs.replace(place, entries=sum(stay.signup_id == place.signup_id for stay in stays))
            for place in known.schedule.places
        ),
        inside=Inside(session=str(inside.session_id), closes_at=_closes_at(inside, history)) if inside and history else None,
    )


def _closes_at(stay: Stay, history: History) -> datetime:
    return history.terms[stay.session_id].closes_at


async def _was_in_force(scan: Scan, at: datetime) -> bool:
    found = await sql.rows(REPLACED, *_named([scan]))
    return any(row["revoked_at"] is not None and row["revoked_at"] > at for row in found)


async def _refused_by_desk(
    one: Timed,
    scan: Scan,
    known: Known,
    verdict: Verdict,
    earlier: Sequence[Before],
    history: History | None,
    before: Past,
    now: datetime,
) -> Judged:
    """Nobody was let in. Kept with the desk's own reason; disputed where the server let the person in, or would have.

    "Already in" says that somebody stood there, and is evidence only where the server says no worse: else it is disputed.
    """
    item, here = one.item, known.here(verdict.session)
    accepted = next((row for row in earlier if row.reason == "ok"), None)
    says_there = item.reason == "already_in"
    is_evidence = says_there and verdict.reason in ("ok", "already_in")
    disputed = accepted is not None or verdict.reason == "ok" or (says_there and not is_evidence)
    own = Verdict(reason=item.reason, session=verdict.session, questions=verdict.questions, choices=verdict.choices)
    refusal = await turned_away.refusal(scan.asking, known, own, here, one.at)
    event = _event(one, scan, known.member, own, here) if is_evidence and here and known.member else None
    if event and history and not before.is_undone(event):
        history.events.append(event)
    note = Noted(
        key=f"disputed:{scan.asking.scanner_id}:{item.nonce}",
        kind="disputed",
        activity_id=here.activity_id if here else item.activities[0],
        session_id=UUID(here.session) if here else item.session,
        person_id=known.member.id if known.member else None,
        other_scan=accepted.id if accepted else None,
        detail={"server": "ok" if accepted else verdict.reason} | _remark(item),
    )
    row = _row(one, scan, known, own, here, now)
    return Judged(
        result=Result(nonce=item.nonce, code=item.reason, refusal=refusal, disputed=disputed),
        # The view `presence` takes "already in" of a sign-up for evidence: without the sign-up it is only somebody's word.
        row=msgspec.structs.replace(row, signup_id=row.signup_id if event or not says_there else None),
        event=event,
        noted=(note,) if disputed else (),
    )


def _remark(item: Item) -> dict[str, str]:
    """What was written down at the desk, for the organiser."""
    return {"remark": item.remark.strip()} if item.remark.strip() else {}


async def _refused_by_server(
    one: Timed, scan: Scan, known: Known, verdict: Verdict, here: Here | None, now: datetime
) -> Judged:
    """The desk let the person in, or left it open, and the server objects: kept, and shown to the organiser."""
    item = one.item
    note = Noted(
        key=f"refused_upload:{scan.asking.scanner_id}:{item.nonce}",
        kind="refused_upload",
        activity_id=here.activity_id if here else item.activities[0],
        session_id=UUID(here.session) if here else item.session,
        person_id=known.member.id if known.member and verdict.reason not in turned_away.UNIDENTIFIED else None,
        detail=_remark(item),
    )
    refusal = await turned_away.refusal(scan.asking, known, verdict, here, one.at)
    return Judged(
        result=Result(nonce=item.nonce, code=verdict.reason, refusal=refusal, disputed=True),
        row=_row(one, scan, known, verdict, here, now),
        noted=(note,),
    )


async def _admitted(
    one: Timed, scan: Scan, person: Person, verdict: Verdict, here: Here, history: History, before: Past, now: datetime
) -> Judged:
    """A second way in that begins no stay of its own is kept as such, whichever of the two came first (checkin-78)."""
    item = one.item
    event = _event(one, scan, person, verdict, here)
    stood = _stays_at(here, history)
    if not before.is_undone(event):
        history.events.append(event)
    stays = _stays_at(here, history)
    is_second = item.direction == "in" and len(stays) <= len(stood) and event in history.events
    stay = next((stay for stay in reversed(stays) if stay.holds(event)), None)
    reason = "duplicate_offline" if is_second or verdict.reason == "already_in" else "ok"
    told = _told(scan, person, here, verdict, event, stay)
    if item.answers:
        await door_questions.answer(
            here, here.signup_id, person.id, dict(item.answers), one.at, scanner_id=event.scanner_id, nonce=event.nonce
        )
    row = msgspec.structs.replace(
        _row(one, scan, None, verdict, here, now, told), reason=reason, person_id=person.id, is_own=person.is_own
    )
    noted = (_two_desks(event, stay, here, history),) if is_second else ()
    return Judged(
        result=Result(nonce=item.nonce, code=reason, admission=told),
        row=row,
        event=event,
        noted=tuple(note for note in noted if note),
    )


def _stays_at(here: Here, history: History) -> list[Stay]:
    found = presence.derive(history.events, history.terms, presence.BEFORE_ALL)
    return [stay for stay in found if stay.signup_id == here.signup_id]


def _told(scan: Scan, person: Person, here: Here, verdict: Verdict, event: Event, stay: Stay | None) -> Admission:
    """As at the door, but for points: they are on their way, and nobody waits at the desk any more."""
    is_out = event.direction == "out"
    told = admission.admission(
        scan.asking,
        person,
        here,
        verdict if verdict.reason == "ok" else Verdict(reason="ok", session=verdict.session),
        attendance_id=None,
        at=stay.out_at if stay and is_out and stay.out_at else event.at,
        in_at=stay.in_at if stay else None,
        minutes=stay.minutes if stay and is_out else None,
    )
    return msgspec.structs.replace(told, waits=told.waits and stay is not None and not stay.is_by_code)


def _two_desks(event: Event, stay: Stay | None, here: Here, history: History) -> Noted | None:
    """The way in beside this one, at whichever desk; none where the desk repeats itself under another nonce."""
    others = [
        other
        for other in sorted(history.events, key=lambda other: other.order)
        if other.direction == "in" and other.signup_id == event.signup_id and other is not event and other.scan_id
    ]
    other = next((other for other in others if stay is None or stay.holds(other)), None)
    if other is None:
        return None
    return Noted(
        key=f"two_desks:{event.scanner_id}:{event.nonce}",
        kind="two_desks",
        activity_id=here.activity_id,
        session_id=UUID(here.session),
        person_id=event.person_id,
        other_scan=other.scan_id,
    )


def notes(judged: Judged, ids: Mapping[tuple[UUID, str], int]) -> list[Noted]:
    """What is to be noted, with the scan that it is about."""
    if judged.row is None:
        return []
    scan_id = ids[judged.row.scanner_id, judged.row.nonce]
    return [msgspec.structs.replace(note, scan_id=scan_id) for note in judged.noted]


def _event(one: Timed, scan: Scan, person: Person | None, verdict: Verdict, here: Here) -> Event:
    if person is None:
        raise ValueError("nobody")
    return Event(
        scanner_id=scan.asking.scanner_id,
        nonce=one.item.nonce,
        person_id=person.id,
        signup_id=here.signup_id,
        session_id=UUID(here.session),
        direction=one.item.direction,
        source="upload",
        at=one.at,
        force_sent=bool(scan.asking.override_reason),
        forced=verdict.is_forced,
        passed_over=verdict.passed_over,
        is_own=person.is_own,
    )


def _row(
    one: Timed,
    scan: Scan,
    known: Known | None,
    verdict: Verdict,
    here: Here | None,
    now: datetime,
    told: Admission | None = None,
) -> Row:
    """Whom a code claims to be is kept only where it says so truly."""
    item, asking = one.item, scan.asking
    person = known.member if known and verdict.reason not in turned_away.UNIDENTIFIED else None
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
        happened_at=one.happened_at,
        received_at=now,
        skew_ms=one.skew_ms,
        is_late=verdict.is_late,
        lacks_entry=verdict.lacks_entry,
        force_sent=bool(asking.override_reason),
        forced=verdict.is_forced,
        force_reason=asking.override_reason,
        answer=admission.kept(told) if told else None,
        passed_over=verdict.passed_over,
        is_own=person is not None and person.is_own,
        counts_at=one.at,
        desk_reason=item.reason,
    )
