"""The coordinator's form for a room: what is typed, kept as it was typed, and the room that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from typing import Any

import msgspec

from schedules.opening import Window
from schedules.spaces import Space
from timebank.actions.rooms.keep_spaces import Room, WrongHours
from timebank.pages.forms import figure

GRIDS = (5, 10, 15, 20, 30, 60, 120)
LIMITS = {
    "seats": (1, 10_000),
    "grid": (5, 1440),
    "shortest": (5, 10_080),
    "longest": (5, 100_000),
    "notice": (0, 100_000),
    "horizon": (1, 3660),
    "turnaround": (0, 1440),
    "chain_gap": (0, 1440),
    "week_quota": (0, 1000),
    "remind_before": (0, 10_080),
}
"""The least and the most that a figure may be."""
MAY_BE_EMPTY = ("week_quota", "chain_gap", "remind_before")
SPARE_ROWS = 2


class Row(msgspec.Struct, frozen=True):
    """One line of opening hours: the same times on several weekdays."""

    days: Sequence[int] = ()
    opens: str = ""
    closes: str = ""
    valid_from: str = ""
    valid_until: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.opens or self.closes or self.valid_from or self.valid_until)


class Typed(msgspec.Struct, frozen=True):
    """The form as text."""

    community_id: str = ""
    name: str = ""
    name_en: str = ""
    about: str = ""
    about_en: str = ""
    seats: str = "20"
    grid: str = "30"
    shortest: str = "30"
    longest: str = "240"
    notice: str = "0"
    horizon: str = "14"
    turnaround: str = "0"
    week_quota: str = ""
    quota_group: str = ""
    may_overrun: str = "1"
    one_at_a_time: str = ""
    chain_gap: str = "0"
    remind_before: str = "180"
    key: str = ""
    rows: Sequence[Row] = (Row((0, 1, 2, 3, 4, 5, 6), "08:00", "21:00"), Row(), Row())


def grids(typed: Typed) -> list[tuple[str, str]]:
    """What the form offers as steps: the usual ones, and what the room has."""
    usual = {*(str(grid) for grid in GRIDS), typed.grid}
    return [(grid, grid) for grid in sorted(usual, key=lambda grid: (len(grid), grid))]


def typed_from(form: Any) -> Typed:
    """What was sent; unticked boxes are not."""
    texts = {name: str(form.get(name, "")) for name in Typed.__struct_fields__ if name != "rows"}
    count = min(int(form.get("rows", "0")), 100) if str(form.get("rows", "0")).isdecimal() else 0
    return Typed(**texts, rows=[_row(form, number) for number in range(count)])


def _row(form: Any, number: int) -> Row:
    days = [int(day) for day in form.getall(f"days_{number}", []) if day in "0123456"]
    texts = {name: str(form.get(f"{name}_{number}", "")).strip() for name in Row.__struct_fields__ if name != "days"}
    return Row(days, **texts)


def typed_of(space: Space, hours: Sequence[Window]) -> Typed:
    """The form of a room as it stands, with spare rows for more hours."""
    texts = {name: getattr(space, name) for name in Typed.__struct_fields__ if hasattr(space, name)}
    fields = {name: _text(value) for name, value in texts.items()}
    weekly = [window for window in hours if window.day is None]
    return Typed(**fields, rows=[*rows_of(weekly), *[Row()] * SPARE_ROWS])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return "" if value is None else str(value)


def rows_of(hours: Sequence[Window]) -> list[Row]:
    """Windows with the same times and season become one row."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for window in hours:
        season = [day.isoformat() if day else "" for day in (window.valid_from, window.valid_until)]
        found.setdefault((f"{window.opens:%H:%M}", f"{window.closes:%H:%M}", season[0], season[1]), []).append(window.weekday)
    return [Row(sorted(days), *times) for times, days in found.items()]


def room_of(typed: Typed) -> Room:
    """Raises WrongFigure and WrongHours, which name the field."""
    figures = {name: _figure(name, getattr(typed, name)) for name in LIMITS if name not in MAY_BE_EMPTY}
    return Room(
        name=typed.name.strip(),
        name_en=typed.name_en,
        about=typed.about,
        about_en=typed.about_en,
        week_quota=_figure("week_quota", typed.week_quota) if typed.week_quota.strip() else None,
        chain_gap=_figure("chain_gap", typed.chain_gap or "0"),
        remind_before=_figure("remind_before", typed.remind_before or "180"),
        quota_group=typed.quota_group.strip(),
        may_overrun=bool(typed.may_overrun),
        one_at_a_time=bool(typed.one_at_a_time),
        hours=windows_of(typed),
        **figures,
    )


def windows_of(typed: Typed) -> tuple[Window, ...]:
    """The weekly hours that were typed. Raises WrongHours, which names the row."""
    return tuple(window for number, row in enumerate(typed.rows, 1) if not row.is_blank for window in _windows(number, row))


def _figure(field: str, text: str) -> int:
    least, most = LIMITS[field]
    return figure(field, text, least, most)


def _windows(number: int, row: Row) -> list[Window]:
    try:
        opens, closes = time.fromisoformat(row.opens), time.fromisoformat(row.closes)
        first, last = (date.fromisoformat(text) if text else None for text in (row.valid_from, row.valid_until))
    except ValueError as error:
        raise WrongHours(field="hours", reason="not a time", row=number) from error
    if not row.days or (first and last and last < first):
        raise WrongHours(field="hours", reason="no days, or a season that ends before it begins", row=number)
    return [Window(day, opens, closes, first, last) for day in row.days]
