"""A refused scan: its row in the log, and the refusal with the facts that the scanner may show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import structs

from schedules import codes, reasons, scans
from schedules.codes import Venue
from schedules.decision import Verdict
from schedules.errors import Refusal
from schedules.scans import Entry, Here
from timebank.actions.door import turned_away_facts, unknown_codes
from timebank.actions.door.admission import Met, Outcome, met, notes
from timebank.actions.door.door import Asking, Known, Person
from timebank.actions.door.turned_away_facts import Beside, Turned, at_doors, beside
from timebank.people.callers import NotAllowed
from timebank.people.devices import Called

NOT_KEPT = frozenset(("not_allowed", "desk_revoked", "nonce_conflict"))
"""For the security log, or nothing at all (checkin.md, "What is stored for refusals")."""
UNIDENTIFIED = NOT_KEPT | {"unknown_pass", "foreign_pass", "bad_signature"}
"""Reasons that say nothing about a person: whom the code claims to be is not told and not kept."""


async def turn_away(turned: Sequence[Turned]) -> list[Outcome]:
    """What the scanner of each is told and the log gets. Runs in the transaction of `scan`; few statements for however many."""
    told = [_refusal(one, details(one, found)) for one, found in zip(turned, await beside(turned), strict=True)]
    kept = [(n, one) for n, one in enumerate(turned) if one.verdict.reason not in NOT_KEPT]
    scanners = {one.asking.scanner_id: one.now for _, one in kept if _person(one) is None}
    full = {scanner_id: await unknown_codes.too_many(scanner_id, now) for scanner_id, now in scanners.items()}
    doors = await at_doors([(n, one) for n, one in kept if one.here is None])
    entries = {n: _entry(one, doors.get(n)) for n, one in kept}
    return [
        Outcome(refusal=wait)
        if n in entries and _person(one) is None and (wait := full[one.asking.scanner_id])
        else Outcome(refusal=told[n], entry=entries.get(n))
        for n, one in enumerate(turned)
    ]


def _person(one: Turned) -> Person | None:
    return one.known.member if one.verdict.reason not in UNIDENTIFIED else None


def _entry(one: Turned, at_door: UUID | None) -> Entry:
    """With the door where it happened: its organiser looks for whom it turned away, and so they stand in its log."""
    person, asking = _person(one), one.asking
    made = scans.entry(asking.sent(one.now, person), one.verdict, person.id if person else None, one.here)
    if one.here:
        return made
    shown = codes.read(asking.raw_code) if asking.is_self and one.verdict.reason not in UNIDENTIFIED else None
    session_id = shown.session_id if isinstance(shown, Venue) else at_door
    return structs.replace(made, scan=structs.replace(made.scan, session_id=str(session_id) if session_id else None))


async def refusal(
    asking: Asking, known: Known, verdict: Verdict, here: Here | None, now: datetime, own: dict[str, Any] | None = None
) -> Refusal:
    """The refusal of that name with its facts; `own`: what only this reason has to say, where that is not as it stands now.

    Staff notes are of their own neighbours and of who is signed up with them: a card of elsewhere tells a desk none.
    """
    one = Turned(asking, known, verdict, here, now)
    return _refusal(one, details(one, (await beside([one]))[0]) if own is None else own)


def _refusal(one: Turned, own: dict[str, Any]) -> Refusal:
    asking, known, here, reason = one.asking, one.known, one.here, one.verdict.reason
    if reason == "not_allowed":
        return NotAllowed(right="scan")
    facts: dict[str, Any] = {}
    if here:
        facts["session"] = met(here)
    if known.member and not asking.is_self and reason not in UNIDENTIFIED:
        facts |= {"name": known.member.name, "number": known.member.number}
        if here or known.member.is_within:
            facts["notes"] = notes(asking, known.member, here)
    return reasons.REFUSALS[reason](**facts, **own)


def details(one: Turned, found: Beside) -> dict[str, Any]:
    """What only this reason has to say."""
    known, verdict = one.known, one.verdict
    match verdict.reason:
        case "unknown_pass" if known.key_was_removed:
            return {"key_was_removed": True}
        case "unknown_pass":
            return {"typed": typed} if (typed := codes.letters_typed(one.asking.raw_code)) else {}
        case "blocked":
            may_read = known.member and known.member.is_within and one.asking.override_nodes
            return {"staff_reason": known.member.state_reason} if known.member and may_read else {}
        case "not_signed_up_here" | "already_elsewhere":
            return {"elsewhere": found.elsewhere} if verdict.reason == "not_signed_up_here" or one.elsewhere[0] else {}
        case "ambiguous":
            return {"choices": [met(place) for choice in verdict.choices if (place := known.here(choice))]}
    return _of_place(one, one.here, found) if one.here else {}


def _of_place(one: Turned, here: Here, found: Beside) -> dict[str, Any]:
    match one.verdict.reason:
        case "too_early":
            return {"opens_at": here.opens_at, "time": local_time(here.opens_at, here)}
        case "too_late":
            return {"closed_at": here.closes_at, "time": local_time(here.closes_at, here)}
        case "incomplete":
            return {"questions": found.questions, "open": one.verdict.questions}
        case "already_in" if here.first_at and here.first_scan:
            began_at = one.stay.in_at if one.stay else here.first_at
            return since(here, here.first_at, began_at, found.desk, has_left=one.stay is None)
    return {}


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


async def elsewhere(asking: Asking, known: Known, session_id: UUID, at: datetime) -> list[Met]:
    """The session where the person was then: told to the person, and to staff who may see it."""
    if known.member is None:
        return []
    person = {"n": 0, "person": known.member.id, "is_self": asking.is_self, "nodes": asking.nodes}
    return (await turned_away_facts.elsewhere([person | {"session": session_id, "at": at}])).get(0, [])
