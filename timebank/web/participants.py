"""Lists of participants as tables: one line a sign-up, or one a person with their half days or days (schedule-98, 101)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from schedules.half_days import days, halves
from timebank.actions.activities.see_participants import Participants
from timebank.hours.participation import Line
from timebank.web import formats
from timebank.web.sheets import Cell, Sheet
from timebank.web.words import Language, _, say

By = Literal["lines", "half_days", "days"]
STATES = {
    "expected": _("expected"),
    "absent": _("did not come"),
    "excused": _("excused"),
    "here": _("here"),
    "came": _("came"),
}


def table(found: Participants, by: By, language: Language) -> Sheet:
    """The table as the page shows it and as files hold it."""
    if by == "lines":
        return _lines(found, language)
    return _present(found, language, _half if by == "half_days" else _day)


def _lines(found: Participants, language: Language) -> Sheet:
    heads = [
        _("Day"),
        _("Session"),
        _("Number"),
        _("Person"),
        _("Phone"),
        _("What they do"),
        _("State"),
        _("Came at"),
        _("Left at"),
    ]
    heads += [_("Planned minutes"), _("Scanned minutes"), _("Credited minutes"), _("Class")]
    came, scanned, credited = found.sums
    people = len({line.person_id for line in found.lines})
    totals: list[Cell] = [
        say(language, _("people: %(count)s"), count=people),
        None,
        None,
        say(language, _("came: %(count)s"), count=came),
    ]
    sums: list[Cell] = [say(language, "Sum"), None, None, *totals, None, None, None, scanned, credited, None]
    rows = [_line(line, language) for line in found.lines]
    return _sheet(found, say(language, "Participants"), [say(language, head) for head in heads], rows, sums, contact_at=4)


def _line(line: Line, language: Language) -> list[Cell]:
    first, last = (line.stays[0][0], line.stays[-1][1]) if line.stays else (None, None)
    return [
        formats.day(line.starts_at, line.time_zone, language=language, with_year=True),
        _either(line.title, line.title_en, language),
        line.number,
        line.name,
        line.phone,
        _either(line.role, line.role_en, language),
        say(language, STATES[line.state]),
        _clock(first, line.time_zone),
        _clock(last, line.time_zone),
        line.planned,
        line.scanned,
        line.credited,
        line.hour_class,
    ]


Column = tuple[date, int]


def _half(in_at: datetime, out_at: datetime | None, zone: str) -> list[Column]:
    return [(day, int(is_afternoon)) for day, is_afternoon in halves(in_at, out_at, zone)]


def _day(in_at: datetime, out_at: datetime | None, zone: str) -> list[Column]:
    return [(day, 2) for day in days(in_at, out_at, zone)]


def _present(found: Participants, language: Language, falls: Callable[[datetime, datetime | None, str], list[Column]]) -> Sheet:
    """One line a person, a 1 in each half day or day that they were there."""
    people: dict[UUID, tuple[Line, set[Column]]] = {}
    for line in found.lines:
        there = people.setdefault(line.person_id, (line, set()))[1]
        for in_at, out_at in line.stays:
            there.update(falls(in_at, out_at, line.time_zone))
    columns = sorted({column for _, there in people.values() for column in there})
    heads = [say(language, head) for head in (_("Number"), _("Person"), _("Phone"))]
    heads += [_named(column, language) for column in columns] + [say(language, "Sum")]
    rows: list[list[Cell]] = [
        [line.number, line.name, line.phone, *(1 if column in there else None for column in columns), len(there)]
        for line, there in sorted(people.values(), key=lambda each: each[0].number)
    ]
    totals = [sum(column in there for _, there in people.values()) for column in columns]
    sums: list[Cell] = [say(language, "Sum"), len(people), None, *totals, sum(totals)]
    return _sheet(found, say(language, "Presence"), heads, rows, sums, contact_at=2)


def _named(column: Column, language: Language) -> str:
    day, part = column
    said = formats.day(day, "UTC", language=language)
    return f"{said} {say(language, (_('morning'), _('afternoon'))[part])}" if part < 2 else said


def _sheet(
    found: Participants, title: str, heads: list[str], rows: list[list[Cell]], sums: list[Cell], contact_at: int
) -> Sheet:
    """Without the right to contact data their column is not there at all."""
    if not found.has_contact:
        for line in [heads, *rows, sums]:
            del line[contact_at]  # type: ignore[attr-defined]
    return Sheet(title=title, heads=heads, rows=rows, sums=sums)


def _either(own: str, english: str, language: Language) -> str:
    return (english or own) if language == "en" else (own or english)


def _clock(moment: datetime | None, zone: str) -> str | None:
    return formats.clock(moment, zone) if moment else None
