"""What an accepted scan is told: by the desk's screen, by the phone, and again to every repeat."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from schedules.decision import Verdict
from schedules.errors import Refusal
from schedules.scans import Entry, Here
from timebank.actions.door.door import Asking, Known, Person
from timebank.outbox.intents import Promise


class Outcome(msgspec.Struct, frozen=True):
    """An admission or a refusal, the entry that the log gets for it, and the promise to be rung for after the commit."""

    admission: Admission | None = None
    refusal: Refusal | None = None
    entry: Entry | None = None
    intent_id: UUID | None = None


class Met(msgspec.Struct, frozen=True, kw_only=True):
    """The session at whose door somebody is."""

    id: UUID
    activity_id: UUID
    title: str
    title_en: str
    place: str
    place_en: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str


class Admission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An accepted scan. `minutes` and `points` (1/100 point, on the way) come with the way out.

    `points` is None where none are promised: the activity is no voluntary service, or a second person confirms first (`waits`).
    `attendance_id` is None for a way out without a way in.
    """

    direction: Literal["in", "out"]
    session: Met
    attendance_id: UUID | None
    name: str
    """Empty where the person has given none: show the number."""
    number: int
    role: str
    role_en: str
    notes: tuple[str, ...]
    at: datetime
    in_at: datetime | None
    minutes: int | None = None
    points: int | None = None
    waits: bool = False
    is_late: bool = False
    is_self: bool = False
    lacks_entry: bool = False
    was_out: bool = False
    """A way out after the way out: `at` is when the person left, and this scan changes nothing (checkin-51)."""
    force_sent: bool = False
    forced: bool = False
    questions_open: bool = False


def met(here: Here) -> Met:
    """The session of a sign-up."""
    return Met(
        id=UUID(here.session),
        activity_id=here.activity_id,
        title=here.title,
        title_en=here.title_en,
        place=here.place,
        place_en=here.place_en,
        starts_at=here.starts_at,
        ends_at=here.ends_at,
        time_zone=here.time_zone,
    )


def notes(asking: Asking, person: Person, here: Here | None) -> tuple[str, ...]:
    """What staff should know, the person's before the activity's (checkin-11); nothing at self check-in.

    The activity's is about coming in: who leaves is not shown it.
    """
    of_activity = here.note if here and asking.direction == "in" else ""
    return () if asking.is_self else tuple(note for note in (person.note, of_activity) if note)


def kept(told: Admission) -> Admission:
    """What the log keeps of it for the repeat: without what staff wrote, which nobody can take out of there again."""
    return msgspec.structs.replace(told, notes=())


def again(answer: str | msgspec.Raw, asking: Asking, known: Known) -> Admission:
    """What was kept, with the notes as they are now."""
    told = msgspec.json.decode(answer, type=Admission)
    here = known.here(str(told.session.id))
    return msgspec.structs.replace(told, notes=notes(asking, known.member, here) if known.member else ())


def admission(
    asking: Asking,
    person: Person,
    here: Here,
    verdict: Verdict,
    *,
    attendance_id: UUID | None,
    at: datetime,
    in_at: datetime | None,
    minutes: int | None = None,
    promise: Promise | None = None,
    was_out: bool = False,
) -> Admission:
    """The admission that a verdict of `ok` leads to."""
    return Admission(
        direction=asking.direction,
        session=met(here),
        attendance_id=attendance_id,
        name=person.name,
        number=person.number,
        role=here.role,
        role_en=here.role_en,
        notes=notes(asking, person, here),
        at=at,
        in_at=in_at,
        minutes=minutes,
        points=promise.amount if promise else None,
        waits=promise is None and here.is_service and bool(minutes),
        is_late=verdict.is_late,
        is_self=asking.is_self,
        lacks_entry=verdict.lacks_entry,
        was_out=was_out,
        force_sent=bool(asking.override_reason),
        forced=verdict.is_forced,
        questions_open=verdict.questions_open,
    )
