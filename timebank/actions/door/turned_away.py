"""A refused scan: its row in the log, and the refusal with the facts that the scanner may show."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import structs

from schedules import codes, door_questions, reasons, scans, sql
from schedules.codes import Venue
from schedules.decision import NEAR, Verdict
from schedules.errors import Refusal
from schedules.scans import Entry, Here
from timebank.actions.door import unknown_codes
from timebank.actions.door.admission import Met, Outcome, met, notes
from timebank.actions.door.door import Asking, Known, Person
from timebank.people.callers import NotAllowed
from timebank.people.devices import Called

NOT_KEPT = frozenset(("not_allowed", "desk_revoked", "nonce_conflict"))
"""For the security log, or nothing at all (checkin.md, "What is stored for refusals")."""
UNIDENTIFIED = NOT_KEPT | {"unknown_pass", "foreign_pass", "bad_signature"}
"""Reasons that say nothing about a person: whom the code claims to be is not told and not kept."""


async def turn_away(asking: Asking, known: Known, verdict: Verdict, here: Here | None, now: datetime) -> Outcome:
    """What the scanner is told and the log gets. Runs in the transaction of `scan`."""
    if verdict.reason == "not_allowed":
        return Outcome(refusal=NotAllowed(right="scan"))
    person = known.member if verdict.reason not in UNIDENTIFIED else None
    is_kept = verdict.reason not in NOT_KEPT
    if is_kept and person is None and (full := await unknown_codes.too_many(asking.scanner_id, now)):
        return Outcome(refusal=full)
    return Outcome(
        refusal=await refusal(asking, known, verdict, here, now),
        entry=await _entry(asking, verdict, person, here, now) if is_kept else None,
    )


async def _entry(asking: Asking, verdict: Verdict, person: Person | None, here: Here | None, now: datetime) -> Entry:
    """With the door where it happened: its organiser looks for whom it turned away, and so they stand in its log."""
    made = scans.entry(asking.sent(now, person), verdict, person.id if person else None, here)
    if here:
        return made
    shown = codes.read(asking.raw_code) if asking.is_self and verdict.reason not in UNIDENTIFIED else None
    if isinstance(shown, Venue):
        at_door: UUID | None = shown.session_id
    else:
        at_door = await sql.value(AT_DOOR, list(asking.activity_ids), asking.session_id, now, NEAR)
    return structs.replace(made, scan=structs.replace(made.scan, session_id=str(at_door) if at_door else None))


async def refusal(
    asking: Asking, known: Known, verdict: Verdict, here: Here | None, now: datetime, own: dict[str, Any] | None = None
) -> Refusal:
    """The refusal of that name with its facts; `own`: what only this reason has to say, where that is not as it stands now.

    Staff notes are of their own neighbours and of who is signed up with them: a card of elsewhere tells a desk none.
    """
    facts: dict[str, Any] = {}
    if here:
        facts["session"] = met(here)
    if known.member and not asking.is_self and verdict.reason not in UNIDENTIFIED:
        facts |= {"name": known.member.name, "number": known.member.number}
        if here or known.member.is_within:
            facts["notes"] = notes(asking, known.member, here)
    own = await details(asking, known, verdict, here, now) if own is None else own
    return reasons.REFUSALS[verdict.reason](**facts, **own)


async def details(asking: Asking, known: Known, verdict: Verdict, here: Here | None, now: datetime) -> dict[str, Any]:
    """What only this reason has to say."""
    match verdict.reason:
        case "unknown_pass" if known.key_was_removed:
            return {"key_was_removed": True}
        case "unknown_pass":
            return {"typed": typed} if (typed := codes.letters_typed(asking.raw_code)) else {}
        case "blocked":
            may_read = known.member and known.member.is_within and asking.override_nodes
            return {"staff_reason": known.member.state_reason} if known.member and may_read else {}
        case "not_signed_up_here":
            return {"elsewhere": await elsewhere(asking, known, None, now)}
        case "already_elsewhere" if known.schedule.inside:
            return {"elsewhere": await elsewhere(asking, known, UUID(known.schedule.inside.session), now)}
        case "ambiguous":
            return {"choices": [met(place) for choice in verdict.choices if (place := known.here(choice))]}
        case "too_early" if here:
            return {"opens_at": here.opens_at, "time": local_time(here.opens_at, here)}
        case "too_late" if here:
            return {"closed_at": here.closes_at, "time": local_time(here.closes_at, here)}
        case "incomplete" if here:
            return {"questions": await door_questions.worded([each.id for each in here.questions]), "open": verdict.questions}
        case "already_in" if here and here.first_at and here.first_scan:
            return await since_when(here, here.first_at, here.first_scan, now)
    return {}


async def since_when(here: Here, first_at: datetime, first_scan: int, now: datetime) -> dict[str, Any]:
    """Since when the last stay lasts, and where it began; the first one where the person has left for good."""
    last = here.last
    stay = last if last and last.in_at <= now and (last.out_at is None or now < last.out_at) else None
    scan = await sql.value("SELECT in_scan FROM attendance WHERE id = $1", stay.id) if stay else first_scan
    desk = await _desk_of(scan or first_scan)
    return since(here, first_at, stay.in_at if stay else first_at, desk, has_left=stay is None)


def since(here: Here, first_at: datetime, began_at: datetime, desk: Called | None, *, has_left: bool) -> dict[str, Any]:
    """What "already in" tells: when and at which desk the stay began that lasts, or the first one. None: by phone."""
    time, name, name_en = local_time(began_at, here), desk.name if desk else "", desk.name_en if desk else ""
    told, told_en = (f"{time}（{name}）", f"{time} ({name_en or name})") if desk else (time, time)
    return {
        "first_at": first_at,
        "desk": name,
        "desk_en": name_en,
        "since": told,
        "since_en": told_en,
        "has_left": has_left,
    }


def local_time(moment: datetime, here: Here) -> str:
    """As the clock on the wall of that activity shows it."""
    return moment.astimezone(ZoneInfo(here.time_zone)).strftime("%H:%M")


async def _desk_of(scan_id: int) -> Called | None:
    """The desk that made the scan; None where a phone did."""
    found = await sql.row(
        "SELECT d.name, d.name_en FROM passage s, device_called(s.scanner_id, s.at) d WHERE s.id = $1", scan_id
    )
    return Called(*found) if found else None


AT_DOOR = """
SELECT id FROM session
 WHERE activity_id = ANY ($1) AND ($2::uuid IS NULL OR id = $2) AND opens_at <= $3::timestamptz + $4::interval
   AND closes_at >= $3 - $4::interval
 ORDER BY greatest(opens_at - $3, $3 - closes_at, interval '0'), starts_at, id LIMIT 1
"""
"""The session at whose door a scan without a sign-up was made: the one that is open, else the nearest."""

ELSEWHERE = """
SELECT s.id, a.id AS activity_id, a.title, a.title_en, s.place, coalesce(p.name_en, '') AS place_en, s.starts_at, s.ends_at,
       a.time_zone
  FROM signup u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
  JOIN community c ON c.id = a.community_id LEFT JOIN space p ON p.id = s.space_id
 WHERE u.person_id = $1 AND ($2 OR c.ancestor_ids && $3::uuid[])
   AND CASE WHEN $4::uuid IS NULL THEN u.state = 'confirmed' AND s.state = 'planned'
                                       AND s.opens_at <= $5::timestamptz + $6::interval AND s.closes_at >= $5 - $6::interval
            ELSE s.id = $4 END
 ORDER BY s.starts_at, s.id LIMIT 3
"""


async def elsewhere(asking: Asking, known: Known, session_id: UUID | None, now: datetime) -> list[Met]:
    """The session named, else where the person is signed up near now: told to the person, and to staff who may see it."""
    if known.member is None:
        return []
    found = await sql.rows(ELSEWHERE, known.member.id, asking.is_self, asking.nodes, session_id, now, NEAR)
    return [Met(**dict(row)) for row in found]
