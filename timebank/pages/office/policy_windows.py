"""Times that earn more, as rows of the form: those there are and one that is empty. An empty row is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, time
from typing import Any

import msgspec

from timebank.communities.policies import Bonus
from timebank.pages.office.policy_figures import TOO_LONG, TOO_MUCH, Typed, Wrong, whole
from timebank.web.words import _

FIELD = re.compile(r"bonuses\.(\d{1,2})\.(percent|name_zh|name_en|from_time|until_time|days|gone|weekday\.[0-6])")
NO_PERCENT = _("Type per cent from 100 to 1000: with 150 an hour counts one and a half.")
NO_CLOCK = _("Type a time, for example 22:00.")
NO_DAYS = _("Write days as 2027-02-17, with spaces between them.")
NO_NAMED_DAY = _("Say when: hours, days of the week, or dates.")


def is_field(name: str) -> bool:
    """Whether a row of this form has such a field."""
    return FIELD.fullmatch(name) is not None


def typed_from(bonuses: Sequence[Bonus]) -> Typed:
    """The rows of what is in force, and their fields."""
    typed: Typed = {}
    for number, bonus in enumerate(bonuses):
        row = {
            "percent": str(bonus.percent),
            "name_zh": bonus.name_zh,
            "name_en": bonus.name_en,
            "from_time": f"{bonus.from_time:%H:%M}",
            "until_time": f"{bonus.until_time:%H:%M}",
            "days": " ".join(day.isoformat() for day in bonus.days),
        } | {f"weekday.{day}": "1" for day in bonus.weekdays}
        typed |= {f"bonuses.{number}.{name}": text for name, text in row.items()}
    return typed


def rows(typed: Typed) -> list[int]:
    """Numbers of the rows to show: those with something in them, and an empty one."""
    used = {int(found[1]) for name, text in typed.items() if text.strip() and (found := FIELD.fullmatch(name))}
    return [*sorted(used), max(used, default=-1) + 1]


def windows_of(typed: Typed) -> tuple[Bonus, ...]:
    """The windows as a policy keeps them, without those that are left out. Raises Wrong, which names the field."""
    kept = [f"bonuses.{number}." for number in rows(typed)[:-1] if not typed.get(f"bonuses.{number}.gone")]
    return msgspec.convert([_window(row, typed) for row in kept], tuple[Bonus, ...])


def _window(row: str, typed: Typed) -> dict[str, Any]:
    percent = whole(f"{row}percent", typed)
    if not 100 <= percent <= 1000:
        raise Wrong(NO_PERCENT, f"{row}percent")
    names = {name: typed.get(row + name, "").strip() for name in ("name_zh", "name_en")}
    for name, text in names.items():
        if len(text) > 60:
            raise Wrong(TOO_LONG, row + name)
    window = names | {
        "percent": percent,
        "from_time": _clock(f"{row}from_time", typed),
        "until_time": _clock(f"{row}until_time", typed),
        "weekdays": [day for day in range(7) if typed.get(f"{row}weekday.{day}")],
        "days": _days(f"{row}days", typed),
    }
    if window["from_time"] == window["until_time"] and not window["weekdays"] and not window["days"]:
        raise Wrong(NO_NAMED_DAY, f"{row}from_time")
    return window


def _clock(field: str, typed: Typed) -> time:
    try:
        return time.fromisoformat(typed.get(field, "").strip() or "00:00").replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise Wrong(NO_CLOCK, field) from error


def _days(field: str, typed: Typed) -> list[date]:
    try:
        days = sorted({date.fromisoformat(text) for text in re.split(r"[\s,，、;；]+", typed.get(field, "").strip()) if text})
    except ValueError as error:
        raise Wrong(NO_DAYS, field) from error
    if any(not 2000 <= day.year <= 2199 for day in days):
        raise Wrong(NO_DAYS, field)
    if len(days) > 400:
        raise Wrong(TOO_MUCH, field)
    return days
