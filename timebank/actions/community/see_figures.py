"""The figures of the public board, opened: sums by day for everybody, rows with names for those who read the ledger."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from typing import Literal, get_args
from uuid import UUID

import msgspec

from schedules import walltimes
from schedules.errors import Malformed, NotFound
from timebank.actions.action import action
from timebank.hours import figures as hours
from timebank.hours import room_use as rooms
from timebank.people import audit
from timebank.people.callers import Caller, Right
from timebank.points import figures as points

Name = Literal["hours", "issued", "redeemed", "expired", "donated", "pools", "rooms"]
LINES = 100


class MonthNotPossible(Malformed):
    """Facts: field."""


class Sum(msgspec.Struct, frozen=True):
    """So many rows on a day (or in a month, by its first day) and what they come to: whole minutes, or units of 1/100 point.

    `kind` is a kind of movement or a class of hours; empty where all kinds are summed.
    """

    day: date
    kind: str
    rows: int
    amount: int


class Figure(msgspec.Struct, frozen=True):
    """`total` is what the board says and the sum of `months`; `days` are those of `month`, where one is chosen."""

    name: Name
    total: int
    months: list[Sum]
    month: date | None
    days: list[Sum]


class Row(msgspec.Struct, frozen=True):
    """One movement or record. Name and number of whoever the reader does not reach are None; the row counts all the same."""

    id: UUID
    day: date
    at: datetime
    kind: str
    amount: int
    name: str | None
    name_en: str | None
    number: int | None


class Rows(msgspec.Struct, frozen=True):
    """Of one month, the last first; `after` is the cursor of the next page, None where this was the last."""

    name: Name
    month: date
    lines: list[Row]
    after: UUID | None


def named(text: str) -> Name:
    """Raises NotFound for a figure that the board does not have."""
    for name in get_args(Name):
        if name == text:
            return name  # type: ignore[no-any-return]
    raise NotFound(what="figure")


def month_of(text: str) -> date:
    """The first day of a month as 2026-11. Raises MonthNotPossible, and Malformed for one that nobody means."""
    try:
        return walltimes.of_our_days(date.fromisoformat(f"{text}-01"), "month")
    except ValueError as error:
        raise MonthNotPossible(field="month", reason="a month as 2026-11") from error


@action
async def see_figure(name: Name, zone: str, now: datetime, month: date | None = None) -> Figure:
    """For everybody, without a name. Hours by the day of service, points by the day in `zone` on which they were booked.

    Raises NotBegun for a month to come.
    """
    if month:
        walltimes.begun(month, walltimes.day_of(now, zone), "month")
    if name == "hours" or name == "rooms":
        given = hours if name == "hours" else rooms
        found, days = await given.by_month(), await given.by_day(month, _last(month)) if month else []
    else:
        found = await points.by_month(name, zone)
        days = await points.by_day(name, zone, *_instants(month, zone)) if month else []
    months, lines = ([Sum(**dict(each)) for each in sums] for sums in (found, days))
    return Figure(name, sum(each.amount for each in months), months, month, lines)


@action
async def see_rows(caller: Caller, name: Name, zone: str, month: date, after: UUID | None, now: datetime) -> Rows:
    """The rows of a month with the names of members within the caller's reach; noted in the audit.

    Raises SignInNeeded, NotAllowed, NotBegun.
    """
    caller.require(Right.READ_LEDGER)
    walltimes.begun(month, walltimes.day_of(now, zone), "month")
    nodes = caller.nodes(Right.READ_LEDGER)
    if name == "hours" or name == "rooms":
        given = hours if name == "hours" else rooms
        found = await given.rows(month, _last(month), nodes, after, LINES + 1)
    else:
        found = await points.rows(name, zone, *_instants(month, zone), nodes, after, LINES + 1)
    await audit.write(caller.id, "figure.read", f"figure:{name}", now, month=month)
    lines = [Row(**dict(each)) for each in found[:LINES]]
    return Rows(name, month, lines, lines[-1].id if len(found) > LINES else None)


def _last(month: date) -> date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _instants(month: date, zone: str) -> tuple[datetime, datetime]:
    return walltimes.midnight(month, zone), walltimes.days_later(walltimes.midnight(_last(month), zone), 1, zone)
