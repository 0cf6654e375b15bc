"""The form of one session: another time, place or number of places, a word about it. What was typed, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from schedules import edits
from schedules.edits import Edit
from schedules.plans import SessionPlan
from schedules.sessions import Session
from timebank.actions.activities.edit_session import Addition
from timebank.pages.meaning import NO_DAY, NO_NUMBER, NO_TIME, TOO_MUCH, Faults, read, wall_time
from timebank.pages.organise.plan_meaning import BACKWARDS, NO_PLACE
from timebank.web.words import _

DAY = timedelta(days=1)

T = TypeVar("T")
LABELS = {
    "day": _("Day"),
    "start": _("Starts"),
    "end": _("Ends"),
    "space": _("Room"),
    "place": _("Place in words"),
    "note": _("What is special this time"),
    "note_en": _("The same in English (if you like)"),
}
"""What fields are called where all that is wrong is listed."""
FIELDS = {"starts": "day", "ends": "end", "space_id": "space"}


class DateForm(msgspec.Struct):
    """Everything as typed. `overnight`: it ends the next day. `places` by the id of the role."""

    day: str = ""
    start: str = ""
    end: str = ""
    overnight: str = ""
    space: str = ""
    place: str = ""
    note: str = ""
    note_en: str = ""
    places: dict[str, str] = {}


PLAIN = [name for name in DateForm.__struct_fields__ if name != "places"]


def typed(sent: Mapping[str, Any]) -> DateForm:
    """The form as the browser sent it."""
    plain = {name: str(sent.get(name, "")) for name in PLAIN}
    places = {key.removeprefix("places-"): str(value) for key, value in sent.items() if key.startswith("places-")}
    return msgspec.convert(plain | {"places": places}, DateForm)


def of_session(session: Session, later: timedelta = timedelta()) -> DateForm:
    """The session as it stands, or some days later."""
    as_it_is = edits.as_edit(session)
    starts, ends = as_it_is.starts + later, as_it_is.ends + later
    return DateForm(
        day=str(starts.date()),
        start=f"{starts:%H:%M}",
        end=f"{ends:%H:%M}",
        overnight="1" if ends.date() > starts.date() else "",
        space=str(as_it_is.space_id or ""),
        place=as_it_is.place,
        note=as_it_is.note,
        note_en=as_it_is.note_en,
        places={str(role): "" if number is None else str(number) for role, number in as_it_is.places.items()},
    )


def edit_of(form: DateForm) -> Edit:
    """The edit that was typed. Raises Faults with every field that makes no sense."""
    faults: dict[str, str] = {}
    values = _values(form, faults) | {"note": form.note.strip(), "note_en": form.note_en.strip()}
    values["places"] = {role: _number(text, f"places-{role}", faults) for role, text in form.places.items()}
    return _checked(values, Edit, faults)


def addition_of(form: DateForm) -> Addition:
    """The further session that was typed. Raises Faults."""
    faults: dict[str, str] = {}
    return _checked(_values(form, faults), Addition, faults)


def _checked(values: dict[str, Any], kind: type[T], faults: dict[str, str]) -> T:
    if faults:
        raise Faults(faults)
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as error:
        field = str(error).partition("`$.")[2].split("`")[0].split("[")[0]
        raise Faults({FIELDS.get(field, field): TOO_MUCH}) from error


def _values(form: DateForm, faults: dict[str, str]) -> dict[str, Any]:
    day = read(date.fromisoformat, form.day, "day", NO_DAY, faults)
    start = read(wall_time, form.start, "start", NO_TIME, faults)
    end = read(wall_time, form.end, "end", NO_TIME, faults)
    if not form.space.strip() and not form.place.strip():
        faults["space"] = NO_PLACE
    if faults:
        return {}
    if end <= start and not form.overnight:
        faults["end"] = BACKWARDS
    room: UUID | None = read(UUID, form.space, "space", NO_PLACE, faults) if form.space.strip() else None
    return {
        "starts": datetime.combine(day, start),
        "ends": datetime.combine(day, end) + (DAY if form.overnight else timedelta()),
        "space_id": room,
        "place": "" if room else form.place.strip(),
    }


def _number(text: str, field: str, faults: dict[str, str]) -> int | None:
    return read(int, text, field, NO_NUMBER, faults) if text.strip() else None


def at_time(form: DateForm, starts: datetime, ends: datetime) -> None:
    """Puts the session to another time of the same room, as a refusal offered it."""
    plan = SessionPlan(starts=starts, ends=ends)
    form.day, form.start, form.end = str(plan.starts.date()), f"{plan.starts:%H:%M}", f"{plan.ends:%H:%M}"
    form.overnight = "1" if plan.ends.date() > plan.starts.date() else ""
