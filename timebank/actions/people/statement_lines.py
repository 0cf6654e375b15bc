"""The lines of a statement: hours that were recorded and points that moved, in the order in which they were booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from heapq import merge
from uuid import UUID

import msgspec

from schedules import walltimes
from timebank.hours.statements import Recorded
from timebank.points.above import Above
from timebank.points.statements import Posted


class Who(msgspec.Struct, frozen=True):
    """A person or device; empty where there is none."""

    name: str = ""
    name_en: str = ""
    is_device: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: hours that were recorded, points that moved, or both where the one earned the other.

    `minutes` and `units` (1/100 point) are what it changed, None where it is about the other alone; `minutes_after` and
    `units_after` stand after it. `served_on` is the day of the service, or on which points fell due; `booked_at` when it was
    written. `kind` is "service" where points did not move. `acted_by` acted for the member; `other` has the other wallet.
    """

    booked_at: datetime
    booked_on: date
    served_on: date
    kind: str
    what: str
    what_en: str
    is_room: bool = False
    hour_class: str = ""
    version: int = 0
    minutes: int | None = None
    minutes_after: int = 0
    units: int | None = None
    units_after: int = 0
    reason: str = ""
    acted_by: Who = Who()
    other: Who = Who()
    movement_id: UUID | None = None
    """Of points that moved; staff look it up by it."""
    aside: int | None = None
    """Of a line "above_pool" or "above_not_granted": units that lay above the most that the wallet takes; none moved here."""


class Sides(msgspec.Struct, frozen=True):
    """Units and minutes at one edge of the period."""

    units: int
    minutes: int


def joined(posted: Sequence[Posted], recorded: Sequence[Recorded], zone: str, above: Sequence[Above] = ()) -> list[Line]:
    """Hours and the points that they earned on one line where both were booked in the period; points in their own order.

    What lay above the cap of the wallet has a line of its own behind them (ledger-110).
    """
    by_source = {each.source: each for each in recorded if each.source}
    moved = [_moved(each, by_source.get(each.source), zone) for each in posted]
    earned = {each.source for each in posted if each.source}
    alone = [_recorded(each, zone) for each in recorded if each.source not in earned]
    beyond = [_above(each, zone) for each in above]
    return list(merge(alone, moved, beyond, key=lambda line: line.booked_at))


def _above(each: Above, zone: str) -> Line:
    return Line(
        booked_at=each.noted_at,
        booked_on=walltimes.day_of(each.noted_at, zone),
        served_on=walltimes.day_of(each.earned_at, zone),
        kind=f"above_{each.went}",
        what=each.what,
        what_en=each.what_en,
        aside=each.units,
    )


def _moved(each: Posted, record: Recorded | None, zone: str) -> Line:
    actor = each if each.actor or record is None else record
    acted = Who(actor.actor, actor.actor_en, actor.is_device)
    return Line(
        booked_at=each.recorded_at,
        booked_on=walltimes.day_of(each.recorded_at, zone),
        served_on=record.served_on if record else walltimes.day_of(each.effective_at, zone),
        kind=each.kind,
        what=each.what or (record.activity_name if record else ""),
        what_en=each.what_en,
        is_room=each.is_room,
        hour_class=record.hour_class if record else "",
        version=record.version if record else 0,
        minutes=record.minutes if record else None,
        units=each.units,
        reason=each.reason or (record.reason if record else ""),
        acted_by=acted,
        other=Who(each.other, each.other_en),
        movement_id=each.movement_id,
    )


def _recorded(each: Recorded, zone: str) -> Line:
    return Line(
        booked_at=each.recorded_at,
        booked_on=walltimes.day_of(each.recorded_at, zone),
        served_on=each.served_on,
        kind="service",
        what=each.activity_name,
        what_en="",
        hour_class=each.hour_class,
        version=each.version,
        minutes=each.minutes,
        reason=each.reason,
        acted_by=Who(each.actor, each.actor_en, each.is_device),
    )


def running(opening: Sides, lines: Sequence[Line]) -> list[Line]:
    """The same lines with what stands after each."""
    units, minutes, made = opening.units, opening.minutes, []
    for line in lines:
        units, minutes = units + (line.units or 0), minutes + (line.minutes or 0)
        made.append(msgspec.structs.replace(line, units_after=units, minutes_after=minutes))
    return made
