"""The one rule engine: may this person use this space at this time? Pure; API, page, form and job all ask here (booking-126).

`judge` names every broken rule, each with its data and the nearest that would work. A limit of zero is zero; None is no limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec

from schedules import gaps, walltimes
from schedules.intervals import Interval
from schedules.occupancy import Occupied
from schedules.spaces import Space

WEEK = timedelta(days=7)


class Broken(msgspec.Struct, frozen=True):
    """One broken rule. `data` holds what a sentence about it needs: instants, minutes, names, and what would work instead."""

    code: str
    data: dict[str, Any] = {}


class Asked(msgspec.Struct, frozen=True):
    """A wish: when, for whom, how many people. Without a person only the space itself is asked."""

    use: Interval
    person_id: UUID | None = None
    people: int = 1
    counts: bool = True
    """Counts against the household's quota; False for a use by the house."""
    units: int = 1
    """How many units of a space that has several."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """A booking that the household of the asking person holds. `name` is its space's."""

    id: UUID
    space_id: UUID
    name: str
    name_en: str
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    counts: bool
    shares_quota: bool
    """Counts together with bookings of the space that is asked for."""

    @property
    def use(self) -> Interval:
        return Interval(self.starts_at, self.ends_at)


class Facts(msgspec.Struct, frozen=True):
    """What there is to know around the asked time: the space, its open time, what stands in it, the household's bookings."""

    space: Space
    open: Sequence[Interval]
    taken: Sequence[Occupied]
    own: Sequence[Own]


Rule = Callable[[Asked, Facts, datetime], Broken | None]


def judge(asked: Asked, facts: Facts, now: datetime) -> list[Broken]:
    """Every broken rule, in the order in which people should read them; empty when the booking may be made."""
    return [broken for rule in RULES if (broken := rule(asked, facts, now)) is not None]


