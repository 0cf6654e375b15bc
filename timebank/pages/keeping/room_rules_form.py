"""The forms on a room's rules page: a new rule and a try, kept as they were typed, and what they stand for."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, cast
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.intervals import NotAfterStart
from schedules.quotas import Kind, Per, Period
from schedules.space_rules import MOST, WrongRule
from schedules.walltimes import DAY, LocalTimes
from schedules.wishes import Wish
from timebank.actions.rooms.keep_spaces import WrongTime
from timebank.actions.rooms.set_rules import NewRule, Scope
from timebank.pages.forms import figure

IN_HOURS = frozenset({"longest", "notice", "minutes"})
"""Kinds whose amount is typed in hours and kept in minutes."""


class TypedRule(msgspec.Struct, frozen=True):
    """The form of a new rule as text."""

    key: str = ""
    kind: str = "bookings"
    amount: str = ""
    no_limit: str = ""
    per: str = "household"
    period: str = "week"
    days: str = "30"
    group_id: str = ""
    scope: str = "space"
    weekdays: tuple[int, ...] = ()
    opens: str = ""
    closes: str = ""
    valid_from: str = ""
    valid_until: str = ""
    name: str = ""
    name_en: str = ""


class TypedTry(msgspec.Struct, frozen=True):
    """The form of a try as text: as whom, when, for how many."""

    whom: str = "resident"
    number: str = ""
    day: str = ""
    start: str = ""
    end: str = ""
    people: str = "1"


def typed_rule(form: Any) -> TypedRule:
    """What was sent; unticked boxes are not."""
    texts = {name: str(form.get(name, ""))[:200] for name in TypedRule.__struct_fields__ if name != "weekdays"}
    return TypedRule(
        **texts, weekdays=tuple(sorted({int(day) for day in form.getall("weekdays", []) if day in set("0123456")}))
    )


def rule_of(typed: TypedRule) -> NewRule:
    """Raises WrongFigure, WrongTime and WrongRule, which name the field."""
    if typed.kind not in MOST:
        raise WrongRule(field="kind", reason="choose what is limited")
    is_quota = typed.kind in ("bookings", "minutes")
    return NewRule(
        kind=cast("Kind", typed.kind),
        amount=None if typed.no_limit else _amount(typed),
        scope=cast("Scope", _one_of("scope", typed.scope, ("space", "together", "community"))),
        per=cast("Per", _one_of("per", typed.per, ("person", "household", "team")))
        if is_quota or typed.kind == "at_once"
        else None,
        period=cast("Period", _one_of("period", typed.period, PERIODS)) if is_quota else None,
        days=figure("days", typed.days, 1, 730) if is_quota and typed.period == "rolling" else None,
        group_id=_id(typed.group_id),
        weekdays=typed.weekdays,
        opens=_clock("opens", typed.opens),
        closes=_clock("closes", typed.closes),
        valid_from=_day("valid_from", typed.valid_from),
        valid_until=_day("valid_until", typed.valid_until),
        name=typed.name.strip(),
        name_en=typed.name_en.strip(),
    )


PERIODS = ("day", "week", "month", "year", "rolling", "coming")


def _amount(typed: TypedRule) -> int:
    """Hours with a half, such as 1.5, become minutes."""
    if typed.kind not in IN_HOURS:
        return figure("amount", typed.amount, 0, MOST[typed.kind])
    whole, _, part = typed.amount.strip().replace(",", ".").partition(".")
    hours = figure("amount", whole, 0, MOST[typed.kind] // 60)
    if part.strip("0") not in ("", "5", "25", "75"):
        raise WrongRule(field="amount", reason="whole, half or quarter hours")
    return hours * 60 + {"": 0, "5": 30, "25": 15, "75": 45}[part.strip("0")]


def _one_of(field: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise WrongRule(field=field, reason="choose one")
    return text


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise WrongRule(field="group_id", reason="choose a group") from error


def _clock(field: str, text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None) if text.strip() else None
    except ValueError as error:
        raise WrongTime(field=field, reason="not a time") from error


def _day(field: str, text: str) -> date | None:
    try:
        return walltimes.of_our_days(date.fromisoformat(text.strip()), field) if text.strip() else None
    except ValueError as error:
        raise WrongTime(field=field, reason="not a day") from error


def wish_of(space_id: UUID, typed: TypedTry) -> Wish:
    """The wish that is tried. Raises WrongTime, NotAfterStart and WrongFigure."""
    day, start, end = _day("day", typed.day), _clock("start", typed.start), _clock("end", typed.end)
    if day is None or start is None or end is None:
        raise WrongTime(field="day" if day is None else "start", reason="a day and two times")
    if start == end:
        raise NotAfterStart(field="end", reason="the end must lie after the start")
    last = day if end > start else day + DAY
    return Wish(
        space_id,
        LocalTimes(datetime.combine(day, start), datetime.combine(last, end)),
        people=figure("people", typed.people, 1, 10_000),
    )
