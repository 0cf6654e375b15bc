"""What the form for one booking sends, read: when, how many, for whom, with what. A fault names its field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta

from schedules import walltimes
from schedules.errors import NotFound
from schedules.intervals import NotAfterStart, proper
from schedules.walltimes import DAY, LocalTimes, When
from schedules.wishes import Borrowed, Wish
from timebank.actions.rooms.keep_spaces import WrongTime
from timebank.pages.forms import Short, figure

T = TypeVar("T")


class Choice(msgspec.Struct):
    """What the booking form sends: instants that were tapped, or wall times that were typed."""

    key: Short = ""
    starts_at: Short = ""
    ends_at: Short = ""
    day: Short = ""
    start: Short = ""
    end: Short = ""
    purpose: Annotated[str, Meta(max_length=200)] = ""
    people: Short = "1"
    units: Short = "1"
    team: Short = ""
    for_house: Short = ""
    for_phone: Short = ""
    against: Annotated[str, Meta(max_length=200)] = ""


def wish_of(space_id: UUID, typed: Choice, borrowed: tuple[Borrowed, ...] = ()) -> Wish:
    """Raises Malformed, which names the field."""
    return Wish(
        space_id,
        when_of(typed),
        typed.purpose.strip(),
        figure("people", typed.people, 1, 10_000),
        counts=not typed.for_house,
        units=figure("units", typed.units, 1, 200),
        team_id=_team(typed.team),
        accessories=borrowed,
    )


def _team(text: str) -> UUID | None:
    """Raises NotFound."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFound(what="team") from None


def borrowed_of(form: Any) -> tuple[Borrowed, ...]:
    """What is to be borrowed: one field for each thing, `borrow_<its id>`. Raises WrongFigure."""
    found = []
    for name, value in form.multi_items():
        if name.startswith("borrow_") and str(value).strip() not in ("", "0"):
            thing = _read("borrow", UUID, name.removeprefix("borrow_"))
            found.append(Borrowed(thing, figure("borrow", str(value), 0, 10_000)))
    return tuple(found)


def when_of(typed: Choice) -> When:
    """Tapped instants, or typed wall times; an end before the start is on the next day."""
    if typed.starts_at and typed.ends_at:
        return proper(instant(typed.starts_at), instant(typed.ends_at))
    day, start, end = _read("day", date.fromisoformat, typed.day), _clock("start", typed.start), _clock("end", typed.end)
    if end == start:
        raise NotAfterStart(field="end", reason="the end must lie after the start")
    last = day if end > start else walltimes.of_our_days(day) + DAY
    return LocalTimes(datetime.combine(day, start), datetime.combine(last, end))


def _clock(field: str, text: str) -> time:
    return _read(field, time.fromisoformat, text).replace(tzinfo=None)


def instant(text: str) -> datetime:
    """Raises WrongTime."""
    moment = _read("start", datetime.fromisoformat, text)
    if moment.tzinfo is None:
        raise WrongTime(field="start", reason="an instant with its offset")
    walltimes.of_our_days(moment.date(), "start")
    return moment


def _read(field: str, how: Callable[[str], T], text: str) -> T:
    try:
        return how(text.strip())
    except ValueError as error:
        raise WrongTime(field=field, reason="not a day or a time") from error