def not_past(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    if asked.use.starts_at >= now:
        return None
    return Broken("past", {"earliest_at": earliest_start(facts.space, now)})


def within_open_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """The whole use lies in open time; adjoining windows are one (booking-23, 24)."""
    if any(part.covers(asked.use) for part in facts.open):
        return None
    day = walltimes.day_of(asked.use.starts_at, facts.space.time_zone)
    return Broken("closed", {"day": day, "open": open_on(day, facts)})


def turnaround_within_open_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """The turnaround may run past closing unless the space says otherwise (booking-46)."""
    space = facts.space
    if space.may_overrun or not space.turnaround:
        return None
    part = next((part for part in facts.open if part.covers(asked.use)), None)
    if part is None or asked.use.ends_at + pause(space) <= part.ends_at:
        return None
    return Broken("turnaround", {"minutes": space.turnaround, "latest_end_at": part.ends_at - pause(space)})


def nothing_else_there(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """No other use, and a turnaround after each: never twice, never before the first (booking-43, 44)."""
    busy = Interval(asked.use.starts_at, asked.use.ends_at + pause(facts.space))
    clashes = [found for found in blocks(facts, asked.units) if found.busy.overlaps(busy)]
    if not clashes:
        return None
    first = clashes[0]
    comes_after = first.starts_at >= asked.use.ends_at
    return Broken(
        "taken",
        {
            "kind": first.kind,
            "by": first.label,
            "by_en": first.label_en,
            "use_from": first.starts_at,
            "use_until": first.ends_at,
            "free_from": max(found.busy_until for found in clashes),
            "latest_end_at": first.starts_at - pause(facts.space) if comes_after else None,
            "only_turnaround": not any(found.use.overlaps(asked.use) for found in clashes),
            "minutes": facts.space.turnaround,
        },
    )


def on_grid(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Start and end on the grid; names the grid times around the one that is not (booking-26)."""
    grid, zone = facts.space.grid, facts.space.time_zone
    off = [moment for moment in (asked.use.starts_at, asked.use.ends_at) if not gaps.is_on_grid(moment, grid, zone)]
    if not off:
        return None
    around = {"before_at": gaps.grid_before(off[0], grid, zone), "after_at": gaps.grid_after(off[0], grid, zone)}
    return Broken("grid", {"minutes": grid, "off_at": off[0], **around})


def long_enough(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    shortest = timedelta(minutes=facts.space.shortest)
    if asked.use.length >= shortest:
        return None
    return Broken("too_short", {"minutes": facts.space.shortest, "ends_at": asked.use.starts_at + shortest})


def short_enough(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    latest = longest_end(facts.space, asked.use.starts_at)
    if asked.use.ends_at <= latest:
        return None
    return Broken("too_long", {"minutes": facts.space.longest, "ends_at": latest})


def in_good_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Exactly the notice is enough (booking-34)."""
    if asked.use.starts_at < now or asked.use.starts_at >= now + timedelta(minutes=facts.space.notice):
        return None
    return Broken("notice", {"minutes": facts.space.notice, "earliest_at": earliest_start(facts.space, now)})


def not_too_far(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Inclusive and measured to the end, so that no long use starts inside and is cut short later (booking-36, 37)."""
    latest = horizon(facts.space, now)
    if asked.use.ends_at <= latest:
        return None
    space = facts.space
    opens_at = walltimes.days_later(asked.use.ends_at, -space.horizon, space.time_zone)
    latest_end_at = gaps.grid_before(latest, space.grid, space.time_zone)
    return Broken("horizon", {"days": space.horizon, "latest_end_at": latest_end_at, "opens_at": opens_at})


def within_quota(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Bookings of the household in the week, by their start, whoever made them (booking-49, 50, 60)."""
    limit = facts.space.week_quota
    if limit is None or not asked.counts or asked.person_id is None:
        return None
    week = week_of(asked.use.starts_at, facts.space)
    used = sum(own.counts and own.shares_quota and week_of(own.starts_at, facts.space) == week for own in facts.own)
    if used < limit:
        return None
    return Broken("quota", {"limit": limit, "used": used, "week_on": week, "again_on": week + WEEK if limit else None})


def one_at_a_time(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    """Nobody uses two spaces at once where the space says so (booking-118)."""
    if not facts.space.one_at_a_time or not asked.counts:
        return None
    for own in facts.own:
        if own.person_id == asked.person_id and own.use.overlaps(asked.use):
            named = {"space": own.name, "space_en": own.name_en}
            return Broken("elsewhere", {**named, "starts_at": own.starts_at, "ends_at": own.ends_at})
    return None


def enough_units(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    return Broken("no_units", {"units": facts.space.units}) if asked.units > facts.space.units else None


def enough_seats(asked: Asked, facts: Facts, now: datetime) -> Broken | None:
    return Broken("too_many_people", {"seats": facts.space.seats}) if asked.people > facts.space.seats else None


RULES: tuple[Rule, ...] = (
    not_past,
    within_open_time,
    turnaround_within_open_time,
    nothing_else_there,
    on_grid,
    long_enough,
    short_enough,
    in_good_time,
    not_too_far,
    within_quota,
    one_at_a_time,
    enough_units,
    enough_seats,
)


def blocks(facts: Facts, units: int = 1) -> Sequence[Occupied]:
    """What leaves fewer than so many units free, in order of time; all of it where the space is used as a whole."""
    if facts.space.units == 1:
        return facts.taken
    spare = facts.space.units - units
    edges = sorted({edge for found in facts.taken for edge in (found.starts_at, found.ends_at, found.busy_until)})
    full: list[Occupied] = []
    for first, last in pairwise(edges):
        standing = [found for found in facts.taken if found.starts_at <= first and last <= found.busy_until]
        if sum(found.units for found in standing) <= spare:
            continue
        shown = _blocked(facts.space, standing, first, last, spare)
        if full and full[-1].busy_until == first and _shows(full[-1]) == _shows(shown):
            full[-1] = msgspec.structs.replace(full[-1], ends_at=shown.ends_at, busy_until=last)
        else:
            full.append(shown)
    return full


def _blocked(space: Space, standing: Sequence[Occupied], first: datetime, last: datetime, spare: int) -> Occupied:
    """A time without enough units: as what it is where one use has them all, else as taken; after the uses, turnaround."""
    using = sum(found.units for found in standing if last <= found.ends_at)
    ends_at = last if using > spare else first
    if len(standing) == 1:
        return msgspec.structs.replace(standing[0], starts_at=first, ends_at=ends_at, busy_until=last)
    return Occupied(space_id=space.id, kind="booking", starts_at=first, ends_at=ends_at, busy_until=last, units=space.units)


def _shows(found: Occupied) -> tuple[str, str, UUID | None]:
    return found.kind, found.label, found.booking_id


def pause(space: Space) -> timedelta:
    """The turnaround after a use."""
    return timedelta(minutes=space.turnaround)


def earliest_start(space: Space, now: datetime) -> datetime:
    """The first grid time that is neither past nor inside the notice."""
    return gaps.grid_after(now + timedelta(minutes=space.notice), space.grid, space.time_zone)


def horizon(space: Space, now: datetime) -> datetime:
    """The last instant at which a use may end: the same wall time, so many local days ahead."""
    return walltimes.days_later(now, space.horizon, space.time_zone)


def longest_end(space: Space, starts_at: datetime) -> datetime:
    """When the longest use from here ends. Whole days are local days, also on the 23- and the 25-hour day (booking-81)."""
    days, minutes = divmod(space.longest, 1440)
    if minutes:
        return starts_at + timedelta(minutes=space.longest)
    return walltimes.days_later(starts_at, days, space.time_zone)


def week_of(moment: datetime, space: Space) -> date:
    """The Monday of the local week in which an instant lies."""
    return walltimes.monday_of(walltimes.day_of(moment, space.time_zone))


def open_on(day: date, facts: Facts) -> list[Interval]:
    """Open time that touches a local day."""
    zone = facts.space.time_zone
    whole = Interval(walltimes.midnight(day, zone), walltimes.midnight(day + walltimes.DAY, zone))
    return [part for part in facts.open if part.overlaps(whole)]
